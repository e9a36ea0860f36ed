"""The eight exhibits of notebook 12 as they were found; mend the copies there, not these.

Each takes what a forward pass leaves behind, rows t = 0..T: ``h[t]`` (n,) the state, ``slope[t]``
(n,) its tanh'(z_t), ``g[t]`` (n,) = dL_t/dh_t; row 0 of ``g`` is zero. Each returns dW_h
(T + 1, n, n), where row k is what the use of W_h at step k collects; the sum is dL/dW_h.
"""

import numpy as np


def exhibit_1(W_h, h, slope, g):
    T, n = len(h) - 1, len(W_h)
    dW_h = np.zeros((T + 1, n, n))
    for t in range(1, T + 1):  # the loss of step t
        chain = np.eye(n)  # dh_t/dh_k
        for k in range(t, 0, -1):
            delta = g[t] @ chain  # dL_t/dh_k
            dW_h[k] += np.outer(slope[k] * delta, h[k - 1])
            J = slope[k][:, None] * W_h  # dh_k/dh_{k-1}
            chain = chain * J
    return dW_h


def exhibit_2(W_h, h, slope, g):
    T, n = len(h) - 1, len(W_h)
    dW_h, back = np.zeros((T + 1, n, n)), np.zeros(n)
    for t in range(T, 0, -1):
        delta = g[t] + back  # dL/dh_t
        dW_h[t] = np.outer(slope[t] * delta, h[t - 1])
        back = W_h.T @ delta
    return dW_h


def exhibit_3(W_h, h, slope, g):
    T, n = len(h) - 1, len(W_h)
    dz = np.zeros((T + 2, n))  # nothing comes back from step T + 1
    for t in range(T, 0, -1):
        dz[t] = slope[t] * (g[t] + W_h.T @ dz[t + 1])
    dW_h = np.zeros((T + 1, n, n))
    dW_h[1:] = np.einsum("ti,tj->tij", dz[1:-1], h[1:])  # all steps at once
    return dW_h


def exhibit_4(W_h, h, slope, g):
    T, n = len(h) - 1, len(W_h)
    dW_h, back = np.zeros((T + 1, n, n)), np.zeros(n)
    for t in reversed(range(T)):  # counts from 0, so this is step t + 1
        dz = slope[t] * (g[t + 1] + back)
        dW_h[t + 1] = np.outer(dz, h[t])
        back = W_h.T @ dz
    return dW_h


def exhibit_5(W_h, h, slope, g):
    T, n = len(h) - 1, len(W_h)
    dW_h, delta = np.zeros((T + 1, n, n)), np.zeros(n)
    for t in range(T, 0, -1):
        delta = g[t]
        dz = slope[t] * delta
        dW_h[t] = np.outer(dz, h[t - 1])
        delta = W_h.T @ dz
    return dW_h


def exhibit_6(W_h, h, slope, g):
    T, n = len(h) - 1, len(W_h)
    dW_h = np.zeros((T + 1, n, n))
    arrived = np.zeros((T + 1, n))  # row k: the gradient that arrived at h_k
    for t in range(1, T + 1):  # each loss goes back as soon as it is there
        delta = g[t]
        for k in range(t, 0, -1):
            dz = slope[k] * delta
            dW_h[k] += np.outer(dz, h[k - 1])
            arrived[k - 1] += W_h.T @ dz
            delta = arrived[k - 1]
    return dW_h


def exhibit_7(W_h, h, slope, g):
    T, n = len(h) - 1, len(W_h)
    dW_h, back = np.zeros((T + 1, n, n)), np.zeros(n)
    dh = [np.zeros((n, n, n))]  # dh_k/dW_h: entry i of h_k, row and column of W_h
    for k in range(1, T + 1):
        immediate = np.einsum("i,ia,b->iab", slope[k], np.eye(n), h[k - 1])
        through = np.tensordot(slope[k][:, None] * W_h, dh[k - 1], axes=1)
        dh.append(immediate + through)
    for k in range(T, 0, -1):
        delta = g[k] + back  # dL/dh_k
        dW_h[k] = np.tensordot(delta, dh[k], axes=1)
        back = W_h.T @ (slope[k] * delta)
    return dW_h


def exhibit_8(W_h, h, slope, g):
    T, n = len(h) - 1, len(W_h)
    dW_h, back = np.zeros((T + 1, n, n)), np.zeros(n)
    for t in range(T, 0, -1):
        dz = slope[t] * (g[t] + back)
        dW_h[t] = np.outer(dz, h[t - 1])
        back = W_h.T @ dz
    return dW_h / max(1, np.linalg.norm(dW_h.sum(0)))


EXHIBITS = (
    exhibit_1,
    exhibit_2,
    exhibit_3,
    exhibit_4,
    exhibit_5,
    exhibit_6,
    exhibit_7,
    exhibit_8,
)
