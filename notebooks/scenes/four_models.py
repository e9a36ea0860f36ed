"""Four small models of a sequence, for notebook 16, and their gradients by hand.

Numbers x (T, B) in, numbers y (T, B) out, y_t = W_y h_t. Each model has

    start(rng, n, knob) -> params        h_t holds n numbers
    forward(params, x) -> run            y, and what the way back needs
    backward(params, x, run, dy)         -> gradient (like params), dx (like x); dy is dL/dy
    moves(params, run) -> (T, T, n)      [t - 1, k - 1] = dh_t/dx_k, forward in time, 0 for k > t

Params may have a leading axis of networks, x is then (T, networks, B); ``moves`` takes one network
and one sequence.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from bptt_helpers import init_params


def rows(x, W):
    """x W, a row for each number in x (..., B); W (..., n)."""
    return x[..., None] * W[..., None, :]


def through(W, a):
    """W a for each row of a."""
    return a @ np.swapaxes(W, -1, -2)


def read(W, a):
    """W . a for each row of a."""
    return (a @ W[..., None])[..., 0]


def added(dz, x):
    """dL/dW of z = W x, over the sequences: x a number of each, or a row."""
    if x.ndim < dz.ndim:
        return (dz * x[..., None]).sum(-2)
    return np.swapaxes(dz, -1, -2) @ x


def before(x, *params, n):
    """Room for T + 1 states, the first of them 0."""
    return np.zeros((len(x) + 1, *x.shape[1:], n), np.result_type(x, *params))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# tanh: h_t = tanh(W_h h_{t-1} + W_x x_t + b)


class Tanh(NamedTuple):
    W_h: np.ndarray  # (n, n)
    W_x: np.ndarray  # (n,)
    b: np.ndarray  # (n,)
    W_y: np.ndarray  # (n,)


class TanhRun(NamedTuple):
    y: np.ndarray
    h: np.ndarray  # (T + 1, B, n)


def tanh_start(rng, n, gain=1.0):
    W_h, W_x, b, W_y, _ = init_params(rng, 1, n, 1, gain=gain)
    return Tanh(W_h, W_x[:, 0], b, W_y[0])


def tanh_forward(P, x):
    h = before(x, *P, n=P.b.shape[-1])
    for t in range(1, len(h)):
        h[t] = np.tanh(through(P.W_h, h[t - 1]) + rows(x[t - 1], P.W_x) + P.b[..., None, :])
    return TanhRun(read(P.W_y, h[1:]), h)


def tanh_backward(P, x, run, dy):
    h, dx, dh = run.h, np.zeros(x.shape), 0
    dW_h, dW_x, db, dW_y = (np.zeros(p.shape) for p in P)
    for k in range(len(x), 0, -1):
        dz = (dh + rows(dy[k - 1], P.W_y)) * (1 - h[k] ** 2)
        dx[k - 1] = read(P.W_x, dz)
        dW_h += added(dz, h[k - 1])
        dW_x += added(dz, x[k - 1])
        db += dz.sum(-2)
        dW_y += added(h[k], dy[k - 1])
        dh = dz @ P.W_h
    return Tanh(dW_h, dW_x, db, dW_y), dx


def tanh_moves(P, run):
    h = run.h[:, 0]
    found = np.zeros((len(h) - 1, *h[1:].shape))
    for t in range(1, len(h)):
        dz = through(P.W_h, found[t - 2, :t])  # at t = 1 the last row, still 0
        dz[t - 1] += P.W_x
        found[t - 1, :t] = dz * (1 - h[t] ** 2)
    return found


# LSTM: c_t = f c_{t-1} + i g, h_t = o tanh(c_t), gates f, i, o and candidate g read x_t and h_{t-1}


class LSTM(NamedTuple):
    W_h: np.ndarray  # (4 n, n), the rows of f first, then i, o, g
    W_x: np.ndarray  # (4 n,)
    b: np.ndarray  # (4 n,)
    W_y: np.ndarray  # (n,)


class LSTMRun(NamedTuple):
    y: np.ndarray
    h: np.ndarray  # (T + 1, B, n)
    c: np.ndarray  # (T + 1, B, n)
    gates: np.ndarray  # (T, 4, B, n)


def lstm_start(rng, n, forget_bias=1.0):
    """All weights uniform in +-1/sqrt(n); of the biases only the forget gate's is not 0."""
    W_h, W_x = (rng.uniform(-1, 1, shape) / sqrt(n) for shape in ((4 * n, n), 4 * n))
    bias = np.repeat([forget_bias, 0.0, 0.0, 0.0], n)
    return LSTM(W_h, W_x, bias, rng.standard_normal(n) / sqrt(n))


