"""Backpropagation through time: the gradient of L = sum over t of L_t, all the way back."""

from typing import NamedTuple

import numpy as np

from . import checks
from .losses import LOSSES, check_targets
from .rnn import Params, Trajectory, blocks, check_params, rows


class Gradients(NamedTuple):
    """What a backward pass returns."""

    loss: float  # L
    params: Params  # dL/dW_h, dL/dW_x, dL/db, dL/dW_y, dL/db_y
    h: np.ndarray  # dL/dh_t for t = 0..T, (T + 1, [B,] n), or of row 0 alone


def check_trajectory(params, trajectory):
    """``params`` and ``trajectory`` in one dtype, with shapes that belong together."""
    x, h, y = trajectory = checks.record("trajectory", trajectory, Trajectory)
    params = check_params(params, *trajectory)
    (n, d), o, dtype = params.W_x.shape, len(params.b_y), params.W_h.dtype
    x = checks.array("trajectory.x", x, ("T", "[B]", d), dtype)
    T, *batch = x.shape[:-1]
    h = checks.array("trajectory.h", h, (T + 1, *batch, n), dtype)
    return params, Trajectory(x, h, checks.array("trajectory.y", y, (T, *batch, o), dtype))


def bptt(params, trajectory, targets, loss="squared_error", dh_T=None, keep_h=True):
    """Backpropagation through time over a whole trajectory.

        dL/dh_t = W_y^T dL/dy_t + W_h^T dz_{t+1},   dz_t = (1 - h_t^2) * dL/dh_t,   t = T..1
        dL/dW_h = sum_t dz_t h_{t-1}^T,   dL/dW_x = sum_t dz_t x_t^T,   dL/db = sum_t dz_t

    params : Params. trajectory : what ``forward`` returned for them. targets : (T, [B,] o) for
    ``loss="squared_error"``, integers (T, [B]) for ``"cross_entropy"``; L is averaged over B.
    dh_T : (n,) or (B, n), a gradient that arrives at the last state from elsewhere.
    keep_h : False returns row 0 of ``h`` alone, dL/dh_0, and takes half the memory.
    Returns Gradients(loss, params, h). Raises ValueError for anything that does not fit.
    Source: Werbos 1990; Goodfellow, Bengio, Courville 2016, section 10.2.2.
    """
    params, (x, h, y) = check_trajectory(params, trajectory)
    targets = check_targets(targets, y, loss)
    dh = np.empty_like(h if keep_h else h[:1])
    dz_W_h = np.zeros(h.shape[1:], h.dtype)  # what step t + 1 sends back
    if dh_T is not None:
        dz_W_h += checks.array("dh_T", dh_T, h.shape[1:], h.dtype)
    dW_h, dW_x, db, dW_y, db_y = gradient = Params(*[np.zeros(p.shape, p.dtype) for p in params])
    L, scale, parts = 0, 1 / (y[0].size // y.shape[-1]), blocks(h)

    dz_work, dh_work = np.empty((2, *h[1:][parts[0]].shape), h.dtype)  # new ones are slow
    for steps in reversed(parts):
        h_prev, h_t = h[:-1][steps], h[1:][steps]
        L_t, dy = LOSSES[loss](y[steps], targets[steps])
        L += L_t.sum() * L_t.dtype.type(scale)
        dy *= scale
        dh_t = dh[1:][steps] if keep_h else dh_work[: len(h_t)]
        rows(dy).dot(params.W_y, out=rows(dh_t))
        dz = np.square(h_t, out=dz_work[: len(h_t)])
        np.subtract(1, dz, out=dz)  # tanh'(z_t), and times dL/dh_t in the loop
        for dh_now, dz_now in zip(dh_t[::-1], dz[::-1]):
            dh_now += dz_W_h
            dz_now *= dh_now
            dz_now.dot(params.W_h, out=dz_W_h)
        dW_h += rows(dz).T.dot(rows(h_prev))
        dW_x += rows(dz).T.dot(rows(x[steps]))
        db += rows(dz).sum(0)
        dW_y += rows(dy).T.dot(rows(h_t))
        db_y += rows(dy).sum(0)
    dh[0] = dz_W_h
    return Gradients(L, gradient, dh)
