"""Backpropagation through time: the gradient of L = sum over t of L_t, all the way back."""

from functools import partial
from math import isfinite
from typing import NamedTuple

import numpy as np

from . import checks
from .losses import LOSSES, as_targets
from .rnn import Params, Trajectory, as_params, blocks, rows, tanh_prime


class Gradients(NamedTuple):
    """What a backward pass returns."""

    loss: float  # L
    params: Params  # dL/dW_h, dL/dW_x, dL/db, dL/dW_y, dL/db_y
    h: np.ndarray  # dL/dh_t for t = 0..T, (T + 1, [B,] n), or of row 0 alone


def as_trajectory(params, trajectory):
    """``params`` and ``trajectory`` in one dtype, with shapes and numbers that belong together.

    The numbers: ``params`` lead to the last step from the one before. A fault in earlier steps goes
    unseen (all would cost as much as ``forward``), or one below about 1e-5.
    """
    x, h, y = trajectory = checks.record("trajectory", trajectory, Trajectory)
    W_h, W_x, b, W_y, b_y = params = as_params(params, *trajectory)
    x = checks.array("trajectory.x", x, ("T", "[B]", W_x.shape[1]), b.dtype)
    T, *batch = x.shape[:-1]
    h = checks.array("trajectory.h", h, (T + 1, *batch, len(b)), b.dtype)
    y = checks.array("trajectory.y", y, (T, *batch, len(b_y)), b.dtype)
    off_h = np.tanh(h[-2].dot(W_h.T) + x[-1].dot(W_x.T) + b) - h[-1]
    off_y = h[-1].dot(W_y.T) + b_y - y[-1]
    if not abs(np.vdot(off_h, off_h)) + abs(np.vdot(off_y, off_y)) < 1e-10:
        norm = partial(np.linalg.norm, ord=np.inf)  # z_T and y_T may round by so much in float32:
        rough_h = min(1e3, norm(W_h) * norm(h[-2]) + norm(W_x) * norm(x[-1]) + norm(b))
        rough_y = norm(W_y) * norm(h[-1]) + norm(b_y)
        for name, off, rough in ("h", norm(off_h), rough_h), ("y", norm(off_y), rough_y):
            if not off <= 1e-5 + 1e-6 * rough:
                came = f"{name}_{T} that is {off:.2g} off"
                raise ValueError(f"trajectory: expected forward(params, x) of these, got {came}")
    return params, Trajectory(x, h, y)


def finite(gradients):
    """``gradients``; ValueError if one of them is too large for its dtype."""
    found = gradients.loss, gradients.h[0], *gradients.params
    if not isfinite(sum([abs(np.vdot(a, a)) for a in found[1:]], abs(found[0]))):
        for name, a in zip(("loss", "dL/dh_0", *Params._fields), found):
            checks.finite(name, a)
    return gradients


@checks.quiet
def bptt(params, trajectory, targets, loss="squared_error", dh_T=None, keep_h=True):
    """Backpropagation through time over a whole trajectory.

        dL/dh_t = W_y^T dL/dy_t + W_h^T dz_{t+1},   dz_t = (1 - h_t^2) * dL/dh_t,   t = T..1
        dL/dW_h = sum_t dz_t h_{t-1}^T,   dL/dW_x = sum_t dz_t x_t^T,   dL/db = sum_t dz_t

    params : Params. trajectory : what ``forward`` returned for them. targets : (T, [B,] o) for
    ``loss="squared_error"``, integers (T, [B]) for ``"cross_entropy"``; L is averaged over B.
    dh_T : (n,) or (B, n), a gradient that arrives at the last state from elsewhere.
    keep_h : False returns row 0 of ``h`` alone, dL/dh_0; the others take as much as the states.
    Returns Gradients(loss, params, h). Raises ValueError for anything that does not fit, and, with
    the step, where the gradient explodes beyond its dtype.
    Source: Werbos 1990; Goodfellow, Bengio, Courville 2016, section 10.2.2.
    """
    (W_h, _, _, W_y, _), (x, h, y) = as_trajectory(params, trajectory)
    targets = as_targets(targets, y, loss)
    keep_h = checks.one_of("keep_h", keep_h, (True, False))
    dh = np.empty_like(h if keep_h else h[:1])
    dz_W_h = np.zeros(h.shape[1:], h.dtype)  # what step t + 1 sends back
    if dh_T is not None:
        dz_W_h += checks.array("dh_T", dh_T, h.shape[1:], h.dtype)
    L, gradient, scale, parts = 0, None, 1 / (y[0].size // y.shape[-1]), blocks(h)

    dz_work, dh_work = np.empty((2, *h[1:][parts[0]].shape), h.dtype)  # new ones are slow
    for steps in reversed(parts):
        h_prev, h_t = h[:-1][steps], h[1:][steps]
        L_t, dy = LOSSES[loss](y[steps], targets[steps])
        L += np.add.reduce(L_t, axis=None) * L_t.dtype.type(scale)
        if scale != 1:
            dy *= scale
        dh_t = dh[1:][steps] if keep_h else dh_work[: len(h_t)]
        rows(dy).dot(W_y, out=rows(dh_t))
        dz = tanh_prime(h_t, out=dz_work[: len(h_t)])  # and times dL/dh_t in the loop
        for dh_now, dz_now in zip(dh_t[::-1], dz[::-1]):
            dh_now += dz_W_h
            dz_now *= dh_now
            dz_now.dot(W_h, dz_W_h)  # into dz_W_h
        checks.finite("dL/dh_t", dz, steps.start + 1, last=True)
        dz, dy = rows(dz), rows(dy)
        into_state = dz.T.dot(rows(h_prev)), dz.T.dot(rows(x[steps])), np.add.reduce(dz)
        shares = Params(*into_state, dy.T.dot(rows(h_t)), np.add.reduce(dy))
        gradient = Params(*map(np.add, gradient, shares)) if gradient else shares
    dh[0] = dz_W_h
    return finite(Gradients(L, gradient, dh))