def lstm_forward(P, x):
    n = P.W_y.shape[-1]
    h, c = (before(x, *P, n=n) for _ in "hc")
    gates = np.zeros((len(x), 4, *h.shape[1:]), h.dtype)
    for t in range(1, len(h)):
        z = through(P.W_h, h[t - 1]) + rows(x[t - 1], P.W_x) + P.b[..., None, :]
        *z, z_g = np.split(z, 4, axis=-1)
        gates[t - 1] = f, i, o, g = *map(sigmoid, z), np.tanh(z_g)
        c[t] = f * c[t - 1] + i * g
        h[t] = o * np.tanh(c[t])
    return LSTMRun(read(P.W_y, h[1:]), h, c, gates)


def lstm_backward(P, x, run, dy):
    h, c, dx, dh, dc = run.h, run.c, np.zeros(x.shape), 0, 0
    dW_h, dW_x, db, dW_y = (np.zeros(p.shape) for p in P)
    for k in range(len(x), 0, -1):
        (f, i, o, g), s = run.gates[k - 1], np.tanh(c[k])
        dh = dh + rows(dy[k - 1], P.W_y)
        dc = dc + dh * o * (1 - s**2)
        df, di, do, dg = dc * c[k - 1], dc * g, dh * s, dc * i
        dz = df * f * (1 - f), di * i * (1 - i), do * o * (1 - o), dg * (1 - g**2)
        dz = np.concatenate(dz, axis=-1)
        dx[k - 1] = read(P.W_x, dz)
        dW_h += added(dz, h[k - 1])
        dW_x += added(dz, x[k - 1])
        db += dz.sum(-2)
        dW_y += added(h[k], dy[k - 1])
        dh, dc = dz @ P.W_h, dc * f
    return LSTM(dW_h, dW_x, db, dW_y), dx


def lstm_moves(P, run):
    h, c, gates = run.h[:, 0], run.c[:, 0], run.gates[:, :, 0]
    found = np.zeros((len(gates), *h[1:].shape))
    dc = np.zeros_like(h[1:])  # of the cell at t - 1, for all inputs
    for t in range(1, len(h)):
        (f, i, o, g), s = gates[t - 1], np.tanh(c[t])
        dz = through(P.W_h, found[t - 2, :t])
        dz[t - 1] += P.W_x
        z_f, z_i, z_o, z_g = np.split(dz, 4, axis=1)
        dc[:t] = f * dc[:t] + c[t - 1] * f * (1 - f) * z_f
        dc[:t] += g * i * (1 - i) * z_i + i * (1 - g**2) * z_g
        found[t - 1, :t] = o * (1 - s**2) * dc[:t] + s * o * (1 - o) * z_o
    return found


def lstm_cell_alone(P, run):
    """(T, n): the part of dh_T/dx_k that enters at step k and then stays in the cell, by
    multiplication with f_{k+1} ... f_T; what all gates read of h held fixed."""
    (f, i, o, g), c = np.moveaxis(run.gates[:, :, 0], 1, 0), run.c[:, 0]
    by_f, by_i, _, by_g = np.split(P.W_x, 4)
    enters = c[:-1] * f * (1 - f) * by_f + g * i * (1 - i) * by_i + i * (1 - g**2) * by_g
    left = np.cumprod(np.vstack([f[1:], np.ones_like(f[:1])])[::-1], axis=0)[::-1]
    return o[-1] * (1 - np.tanh(c[-1]) ** 2) * left * enters


