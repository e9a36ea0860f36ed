"""Echoes learned by four models: writes scenes/data/four.npz, notebook 16.

Usage: .venv/bin/python tools/train_four.py      (a few minutes of one core)

Repeat what came ``lag`` steps before, inputs 1 or -1, sequences of 40 steps, full gradients. Each
model has 32 numbers in its state and learns by Adam, 8 new sequences an update, 1,000 updates; the
loss is the mean squared error from step lag + 1 on. Seeds 0 to 5 give start and inputs.

error  (case, lag, step size, look, seed): mean squared error on 32 sequences of their own, from
       step lag + 1 on; 1 is that of a constant 0
share  the same: |dy_40/dx_(40-lag)| over the sum of its row, mean of those sequences
map    (case, lag, step size, 2, 40, 40): log10 of all shares of seed 0, before and after, in the
       first of those sequences
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
sys.path.insert(0, str(FOLDER))

from bptt_helpers.data import echo  # noqa: E402
from scenes.four_models import MODELS  # noqa: E402

T, SIZE, BATCH, TEST, UPDATES = 40, 32, 8, 32, 1000
CASES = {  # name: model, knob
    "tanh": ("tanh", 1.0),
    "diagonal": ("diagonal", 0.9),
    "attention": ("attention", 1.0),
    "LSTM": ("LSTM", 1.0),
}
LAGS = 5, 10, 20
RATES = (0.01,)
SEEDS = range(6)
LOOKS = 0, 3, 10, 30, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000


def sequences(rngs, lag, batch):
    """x, targets, both (T, networks, batch)."""
    drawn = [echo(rng, T, lag, batch) for rng in rngs]
    return (np.stack([pair[i][..., 0] for pair in drawn], axis=1) for i in (0, 1))


def stacked(records):
    return type(records[0])(*map(np.array, zip(*records)))


def adam(params, gradient, moments, i, rate):
    """The next params and moments; i counts from 1. Source: Kingma, Ba 2015, algorithm 1."""
    first, second = moments
    first = [0.9 * m + 0.1 * g for m, g in zip(first, gradient)]
    second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradient)]
    moved = (
        p - rate * m / (1 - 0.9**i) / (np.sqrt(v / (1 - 0.999**i)) + 1e-8)
        for p, m, v in zip(params, first, second)
    )
    return type(params)(*moved), (first, second)


def row_shares(model, params, x, t):
    """|dy_t/dx_k| over the sum over k: like x."""
    dy = np.zeros(x.shape)
    dy[t - 1] = 1
    size = abs(model.backward(params, x, model.forward(params, x), dy)[1])
    return size / size.sum(0)


def share_map(model, params, x):
    """All rows for one network and one sequence x (T,)."""
    every = np.repeat(x[:, None], len(x), axis=1)
    size = abs(model.backward(params, every, model.forward(params, every), np.eye(len(x)))[1]).T
    return size / size.sum(1, keepdims=True)


def train(case, lag, rate, seeds=SEEDS, looks=LOOKS):
    """error, share (looks, seeds) and the two maps of the first seed."""
    name, knob = CASES[case]
    model = MODELS[name]
    rngs = [np.random.default_rng([seed, lag]) for seed in seeds]
    params = stacked([model.start(rng, SIZE, knob) for rng in rngs])
    tests = [np.random.default_rng([seed, lag, 1]) for seed in seeds]
    x_test, wanted = sequences(tests, lag, TEST)
    moments, found, maps = [[np.zeros(p.shape) for p in params]] * 2, [], []
    for i in range(looks[-1] + 1):
        if i:
            x, targets = sequences(rngs, lag, BATCH)
            run = model.forward(params, x)
            dy = (run.y - targets) / (BATCH * (T - lag))
            dy[:lag] = 0
            params, moments = adam(params, model.backward(params, x, run, dy)[0], moments, i, rate)
        if i in looks:
            wrong = model.forward(params, x_test).y - wanted
            share = row_shares(model, params, x_test, T)[T - 1 - lag].mean(-1)
            found.append(((wrong[lag:] ** 2).mean((0, 2)), share))
        if i in (0, looks[-1]):
            first = type(params)(*(p[0] for p in params))
            maps.append(share_map(model, first, x_test[:, 0, 0]))
    return *np.moveaxis(found, 1, 0), maps


def main():
    shape = len(CASES), len(LAGS), len(RATES)
    error = np.full((*shape, len(LOOKS), len(SEEDS)), np.nan)
    share, pairs = error.copy(), np.full((*shape, 2, T, T), np.nan)
    axes = {"case": list(CASES), "lag": LAGS, "rate": RATES, "look": LOOKS, "seed": SEEDS}
    for k, i, j in product(*map(range, (shape[2], shape[0], shape[1]))):
        case, lag, rate = list(CASES)[i], LAGS[j], RATES[k]
        error[i, j, k], share[i, j, k], pairs[i, j, k] = train(case, lag, rate)
        print(case, lag, rate, np.median(error[i, j, k], 1).round(3), flush=True)
        with np.errstate(divide="ignore"):
            arrays = {"error": error, "share": share, "map": np.log10(pairs)}
        arrays = {name: values.astype(np.float16) for name, values in arrays.items()}
        np.savez_compressed(FOLDER / "scenes" / "data" / "four.npz", **axes, **arrays)


if __name__ == "__main__":
    main()
