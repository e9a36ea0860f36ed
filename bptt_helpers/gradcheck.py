"""Witnesses: gradients from function values alone, so that they share no code with ``bptt``.

f is any function from a tuple of arrays (``Params``, say) to a number.
"""

from math import sqrt

import numpy as np


def _moved(params, direction, size):
    moved = (p + size * np.asarray(d) for p, d in zip(params, direction))
    return type(params)(*moved) if hasattr(params, "_fields") else tuple(moved)


def complex_step(f, params, direction=None, size=1e-30):
    """The derivative Im f(p + i size v) / size: no subtraction, so no digits are lost.

    f must be analytic in every entry (no abs, no conjugate). With a ``direction`` v, shaped like
    ``params``, returns the slope along it; without, the whole gradient, one call of f an entry.
    Source: Squire, Trapp 1998.
    """
    if direction is not None:
        return float(np.imag(f(_moved(params, direction, 1j * size))) / size)
    gradient, unit = ([np.zeros(np.shape(p)) for p in params] for _ in range(2))
    for g, v in zip(gradient, unit):
        for entry in np.ndindex(g.shape):
            v[entry] = 1
            g[entry] = complex_step(f, params, unit, size)
            v[entry] = 0
    return type(params)(*gradient) if hasattr(params, "_fields") else tuple(gradient)


def central_difference(f, params, direction, eps=1e-5):
    """The slope (f(p + eps v) - f(p - eps v)) / (2 eps) along ``direction`` v.

    Good to about 1e-9 at best: it subtracts two nearly equal numbers, and it cannot see a gradient
    that is smaller than its own rounding error.
    """
    ahead, behind = (f(_moved(params, direction, s * eps)) for s in (1, -1))
    return float((ahead - behind) / (2 * eps))


def random_direction(params, rng):
    """A random v shaped like ``params``, of length 1 over all entries together."""
    v = [rng.standard_normal(np.shape(p)) for p in params]
    length = sqrt(sum((a * a).sum() for a in v))
    return [a / length for a in v]


def check_gradient(f, params, gradient, rng, directions=5, tolerance=1e-7):
    """Hold ``gradient`` against central differences along random directions; returns the worst gap.

    The gap is relative to the larger slope, or, where chance made both small, to the usual slope
    |gradient| / sqrt(entries), or to 1e-4: below that the rounding of f shows. Raises
    AssertionError, with both numbers, when it exceeds ``tolerance``.
    """
    worst = 0.0
    usual = sqrt(sum((g * g).sum() for g in gradient) / sum(g.size for g in gradient))
    for _ in range(directions):
        v = random_direction(params, rng)
        claimed = float(sum((g * a).sum() for g, a in zip(gradient, v)))
        measured = central_difference(f, params, v)
        gap = abs(claimed - measured) / max(abs(claimed), abs(measured), usual, 1e-4)
        if not gap <= tolerance:  # NaN too
            raise AssertionError(f"claimed slope {claimed:.12g}, measured {measured:.12g}")
        worst = max(worst, gap)
    return worst