# Diagonal: h_t = lambda h_{t-1} + W_x x_t, a number lambda for each of n/2 complex units


class Diagonal(NamedTuple):
    nu: np.ndarray  # (n/2,), |lambda| = exp(-exp(nu)) < 1
    angle: np.ndarray  # (n/2,), of lambda
    W_x: np.ndarray  # (n,), real parts first, then imaginary ones
    W_y: np.ndarray  # (n,), likewise


class DiagonalRun(NamedTuple):
    y: np.ndarray
    h: np.ndarray  # (T + 1, B, n), likewise


def diagonal_start(rng, n, radius=0.9):
    nu = np.full(n // 2, np.log(-np.log(radius)))
    weights = rng.standard_normal((2, n)) / [[1], [sqrt(n)]]
    return Diagonal(nu, rng.uniform(0, np.pi, n // 2), *weights)


def cos_sin(P):
    radius = np.exp(-np.exp(P.nu))
    return (radius * np.cos(P.angle))[..., None, :], (radius * np.sin(P.angle))[..., None, :]


def turned(cos, sin, a):
    """lambda times the complex numbers whose parts stand in the halves of a."""
    re, im = np.split(a, 2, axis=-1)
    return np.concatenate([cos * re - sin * im, sin * re + cos * im], axis=-1)


def diagonal_forward(P, x):
    h, (cos, sin) = before(x, *P, n=P.W_x.shape[-1]), cos_sin(P)
    for t in range(1, len(h)):
        h[t] = turned(cos, sin, h[t - 1]) + rows(x[t - 1], P.W_x)
    return DiagonalRun(read(P.W_y, h[1:]), h)


def diagonal_backward(P, x, run, dy):
    h, dx, dh, (cos, sin) = run.h, np.zeros(x.shape), 0, cos_sin(P)
    dnu, dangle, dW_x, dW_y = (np.zeros(p.shape) for p in P)
    for k in range(len(x), 0, -1):
        dh = dh + rows(dy[k - 1], P.W_y)
        dx[k - 1] = read(P.W_x, dh)
        dW_x += added(dh, x[k - 1])
        dW_y += added(h[k], dy[k - 1])
        (p, q), (re, im) = np.split(dh, 2, axis=-1), np.split(turned(cos, sin, h[k - 1]), 2, -1)
        dnu -= np.exp(P.nu) * (p * re + q * im).sum(-2)
        dangle += (q * re - p * im).sum(-2)
        dh = turned(cos, -sin, dh)  # the transpose turns back
    return Diagonal(dnu, dangle, dW_x, dW_y), dx


def diagonal_moves(P, run):
    T, (cos, sin) = len(run.y), cos_sin(P)
    found = np.zeros((T, T, len(P.W_x)))
    for t in range(1, T + 1):
        found[t - 1, :t] = turned(cos, sin, found[t - 2, :t])
        found[t - 1, t - 1] += P.W_x
    return found


# Attention, one causal head: h_t = sum over k <= t of a_tk v_k, a = softmax(q_t . k_k / sqrt(n))


class Attention(NamedTuple):
    W_q: np.ndarray  # (n, n)
    W_k: np.ndarray  # (n, n)
    W_v: np.ndarray  # (n, n)
    W_x: np.ndarray  # (n,)
    W_y: np.ndarray  # (n,)


class AttentionRun(NamedTuple):
    y: np.ndarray
    u: np.ndarray  # (B, T, n), W_x x_t + position t
    q: np.ndarray  # (B, T, n)
    k: np.ndarray  # (B, T, n)
    v: np.ndarray  # (B, T, n)
    a: np.ndarray  # (B, T, T), 0 above the diagonal


def positions(T, n):
    """Sines and cosines of n/2 frequencies from 1 to nearly 1/10000 (Vaswani et al. 2017)."""
    turn = np.arange(1, T + 1)[:, None] * 1e4 ** (-np.arange(n // 2) / (n // 2))
    return np.concatenate([np.sin(turn), np.cos(turn)], axis=1)


def attention_start(rng, n, temperature=1.0):
    """Square weights uniform with variance 1/(2 n). temperature divides all scores, inside W_q."""
    W_q, W_k, W_v = rng.uniform(-1, 1, (3, n, n)) * sqrt(1.5 / n)
    return Attention(W_q / temperature, W_k, W_v, *rng.standard_normal((2, n)) / [[1], [sqrt(n)]])


def attention_forward(P, x):
    T, n = len(x), P.W_x.shape[-1]
    u = np.moveaxis(x, 0, -1)[..., None] * P.W_x[..., None, None, :] + positions(T, n)
    q, k, v = (u @ np.swapaxes(W, -1, -2)[..., None, :, :] for W in P[:3])
    scores = q @ np.swapaxes(k, -1, -2) / sqrt(n)
    scores = np.where(np.tri(T, dtype=bool), scores, -np.inf)
    a = np.exp(scores - scores.real.max(-1, keepdims=True))
    a /= a.sum(-1, keepdims=True)
    y = np.moveaxis(read(P.W_y[..., None, :], a @ v), -1, 0)
    return AttentionRun(y, u, q, k, v, a)


def attention_backward(P, x, run, dy):
    _, u, q, k, v, a = run
    n, dy = u.shape[-1], np.moveaxis(dy, 0, -1)
    dh = dy[..., None] * P.W_y[..., None, None, :]
    da, dv = dh @ np.swapaxes(v, -1, -2), np.swapaxes(a, -1, -2) @ dh
    scores = a * (da - (a * da).sum(-1, keepdims=True)) / sqrt(n)
    dq, dk = scores @ k, np.swapaxes(scores, -1, -2) @ q
    du = sum(d @ W[..., None, :, :] for d, W in zip((dq, dk, dv), P))
    weights = [(np.swapaxes(d, -1, -2) @ u).sum(-3) for d in (dq, dk, dv)]
    dW_x = (du * np.moveaxis(x, 0, -1)[..., None]).sum((-3, -2))
    dW_y = (dy[..., None] * (a @ v)).sum((-3, -2))
    return Attention(*weights, dW_x, dW_y), np.moveaxis(
        (du @ P.W_x[..., None, :, None])[..., 0], -1, 0
    )


def attention_moves(P, run):
    q, k, v, a = (part[0] for part in run[2:])
    away, every = v - (a @ v)[:, None], np.arange(len(a))  # (T, T, n): v_k - h_t
    by_key, by_query = (s @ (W @ P.W_x) / sqrt(len(P.W_x)) for s, W in ((q, P.W_k), (k, P.W_q)))
    found = a[:, :, None] * (P.W_v @ P.W_x + by_key[:, None, None] * away)
    found[every, every] += np.einsum("tk,tkn->tn", a * by_query, away)
    return found


class Model(NamedTuple):
    start: object
    forward: object
    backward: object
    moves: object


MODELS = {
    "tanh": Model(tanh_start, tanh_forward, tanh_backward, tanh_moves),
    "LSTM": Model(lstm_start, lstm_forward, lstm_backward, lstm_moves),
    "diagonal": Model(diagonal_start, diagonal_forward, diagonal_backward, diagonal_moves),
    "attention": Model(attention_start, attention_forward, attention_backward, attention_moves),
}


def numbers_kept(name, T, n):
    """How many numbers a model needs beside params and inputs: to go on with step T + 1, and for
    the way back from all T steps. Of attention's T^2 weights only those of pairs k <= t."""
    forward = {"tanh": n, "LSTM": 2 * n, "diagonal": n, "attention": 2 * n * T}
    back = {"tanh": n * T, "LSTM": 6 * n * T, "diagonal": n * T}
    back["attention"] = 3 * n * T + T * (T + 1) // 2
    return forward[name], back[name]
