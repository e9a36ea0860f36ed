"""Paths through time: one step's Jacobian, their products, and the sum over all (t, k).

Layout: numerator. J[i, j] = d(h_t)_i / d(h_{t-1})_j, so dh_T/dh_1 = J_T J_{T-1} ... J_2, and a
gradient, a column, goes back by the transpose: delta_{t-1} = J_t^T delta_t.
Sequences here have no batch axis.
"""

import numpy as np

from . import checks
from .backward import as_trajectory
from .losses import loss_and_dy
from .rnn import rows, tanh_prime


def _single(params, trajectory):
    params, trajectory = as_trajectory(params, trajectory)
    if trajectory.x.ndim != 2:
        raise ValueError(f"trajectory.x: expected shape (T, d), got {trajectory.x.shape}")
    return params, trajectory


@checks.quiet
def step_jacobians(params, trajectory):
    """J[t - 1] = dh_t/dh_{t-1} = diag(1 - h_t^2) W_h for t = 1..T, shape (T, n, n).

    Raises ValueError for a trajectory that does not fit ``params`` or has a batch axis.
    Source: Elman 1990. Pascanu, Mikolov, Bengio 2013, equation 5, print W^T diag(s') for a step
    x_t = W s(x_{t-1}), whose Jacobian is W diag(s'): neither that nor its transpose.
    """
    params, trajectory = _single(params, trajectory)
    return tanh_prime(trajectory.h[1:])[:, :, None] * params.W_h


@checks.quiet
def jacobian_product(J, t, k):
    """dh_t/dh_k = J_t J_{t-1} ... J_{k+1}, shape (n, n); the identity for k = t.

    J : (T, n, n) of ``step_jacobians``. Raises ValueError unless 0 <= k <= t <= T, and, with the
    step, where the product explodes; ``log10_singular_values`` never does.
    """
    J = checks.array("J", J, ("T", "n", "n"))
    t = checks.whole("t", t, 0, len(J))
    product = np.eye(J.shape[1], dtype=J.dtype)
    for step in range(t, checks.whole("k", k, 0, t), -1):
        product = product.dot(J[step - 1])
        checks.finite("dh_t/dh_k", product[None], step - 1)
    return product


def log10_singular_values(J, t=None):
    """log10 of all singular values of dh_t/dh_k for k = 0..t, largest first, shape (t + 1, n).

    The raw product keeps the largest one right; the others drown in its rounding. So it is never
    formed: (dh_t/dh_k)^T = Q diag(exp s) U, with Q orthogonal, the rows of U of length 1, and one
    QR a step. J : (T, n, n) of ``step_jacobians``. t : T if None. A direction that one step shrinks
    more than 1e15 times as much as another is lost in rounding: -inf.
    Raises ValueError unless 0 <= t <= T. Source: Bai, Lee, Li, Xu 2011 (stratification).
    """
    J = checks.array("J", J, ("T", "n", "n"), np.dtype(float))
    size = abs(J).max((1, 2), keepdims=True)
    size[size == 0] = 1
    J = J / size  # no norm of it over- or underflows
    t = len(J) if t is None else checks.whole("t", t, 0, len(J))
    Q = U = np.eye(J.shape[1])
    s = np.zeros(J.shape[1])
    found = np.zeros((t + 1, len(s)))
    with np.errstate(all="ignore"):
        for k in range(t, 0, -1):
            M = J[k - 1].T @ Q
            order = np.argsort(-s - np.log(np.linalg.norm(M, axis=0)))
            s, U = s[order], U[order]
            Q, R = np.linalg.qr(M[:, order])
            R[abs(R) < 1e-15 * abs(R).max()] = 0
            U = R * np.exp(np.triu(s - s[:, None]).clip(max=700)) @ U
            length = np.maximum(np.linalg.norm(U, axis=1), 1e-300)
            s, U = s + np.log(length) - 1e9 * (length == 1e-300), U / length[:, None]
            s += np.log(size[k - 1, 0])
            # Rows further than exp(12) from row j do not move the j-th singular value.
            order = np.argsort(-s)
            near = np.exp(np.clip(s[order] - s[order, None], -12, 12))
            sigma = np.linalg.svd(near[:, :, None] * U[order], compute_uv=False)
            sigma = np.where(sigma > 1e-10, sigma, 0).diagonal()
            found[k - 1] = (s[order] + np.log(sigma)) / np.log(10)
    return found


def dz_per_loss(params, h, dy, K):
    """For k = T..1 yield k and, in row j, dL_t/dz_k = (1 - h_k^2) * dL_t/dh_k for t = k + j, j < K.

    h (T + 1, [B,] n), dy (T, [B,] o). All losses go back together: one product a step, whatever T.
    """
    dh = rows(dy).dot(params.W_y).reshape(h[1:].shape)  # row t - 1 is dL_t/dh_t until k gets to t
    for k in range(len(dy), 0, -1):
        dz = dh[k - 1 : k - 1 + K] * tanh_prime(h[k])
        yield k, dz
        rows(dz).dot(params.W_h, out=rows(dh[k - 1 : k - 1 + K]))


def _lengths(a):
    """|row| of each row, right also where its square would over- or underflow."""
    size = abs(a).max(1, keepdims=True)
    size[size == 0] = 1
    return size[:, 0] * np.linalg.norm(a / size, axis=1)


@checks.quiet
def contributions(params, trajectory, targets, loss="squared_error"):
    """How much of dL/dW_h comes by each way: (T, T), row t - 1, column k - 1, 0 for k > t.

        | dL_t/dh_t . dh_t/dh_k . d+h_k/dW_h |   (Frobenius norm)

    d+h_k/dW_h is the immediate derivative, h_{k-1} held fixed. Arguments as for ``bptt``, without
    a batch. Raises ValueError as ``bptt`` does, and for T > 1e4. Source: Pascanu et al. 2013,
    equations 3 to 5.
    """
    params, trajectory = _single(params, trajectory)
    T = len(trajectory.x)
    checks.whole("T * T", T * T, 1, checks.MOST)
    norms = np.zeros((T, T), trajectory.h.real.dtype)
    size = _lengths(trajectory.h)  # | dz h_{k-1}^T | = |dz| |h_{k-1}|
    _, dy = loss_and_dy(trajectory.y, targets, loss)
    for k, dz in dz_per_loss(params, trajectory.h, dy, T):
        norms[k - 1 :, k - 1] = _lengths(dz) * size[k - 1]
    return checks.finite("contributions", norms, 1)


@checks.quiet
def contribution_matrices(params, trajectory, targets, loss="squared_error"):
    """The terms of the double sum: [t - 1, k - 1] = dL_t/dz_k h_{k-1}^T, shape (T, T, n, n).

    Summed over t and k they are dL/dW_h; summed over t >= k alone, the share of the use of W_h
    at step k. Memory grows like T^2 n^2, 1e8 at most. Arguments and errors as ``contributions``.
    """
    params, trajectory = _single(params, trajectory)
    T, n = len(trajectory.x), len(params.b)
    checks.whole("T * T * n * n", T * T * n * n, 1, checks.MOST)
    terms = np.zeros((T, T, n, n), trajectory.h.dtype)
    _, dy = loss_and_dy(trajectory.y, targets, loss)
    for k, dz in dz_per_loss(params, trajectory.h, dy, T):
        terms[k - 1 :, k - 1] = dz[:, :, None] * trajectory.h[k - 1]
    return checks.finite("contributions", terms, 1)
