"""First-bit recall from five starts: writes notebooks/data/recall.npz for notebook 11.

Usage: .venv/bin/python tools/train_recall.py      (about ten minutes on one core)

Each run trains a network of 24 units to name, T steps later, the bit that it saw at step 1.
"""

import time
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bptt_helpers import (
    bptt,
    clip,
    forward,
    init_params,
    log10_singular_values,
    sgd,
    step_jacobians,
)

OUT = Path(__file__).resolve().parent.parent / "notebooks" / "data" / "recall.npz"
SIZE, BATCH = 24, 32
MAX_NORM = 1.0  # longer gradients are clipped to it
STARTS = ("0.01 randn", "gaussian", "0.9 I", "identity", "orthogonal")
LENGTHS = (5, 10, 20, 50, 100, 200)
SETTINGS = {  # noise, optimizer, its rate, at most so many updates
    "no noise": (0.0, "sgd", 0.05, 600),
    "noise 0.1": (0.1, "sgd", 0.05, 600),
    "noise 0.3": (0.3, "sgd", 0.05, 600),
    "noise 0.1, Adam": (0.1, "adam", 0.003, 600),
    "noise 0.1, rate 0.01": (0.1, "sgd", 0.01, 600),
}
SEEDS = range(5)
PATIENT = ("0.01 randn", 20), (0.1, "adam", 0.003, 10_000)  # one more case, where patience pays


class Run(NamedTuple):
    """What one training run leaves behind."""

    before: float  # log10 |dh_T/dh_1| at the start: median over four sequences
    after: float  # the same with the trained weights
    recalled: float  # share of 512 fresh bits named rightly after training
    updates: float  # until 50 batches in a row were right, the most allowed if that never came


def recall(rng, T, noise, batch=BATCH):
    """x (T, batch, 1): a bit of +1 or -1 at step 1, then noise; and the bit (batch, 1)."""
    x = noise * rng.standard_normal((T, batch, 1))
    x[0] = rng.choice([-1.0, 1.0], (batch, 1))
    return x, x[0].copy()


def start(rng, kind):
    """Params whose W_h is of the named kind; all else is the same for every kind."""
    params = init_params(rng, 1, SIZE, 1, "gaussian")
    if kind == "0.01 randn":
        return params._replace(W_h=0.01 * np.sqrt(SIZE) * params.W_h)
    if kind == "orthogonal":
        return params._replace(W_h=init_params(rng, 1, SIZE, 1).W_h)
    gain = {"0.9 I": 0.9, "identity": 1.0}.get(kind)
    return params if gain is None else params._replace(W_h=gain * np.eye(SIZE))


def backward(params, x, bit):
    """One pass forward and back; the only loss is at the last step. Returns (y_T, gradient)."""
    trajectory = forward(params, x)
    targets = trajectory.y.copy()  # a target that the network hits has no loss
    targets[-1] = bit
    return trajectory.y[-1], bptt(params, trajectory, targets, keep_h=False).params


def log10_norm(params, x):
    """log10 of the largest singular value of dh_T/dh_1: the median over the first four of x."""
    found = []
    for i in range(4):
        J = step_jacobians(params, forward(params, x[:, i]))
        found.append(log10_singular_values(J[1:])[0, 0])
    return float(np.median(found))


def clipped_sgd(params, gradient, rate, memory):
    """One step of gradient descent, the gradient clipped."""
    return sgd(params, clip(gradient, MAX_NORM), rate), memory


def adam(params, gradient, rate, memory):
    """One step of Adam (Kingma, Ba 2015): each entry is divided by its own usual size."""
    t, m, v = memory or (0, *[[np.zeros_like(p) for p in params]] * 2)
    m = [0.9 * a + 0.1 * g for a, g in zip(m, gradient)]
    v = [0.999 * a + 0.001 * g * g for a, g in zip(v, gradient)]
    t += 1
    step = [a / (1 - 0.9**t) / (np.sqrt(b / (1 - 0.999**t)) + 1e-8) for a, b in zip(m, v)]
    return sgd(params, step, rate), (t, m, v)


def train(kind, T, seed, noise, optimizer="sgd", rate=0.05, updates=600):
    """One run from start to test; returns its Run and the share of right answers per update."""
    rng = np.random.default_rng([seed, T])
    params, memory = start(rng, kind), None
    step = {"sgd": clipped_sgd, "adam": adam}[optimizer]
    test, bits = recall(rng, T, noise, 512)
    before, right = log10_norm(params, test), []
    while len(right) < updates and not (len(right) >= 50 and min(right[-50:]) == 1):
        x, bit = recall(rng, T, noise)
        y, gradient = backward(params, x, bit)
        right.append(np.mean((y > 0) == (bit > 0)))
        params, memory = step(params, gradient, rate, memory)
    recalled = np.mean((forward(params, test).y[-1] > 0) == (bits > 0))
    return Run(before, log10_norm(params, test), float(recalled), len(right)), right


def one(case):
    """The Run of a case (kind, T, seed, *setting), and the seconds that it took."""
    began = time.process_time()
    return train(*case)[0], time.process_time() - began


def main():
    grid = [(k, T, s, *v) for v, T, k, s in product(SETTINGS.values(), LENGTHS, STARTS, SEEDS)]
    patient = [(*PATIENT[0], seed, *PATIENT[1]) for seed in SEEDS]
    runs, seconds = [], 0.0
    with ProcessPoolExecutor() as pool:
        for case, (run, took) in zip(grid + patient, pool.map(one, grid + patient)):
            runs.append(run)
            seconds += took
            print(*case, *(f"{value:.4g}" for value in run), flush=True)
    shape = len(SETTINGS), len(LENGTHS), len(STARTS), len(SEEDS)
    arrays = {"patient": np.array(runs[len(grid) :], np.float32)}
    for name, values in zip(Run._fields, np.array(runs[: len(grid)], np.float32).T):
        arrays[name] = values.reshape(shape)
    OUT.parent.mkdir(exist_ok=True)
    np.savez_compressed(OUT, **arrays)
    print(f"{OUT.name}: {OUT.stat().st_size} bytes, {seconds:.0f} s of one core")


if __name__ == "__main__":
    main()
