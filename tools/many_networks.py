"""Many small networks trained side by side: the equations of bptt_helpers with a leading axis N.

One network is too small to keep a processor busy: the calls cost more than the sums. So the
networks of all seeds and step sizes go through every step together. ``tests/test_train_k.py``
holds them to bptt_helpers, one network at a time, to 1e-10.
"""

from typing import NamedTuple

import numpy as np


class Networks(NamedTuple):
    """N networks, or their gradients."""

    W: np.ndarray  # (N, n, n + d + 1): [W_h, W_x, b] side by side
    V: np.ndarray  # (N, o, n + 1): [W_y, b_y]


def stack(params):
    """Networks from a list of Params of one shape."""
    W = [np.column_stack([p.W_h, p.W_x, p.b]) for p in params]
    V = [np.column_stack([p.W_y, p.b_y]) for p in params]
    return Networks(np.array(W), np.array(V))


def forward(nets, x, h0=None):
    """a_t = [h_t, x_{t+1}, 1], h_t = tanh(W a_{t-1}), y_t = V [h_t, 1], for t = 1..T.

    x : (T, N, B, d). h0 : (N, B, n), zeros if None. Returns a (T + 1, N, B, n + d + 1), whose
    last row has no x_{t+1}, and y (T, N, B, o).
    """
    T, N, B, _ = x.shape
    n = nets.W.shape[1]
    a = np.ones((T + 1, N, B, nets.W.shape[2]), nets.W.dtype)
    a[:-1, ..., n:-1] = x
    a[0, ..., :n] = 0 if h0 is None else h0
    WT = np.ascontiguousarray(nets.W.swapaxes(1, 2))
    for before, now in zip(a, a[1:]):
        np.tanh(before @ WT, out=now[..., :n])
    return a, a[1:, ..., :n] @ nets.V[..., :-1].swapaxes(1, 2) + nets.V[:, None, :, -1]


def backward(nets, a, dy):
    """The gradients of sum over t of L_t, from dy_t = dL_t/dy_t (T, N, B, o); as Networks."""
    n = nets.W.shape[1]
    h = a[1:, ..., :n]
    dz = dy @ nets.V[..., :-1]  # dL_t/dh_t; becomes dL/dz_t
    W_h, slope = np.ascontiguousarray(nets.W[..., :n]), 1 - h * h
    dz[-1] *= slope[-1]
    for t in reversed(range(len(dz) - 1)):
        dz[t] += dz[t + 1] @ W_h
        dz[t] *= slope[t]
    into_output = products(dy, h), dy.sum((0, 2))[..., None]
    return Networks(products(dz, a[:-1]), np.concatenate(into_output, -1))


def products(left, right):
    """The sum over t and the batch of left right^T, for each network: (N, rows, columns)."""
    left, right = (v.swapaxes(0, 1).reshape(v.shape[1], -1, v.shape[-1]) for v in (left, right))
    return left.swapaxes(1, 2) @ right


def clipped_sgd(nets, gradients, rate, max_norm, frozen=False):
    """One step for each network, its gradient scaled down to length max_norm if longer.

    rate : (N,) or a number. frozen : W_h stays; its gradient counts for the length all the same.
    """
    length = np.sqrt(sum((g * g).sum((1, 2)) for g in gradients))
    step = (rate * np.minimum(1, max_norm / np.maximum(length, 1e-30)))[:, None, None]
    W, V = (p - (step * g).astype(p.dtype) for p, g in zip(nets, gradients))
    if frozen:
        n = W.shape[1]
        W[..., :n] = nets.W[..., :n]
    return Networks(W, V)
