"""Truncated BPTT: cut the sequence into chunks of K steps; carry the state, not the gradient.

The training loop, as short as the recipe (params never change, so each chunk makes new ones)::

    h = None
    for steps in chunks(T, K):
        trajectory = forward(params, x[steps], h)             # 1. run forward, keep the states
        gradients = bptt(params, trajectory, targets[steps])  # 2. back through the last K,
        params = sgd(params, gradients.params, rate)          #    and update the weights
        h = trajectory.h[-1]                                  # 3. a constant, 4. carried forward
"""

from math import isqrt
from typing import NamedTuple

import numpy as np

from . import checks
from .backward import Gradients, as_trajectory, bptt, finite
from .losses import as_targets, loss_and_dy
from .paths import dz_per_loss
from .rnn import Params, as_params, forward, rows


class Chunk(NamedTuple):
    """One chunk's share: which steps (a slice), their gradients, the state it hands on."""

    steps: slice
    gradients: Gradients
    h: np.ndarray  # ([B,] n)


def chunks(T, K):
    """The steps 0..T-1 as slices of K; the last may be shorter, and K >= T gives one.

    Raises ValueError unless T and K are whole numbers >= 1.
    """
    T, K = checks.whole("T", T, 1), checks.whole("K", K, 1)
    checks.whole("T / K", -(-T // K), 1, checks.MOST)
    return [slice(start, min(start + K, T)) for start in range(0, T, K)]


def _check(params, x, targets, h0, loss):
    params = as_params(params, x, h0)
    dtype, n = params.b.dtype, len(params.b)
    x = checks.array("x", x, ("T", "[B]", params.W_x.shape[1]), dtype)
    h0 = None if h0 is None else checks.array("h0", h0, (*x.shape[1:-1], n), dtype)
    y = np.broadcast_to(params.b_y, (*x.shape[:-1], len(params.b_y)))  # only its shape counts
    return params, x, as_targets(targets, y, loss), h0


def truncated_bptt(params, x, targets, K, h0=None, loss="squared_error", carry=True):
    """Truncated BPTT with fixed params: iterates over one Chunk(steps, gradients, h) per K steps.

    Each chunk starts from the state that the one before handed on, taken as a constant; with
    ``carry=False`` every chunk starts from h0 instead. Arguments are those of ``forward`` and
    ``bptt``. Summed over the chunks, the gradients are the truncated gradient; K >= T is ``bptt``.
    Memory: the states of K steps at a time. Raises ValueError as those functions do, and for K < 1.
    Source: Williams, Peng 1990; Sutskever 2013.
    """
    params, x, targets, h0 = _check(params, x, targets, h0, loss)
    T, K, carry = len(x), checks.whole("K", K, 1), checks.one_of("carry", carry, (True, False))

    def parts(h):  # a generator of its own: the arguments are checked at the call
        for start in range(0, T, K):  # as ``chunks``, whose list would grow with T
            steps = slice(start, min(start + K, T))
            trajectory = forward(params, x[steps], h if carry else h0)
            h = trajectory.h[-1]
            yield Chunk(steps, bptt(params, trajectory, targets[steps], loss), h)

    return parts(h0)


@checks.quiet
def checkpointed_bptt(params, x, targets, h0=None, loss="squared_error", every=None):
    """Full BPTT that keeps every ceil(sqrt(T))-th state alone and computes the others again.

    Arguments are those of ``forward`` and ``bptt``; every : steps between the kept states. Returns
    the Gradients of ``bptt``, with ``h`` its row 0 alone. Memory grows like sqrt(T); the price is
    one more forward pass. Raises ValueError as those functions do, and for every < 1.
    Source: Chen, Xu, Zhang, Guestrin 2016; Gruslys et al. 2016.
    """
    params, x, targets, h0 = _check(params, x, targets, h0, loss)
    every = isqrt(len(x) - 1) + 1 if every is None else checks.whole("every", every, 1)
    parts, kept = chunks(len(x), every), [h0]
    for steps in parts[:-1]:
        kept.append(forward(params, x[steps], kept[-1]).h[-1].copy())
    L, gradient, dh = 0, Params(*map(np.zeros_like, params)), None
    for steps in reversed(parts):
        trajectory = forward(params, x[steps], kept.pop())
        part = bptt(params, trajectory, targets[steps], loss, dh, keep_h=False)
        L, dh = L + part.loss, part.h[0]
        gradient = Params(*(g + p for g, p in zip(gradient, part.params)))
    return finite(Gradients(L, gradient, part.h))


@checks.quiet
def sliding_window(params, trajectory, targets, K, loss="squared_error"):
    """Truncation without chunks: every loss goes back through at most K uses of W_h.

        dL/dW_h  ~  sum over t, and over k with 0 <= t - k < K, of dL_t/dz_k h_{k-1}^T

    and W_x, b alike; W_y and b_y are exact, and K >= T gives ``bptt``. ``h`` is row 0 alone: what
    the kept uses at k = 1 send back to h_0. K of dL_t/dz_k go back at once: up to K times the cost
    of ``bptt``. Arguments and errors as there; ValueError for K < 1. Source: Williams, Peng 1990.
    """
    params, (x, h, y) = as_trajectory(params, trajectory)
    K = checks.whole("K", K, 1)
    L_t, dy = loss_and_dy(y, targets, loss)
    dz = np.stack([window.sum(0) for _, window in dz_per_loss(params, h, dy, K)][::-1])
    checks.finite("dL/dh_t", dz, 1, last=True)
    into_state = (rows(dz).T.dot(rows(a)) for a in (h[:-1], x))
    into_output = (rows(dy).T.dot(rows(h[1:])), rows(dy).sum(0))
    gradient = Params(*into_state, rows(dz).sum(0), *into_output)
    return finite(Gradients(L_t.sum(), gradient, dz[:1].dot(params.W_h)))


@checks.quiet
def clip(gradient, max_norm):
    """``gradient`` (a Params), scaled down to length ``max_norm`` over all entries if it is longer.

    Raises ValueError unless max_norm > 0, the length is finite, and the gradient real (a length is
    not analytic: a complex step would mislead). Source: Pascanu et al. 2013.
    """
    max_norm = checks.number("max_norm", max_norm, 0)
    gradient = as_params(gradient, name="gradient")
    checks.numbers("gradient", gradient.b, "f")
    wide = np.result_type(gradient.b, float)  # a sum of squares overflows early in float32
    length = np.linalg.norm([np.linalg.norm(g.astype(wide)) for g in gradient])
    checks.finite("gradient's length", length)
    return Params(*(g * min(1, max_norm / float(length)) if length else g for g in gradient))


@checks.quiet
def sgd(params, gradient, rate):
    """New Params, each p - rate * dL/dp; complex numbers pass, as in ``forward``.

    Raises ValueError for a rate below 0, a gradient of other shapes, and a step too large.
    """
    params, gradient = as_params(params), as_params(gradient, name="gradient")
    if (rate := checks.number("rate", rate)) < 0:
        raise ValueError(f"rate: expected a number >= 0, got {rate}")
    came, wanted = ([p.shape for p in one] for one in (gradient, params))
    if came != wanted:
        raise ValueError(f"gradient: expected the shapes of params, {wanted}, got {came}")
    return Params(*(checks.finite("rate", p - rate * dp) for p, dp in zip(params, gradient)))
