"""The recurrent network h_t = tanh(W_h h_{t-1} + W_x x_t + b), y_t = W_y h_t + b_y.

Time is the first axis: steps t = 1..T, and row 0 of ``h`` is the initial state h_0.
A batch axis B comes second and may be absent.
"""

from typing import NamedTuple

import numpy as np

from . import checks

BLOCK_ROWS = 256  # steps x batch at a time: enough for a fast product, few enough for the cache


class Params(NamedTuple):
    """The five parameters; gradients come back in the same container."""

    W_h: np.ndarray  # (n, n)  state to state
    W_x: np.ndarray  # (n, d)  input to state
    b: np.ndarray  # (n,)
    W_y: np.ndarray  # (o, n)  state to output
    b_y: np.ndarray  # (o,)


class Trajectory(NamedTuple):
    """One run: what went in, every state, what came out."""

    x: np.ndarray  # (T, [B,] d)
    h: np.ndarray  # (T + 1, [B,] n), row 0 is h_0
    y: np.ndarray  # (T, [B,] o)


@checks.quiet
def init_params(rng, input_size, hidden_size, output_size, recurrent="orthogonal", gain=1.0):
    """Random parameters: W_x and W_y with standard deviation 1/sqrt(columns), b and b_y zero.

    recurrent : ``"orthogonal"`` (gain times a Haar-random orthogonal matrix), ``"identity"``
    (gain times I; Le, Jaitly, Hinton 2015) or ``"gaussian"`` (standard deviation gain/sqrt(n)).
    rng : numpy.random.Generator, the only source of chance. Returns float64 ``Params``.
    Raises ValueError for an ``rng``, sizes, a gain or a ``recurrent`` that is none of these.
    """
    checks.generator("rng", rng)
    checks.one_of("recurrent", recurrent, ("orthogonal", "identity", "gaussian"))
    sizes = ("input_size", input_size), ("hidden_size", hidden_size), ("output_size", output_size)
    d, n, o = (checks.whole(name, size, 1) for name, size in sizes)
    checks.whole("hidden_size * the largest", n * max(n, d, o), 1, checks.MOST)
    gain = checks.number("gain", gain)
    if recurrent == "orthogonal":
        q, r = np.linalg.qr(rng.standard_normal((n, n)))
        W_h = q * np.sign(np.diag(r))  # the signs make the distribution uniform (Mezzadri 2007)
    elif recurrent == "identity":
        W_h = np.eye(n)
    else:
        W_h = rng.standard_normal((n, n)) / np.sqrt(n)
    W_x = rng.standard_normal((n, d)) / np.sqrt(d)
    W_y = rng.standard_normal((o, n)) / np.sqrt(n)
    return Params(checks.finite("gain", gain * W_h), W_x, np.zeros(n), W_y, np.zeros(o))


def as_params(params, *others, name="params"):
    """``params`` as ``Params`` whose shapes fit together, in the dtype where all arguments meet."""
    W_h, W_x, b, W_y, b_y = params = checks.record(name, params, Params)
    dtype = checks.floating(*params, *others)
    W_h = checks.array(f"{name}.W_h", W_h, ("n", "n"), dtype)
    n = len(W_h)
    W_x = checks.array(f"{name}.W_x", W_x, (n, "d"), dtype)
    b = checks.array(f"{name}.b", b, (n,), dtype)
    W_y = checks.array(f"{name}.W_y", W_y, ("o", n), dtype)
    return Params(W_h, W_x, b, W_y, checks.array(f"{name}.b_y", b_y, (len(W_y),), dtype))


def blocks(h):
    """Slices of the steps 1..T of ``h``, each small enough for the cache."""
    T = len(h) - 1
    size = max(1, BLOCK_ROWS * h.shape[-1] // h[0].size)
    return [slice(start, min(start + size, T)) for start in range(0, T, size)]


def rows(a):
    """All steps and the whole batch as rows of one matrix: one product serves them all."""
    return a.reshape(-1, a.shape[-1])


def tanh_prime(h, out=None):
    """1 - h^2, the slope of tanh where it gave ``h``. ValueError unless |h| <= 1."""
    out = np.square(h, out=out)
    flat = np.subtract(1, out, out=out).ravel()
    if h.dtype.kind == "f" and flat[(least := flat.argmin())] < 0:  # .min() takes ten times as long
        raise ValueError(f"trajectory.h: expected |h_t| <= 1 for t >= 1, got {h.ravel()[least]}")
    return out


@checks.quiet
def forward(params, x, h0=None):
    """Run the network over a sequence and keep every state.

        h_t = tanh(W_h h_{t-1} + W_x x_t + b),   y_t = W_y h_t + b_y,   t = 1..T

    params : Params. x : (T, d) or (T, B, d). h0 : (n,) or (B, n), zeros if None.
    len(x) must be the number of steps: x.swapaxes(0, 1) if the batch comes first, which no check
    can tell. Returns Trajectory(a copy of x, h (T + 1, [B,] n), y (T, [B,] o)). float32 stays,
    float16 becomes float32, integers float64; complex is carried through for the complex step.
    Raises ValueError, naming the argument, for shapes that do not fit, T = 0, NaN or infinity.
    Source: Elman 1990; Goodfellow, Bengio, Courville 2016, equations 10.8 to 10.10.
    """
    W_h, W_x, b, W_y, b_y = as_params(params, x, h0)
    dtype = W_h.dtype
    x = checks.array("x", x, ("T", "[B]", W_x.shape[1]), dtype)
    T, *batch = x.shape[:-1]
    # The trajectory's own x beside h, in one piece: two large ones are new memory at every call.
    memory = np.empty(x.size + (T + 1) * x[0, ..., 0].size * len(b), dtype)
    own_x, h = memory[: x.size].reshape(x.shape), memory[x.size :].reshape(T + 1, *batch, len(b))
    h[0] = 0 if h0 is None else checks.array("h0", h0, h.shape[1:], dtype)
    y = np.empty((T, *batch, len(b_y)), dtype)

    W_hT, z, tanh = np.ascontiguousarray(W_h.T), np.empty_like(h[0]), np.tanh
    for steps in blocks(h):
        states = h[steps.start : steps.stop + 1]
        own_x[steps] = x[steps]
        rows(own_x[steps]).dot(W_x.T, out=rows(states[1:]))  # all that does not need h_{t-1}
        states[1:] += b
        h_prev = states[0]
        for h_t in states[1:]:
            h_prev.dot(W_hT, z)  # into z, and the next line but one into h_t
            z += h_t
            h_prev = tanh(z, h_t)
        rows(states[1:]).dot(W_y.T, out=rows(y[steps]))
        y[steps] += b_y
    return Trajectory(own_x, h, checks.finite("y", y, 1))
