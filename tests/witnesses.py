"""Witnesses that share no code with the package, and random cases to call them on.

``total`` is the loss as a plain function, for autograd and for the complex step. ``textbook`` is
the backward pass as books print it: one sequence and one step at a time, one outer product each.
"""

from typing import NamedTuple

import autograd.numpy as autograd_numpy
import numpy as np
from autograd import grad
from hypothesis import strategies as st

from bptt_helpers import Params


class Case(NamedTuple):
    params: Params
    x: np.ndarray
    targets: np.ndarray
    h0: np.ndarray | None
    loss: str
    dh_T: np.ndarray | None


def make_case(seed, T=7, n=4, d=3, o=2, B=None, loss="squared_error", h0=True, dh_T=True):
    """A random case; every size can be chosen."""
    rng = np.random.default_rng(seed)
    batch = () if B is None else (B,)
    params = Params(
        rng.standard_normal((n, n)) / np.sqrt(n),
        rng.standard_normal((n, d)) / np.sqrt(d),
        rng.standard_normal(n) / 2,
        rng.standard_normal((o, n)) / np.sqrt(n),
        rng.standard_normal(o),
    )
    x = rng.standard_normal((T, *batch, d))
    if loss == "squared_error":
        targets = rng.standard_normal((T, *batch, o))
    else:
        targets = rng.integers(0, o, (T, *batch))
    start, arriving = rng.standard_normal((2, *batch, n))
    return Case(params, x, targets, start if h0 else None, loss, arriving if dh_T else None)


@st.composite
def cases(draw):
    loss = draw(st.sampled_from(["squared_error", "cross_entropy"]))
    fewest = 2 if loss == "cross_entropy" else 1  # one class alone is certain: no gradient at all
    return make_case(
        draw(st.integers(0, 2**32 - 1)),
        T=draw(st.integers(1, 12)),
        n=draw(st.integers(1, 6)),
        d=draw(st.integers(1, 4)),
        o=draw(st.integers(fewest, 4)),
        B=draw(st.none() | st.integers(1, 4)),
        loss=loss,
        h0=draw(st.booleans()),
        dh_T=draw(st.booleans()),
    )


def total(values, case, xp=np):
    """L + dh_T . h_T, averaged over the batch as the loss is; xp is numpy or autograd.numpy.

    values : the five parameters and e (T + 1, [B,] n), added to h_0..h_T: dL/de_t is dL/dh_t.
    """
    W_h, W_x, b, W_y, b_y, e = values
    batch = case.x.shape[1:-1]
    B = batch[0] if batch else 1
    h = e[0] + (0 if case.h0 is None else case.h0)
    L = 0
    for t in range(len(case.x)):
        h = xp.tanh(xp.dot(h, W_h.T) + xp.dot(case.x[t], W_x.T) + b) + e[t + 1]
        y = xp.dot(h, W_y.T) + b_y
        if case.loss == "squared_error":
            L = L + xp.sum((y - case.targets[t]) ** 2) / 2 / B
        else:
            onehot = np.eye(len(b_y))[case.targets[t]]
            L = L + (xp.sum(xp.log(xp.sum(xp.exp(y), axis=-1))) - xp.sum(y * onehot)) / B
    return L if case.dh_T is None else L + xp.sum(case.dh_T * h)


def start_values(case):
    """Where ``total`` is differentiated: the parameters, and no shift of any state."""
    batch = case.x.shape[1:-1]
    return (*case.params, np.zeros((len(case.x) + 1, *batch, len(case.params.b))))


def by_autograd(case):
    """The gradients by the HIPS autograd library: five of the parameters, then dL/dh."""
    return grad(lambda values: total(values, case, autograd_numpy))(start_values(case))


def textbook(case):
    """The gradients by the textbook's loop: the loss, five of the parameters, then dL/dh."""
    if case.x.ndim == 3:
        B = case.x.shape[1]
        per_sequence = [textbook(one_sequence(case, i)) for i in range(B)]
        *sums, _ = (sum(parts) / B for parts in zip(*per_sequence))
        return *sums, np.stack([parts[-1] for parts in per_sequence], axis=1) / B
    W_h, W_x, b, W_y, b_y = case.params
    h, y = [np.zeros(len(b)) if case.h0 is None else case.h0], []
    for x_t in case.x:
        h.append(np.tanh(W_h @ h[-1] + W_x @ x_t + b))
        y.append(W_y @ h[-1] + b_y)
    L, T = 0.0, len(y)
    dW_h, dW_x, db, dW_y, db_y = (np.zeros(np.shape(p)) for p in case.params)
    dh = np.zeros((T + 1, len(b)))
    if case.dh_T is not None:
        dh[T] = case.dh_T
    for t in range(T, 0, -1):
        y_t, target = y[t - 1], case.targets[t - 1]
        if case.loss == "squared_error":
            L += 0.5 * np.sum((y_t - target) ** 2)
            dy = y_t - target
        else:
            p = np.exp(y_t) / np.exp(y_t).sum()
            L -= np.log(p[target])
            dy = p - np.eye(len(p))[target]
        dW_y += np.outer(dy, h[t])
        db_y += dy
        dh[t] += W_y.T @ dy
        dz = (1 - h[t] ** 2) * dh[t]
        dW_h += np.outer(dz, h[t - 1])
        dW_x += np.outer(dz, case.x[t - 1])
        db += dz
        dh[t - 1] += W_h.T @ dz
    return L, dW_h, dW_x, db, dW_y, db_y, dh


def one_sequence(case, i):
    """Sequence i of a batch. dh_T is not averaged, so B times it makes up for the division."""
    B = case.x.shape[1]
    return case._replace(
        x=case.x[:, i],
        targets=case.targets[:, i],
        h0=None if case.h0 is None else case.h0[i],
        dh_T=None if case.dh_T is None else B * case.dh_T[i],
    )


def gap(got, wanted):
    """The largest difference, relative to the largest entry of ``wanted``."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    assert got.shape == wanted.shape, f"shape {got.shape}, expected {wanted.shape}"
    size = abs(wanted).max()
    return abs(got - wanted).max() / (size if size else 1)


def assert_same(got, wanted, tolerance=1e-12):
    """Arrays, or sequences of arrays: each within ``tolerance`` of its largest entry."""
    if isinstance(got, tuple | list):
        assert len(got) == len(wanted)
        for place, (one, other) in enumerate(zip(got, wanted)):
            assert gap(one, other) <= tolerance, f"entry {place}: off by {gap(one, other):.3g}"
    else:
        assert gap(got, wanted) <= tolerance, f"off by {gap(got, wanted):.3g}"
