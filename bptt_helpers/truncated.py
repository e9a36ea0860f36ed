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
from .bptt import Gradients, bptt, check_trajectory
from .losses import check_targets, loss_and_slope
from .paths import adjoints
from .rnn import Params, check_params, forward, rows


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
    return [slice(start, min(start + K, T)) for start in range(0, T, K)]


def _check(params, x, targets, h0, loss):
    params = check_params(params, x, h0)
    x = checks.array("x", x, ("T", "[B]", params.W_x.shape[1]), params.W_h.dtype)
    y = np.broadcast_to(params.b_y, (*x.shape[:-1], len(params.b_y)))  # only its shape counts
    return params, x, check_targets(targets, y, loss)


def truncated_bptt(params, x, targets, K, h0=None, loss="squared_error", carry=True):
    """Truncated BPTT with fixed params: yields one Chunk(steps, gradients, h) per K steps.

    Each chunk starts from the state that the one before handed on, taken as a constant; with
    ``carry=False`` every chunk starts from h0 instead. Arguments are those of ``forward`` and
    ``bptt``. Summed over the chunks, the gradients are the truncated gradient; K >= T is ``bptt``.
    Memory: the states of K steps at a time. Raises ValueError as those functions do, and for K < 1.
    Source: Williams, Peng 1990; Sutskever 2013, section 2.8.6.
    """
    params, x, targets = _check(params, x, targets, h0, loss)
    h, T, K = h0, len(x), checks.whole("K", K, 1)
    for start in range(0, T, K):  # as ``chunks``, whose list would grow with T
        steps = slice(start, min(start + K, T))
        trajectory = forward(params, x[steps], h if carry else h0)
        h = trajectory.h[-1]
        yield Chunk(steps, bptt(params, trajectory, targets[steps], loss), h)


def checkpointed_bptt(params, x, targets, h0=None, loss="squared_error", every=None):
    """Full BPTT that keeps every ceil(sqrt(T))-th state alone and computes the others again.

    Arguments are those of ``forward`` and ``bptt``; every : steps between the kept states. Returns
    the Gradients of ``bptt``, with ``h`` its row 0 alone. Memory grows like sqrt(T); the price is
    one more forward pass. Raises ValueError as those functions do, and for every < 1.
    Source: Chen, Xu, Zhang, Guestrin 2016; Gruslys et al. 2016.
    """
    params, x, targets = _check(params, x, targets, h0, loss)
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
    return Gradients(L, gradient, part.h)


def sliding_window(params, trajectory, targets, K, loss="squared_error"):
    """Truncation without chunks: every loss goes back through its own last K uses of W_h.

        dL/dW_h  ~  sum over t, and over k with 0 <= t - k < K, of dL_t/dz_k h_{k-1}^T

    and W_x, b alike; W_y and b_y are exact, and K >= T gives ``bptt``. ``h`` is row 0 alone: what
    the kept uses at k = 1 send back to h_0. K adjoints go back at once: up to K times the cost of
    ``bptt``. Arguments and errors as there; ValueError for K < 1. Source: Williams, Peng 1990.
    """
    params, (x, h, y) = check_trajectory(params, trajectory)
    K = checks.whole("K", K, 1)
    L_t, dy = loss_and_slope(y, targets, loss)
    dz = np.stack([window.sum(0) for _, window in adjoints(params, h, dy, K)][::-1])
    into_state = (rows(dz).T.dot(rows(a)) for a in (h[:-1], x))
    into_output = (rows(dy).T.dot(rows(h[1:])), rows(dy).sum(0))
    gradient = Params(*into_state, rows(dz).sum(0), *into_output)
    return Gradients(L_t.sum(), gradient, dz[:1].dot(params.W_h))


@np.errstate(over="ignore")
def clip(gradient, max_norm):
    """``gradient`` (a Params), scaled down to length ``max_norm`` over all entries if it is longer.

    Raises ValueError unless max_norm > 0 and the length is finite. Source: Pascanu et al. 2013.
    """
    if (max_norm := checks.number("max_norm", max_norm)) <= 0:
        raise ValueError(f"max_norm: expected a number > 0, got {max_norm}")
    length = float(np.linalg.norm([np.linalg.norm(np.asarray(g, float)) for g in gradient]))
    if not np.isfinite(length):
        raise ValueError(f"gradient: expected a finite length, got {length}")
    return Params(*(g * min(1, max_norm / length) if length else g for g in gradient))


def sgd(params, gradient, rate):
    """New Params, each p - rate * dL/dp. Raises ValueError for a rate or gradient that is none."""
    rate, gradient = checks.number("rate", rate), checks.record("gradient", gradient, Params)
    return Params(*(p - rate * dp for p, dp in zip(params, gradient)))
