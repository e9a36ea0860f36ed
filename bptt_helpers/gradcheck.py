"""Witnesses: gradients from function values alone, so that they share no code with ``bptt``.

f is any function from a tuple of arrays (``Params``, say) to a number. Bad input is a ValueError.
"""

from math import hypot, inf, sqrt

import numpy as np

from . import checks

STEPS = 4.0 ** -np.arange(3, 13)  # those of check_gradient, from 0.016 down to 6e-8


def _arrays(name, values, like=None):
    if not isinstance(values, tuple | list) or not values:
        raise ValueError(f"{name}: expected a tuple of arrays, got {type(values).__name__}")
    arrays = [checks.numbers(f"{name}[{i}]", a, "biuf") for i, a in enumerate(values)]
    if like is None:
        wanted = [tuple(size or ">= 1" for size in a.shape) for a in arrays]
        return [checks.array(f"{name}[{i}]", *each) for i, each in enumerate(zip(arrays, wanted))]
    shapes, wanted = ([a.shape for a in group] for group in (arrays, like))
    if shapes != wanted:
        raise ValueError(f"{name}: expected arrays of shapes {wanted}, got {shapes}")
    return arrays


def _like(params, values):
    return type(params)(*values) if hasattr(params, "_fields") else tuple(values)


def _value(f, params, direction, size):
    if not callable(f):
        raise ValueError(f"f: expected a function, got {f!r}")
    value = f(_like(params, (np.asarray(p) + size * v for p, v in zip(params, direction))))
    value = checks.numbers("f", value, "biufc" if isinstance(size, complex) else "biuf")
    if value.ndim:
        raise ValueError(f"f: expected one number, got an array of shape {value.shape}")
    return value


def _length(arrays):
    return hypot(*np.concatenate([np.ravel(a) for a in arrays]))


def complex_step(f, params, direction=None, size=1e-30):
    """The derivative Im f(p + i size v) / size: no subtraction, so no digits are lost.

    f must be analytic in every entry (no abs, no conjugate). With a ``direction`` v, shaped like
    ``params``, returns the slope along it; without, the whole gradient, one call of f an entry.
    Source: Squire, Trapp 1998.
    """
    arrays = _arrays("params", params)
    if direction is not None:
        v = _arrays("direction", direction, arrays)
        return float(_value(f, params, v, 1j * checks.number("size", size, 0)).imag / size)
    gradient, unit = ([np.zeros(a.shape) for a in arrays] for _ in range(2))
    for g, v in zip(gradient, unit):
        for entry in np.ndindex(g.shape):
            v[entry] = 1
            g[entry] = complex_step(f, params, unit, size)
            v[entry] = 0
    return _like(params, gradient)


def central_difference(f, params, direction, eps=1e-5):
    """The slope (f(p + eps v) - f(p - eps v)) / (2 eps) along ``direction`` v.

    It subtracts two nearly equal numbers: off by about eps^2 f'''/6 + 1e-16 |f| / eps. Measured
    at eps 1e-5 for dL/dW_h of 280 networks (3 units, 6 steps): by 2e-11 to 2e-9 of it.
    """
    v = _arrays("direction", direction, _arrays("params", params))
    eps = checks.number("eps", eps, 0)
    return float((_value(f, params, v, eps) - _value(f, params, v, -eps)) / (2 * eps))


def random_direction(params, rng):
    """A random v shaped like ``params``, of length 1 over all entries together."""
    draw = checks.generator("rng", rng).standard_normal
    v = [draw(a.shape) for a in _arrays("params", params)]
    length = _length(v)
    return [a / length for a in v]


@np.errstate(all="ignore")  # a large step may leave the domain of f: NaN is passed over
def _settled_slope(f, params, v):
    """The central difference that the next step sizes confirm best, its error, the curvature."""
    values = np.array([[_value(f, params, v, s * h) for h in STEPS] for s in (1, -1)])
    narrow = (values == values.astype(np.float32)).all()  # so f computes in float32
    u = np.finfo(np.float32 if narrow else float).eps
    ahead, behind = values = values.astype(float)
    slopes = (ahead - behind) / (2 * STEPS)
    jump = abs(np.diff(slopes))
    spread = jump[:-1] + jump[1:]
    rounding = (4 * u * abs(values).max(0) / STEPS)[1:-1]
    j = np.nan_to_num(spread + rounding, nan=inf).argmin()
    slope, step = slopes[j + 1], STEPS[j + 1]
    if spread[j] > max(100 * rounding[j], abs(slope) / 10, abs(slopes[0]) / 10):
        raise ValueError(f"f: too rough, its differences agree at no step size: {slopes}")
    return slope, spread[j] + rounding[j], abs(np.diff(ahead + behind))[j + 1] / step**2


def check_gradient(f, params, gradient, rng, directions=5, tolerance=1e-7):
    """Hold ``gradient`` against central differences along random directions; returns the worst gap.

    The gap is relative to the larger slope, or, where chance made both small, to the usual slope
    |gradient| / sqrt(entries), or to forgiven / tolerance: what rounding and step size can do,

        forgiven = spread + 4 u |f| / step + 64 u' (slope + |params| |v'Hv|),

    u, u' the precision of f and of ``gradient``, v'Hv the curvature of f, spread that of the
    differences at three STEPS in a row, those that agree best. Raises AssertionError, with both
    numbers, when a gap exceeds ``tolerance``, ValueError where no three steps agree (chaos).

    What is smaller than ``forgiven`` cannot be seen: a truncation to K steps that leaves out 1e-10
    of the gradient, say, a fault of 1e-5 in float32, or any at all beside a gradient of 1e-13.
    """
    arrays, tolerance = _arrays("params", params), checks.number("tolerance", tolerance, 0)
    gradient = _arrays("gradient", gradient, arrays)
    u, worst = max(np.finfo(checks.floating(g)).eps for g in gradient), 0.0
    usual = _length(gradient) / sqrt(sum(g.size for g in gradient))
    for _ in range(checks.whole("directions", directions, 1)):
        v = random_direction(params, rng)
        claimed = float(sum((g * a).sum() for g, a in zip(gradient, v)))
        measured, error, curvature = _settled_slope(f, params, v)
        slope = max(abs(claimed), abs(measured), usual)
        forgiven = error + 64 * u * (slope + _length(arrays) * curvature)
        gap = float(abs(claimed - measured) / max(slope, forgiven / tolerance, 1e-300))
        if not gap <= tolerance:  # NaN too
            slopes = f"claimed slope {claimed:.12g}, measured {measured:.12g}"
            raise AssertionError(f"{slopes}, forgiven {forgiven:.1g}")
        worst = max(worst, gap)
    return worst
