"""What the gradient's part through time is worth: writes scenes/data/past.npz for notebook 2.

Usage: .venv/bin/python tools/train_without_past.py      (about ten minutes on one core)

Each run trains four units to say the input of three steps ago, by one of three gradients.
"""

from itertools import product
from pathlib import Path

import numpy as np

from bptt_helpers import Params, bptt, forward, init_params, sgd, sliding_window

OUT = Path(__file__).resolve().parent.parent / "notebooks" / "scenes" / "data" / "past.npz"
T, LAG, BATCH = 25, 3, 16
RATES = 0.03, 0.1, 0.3  # of the loss per step; divided by T for the sum over all steps
UPDATES = 400, 2000
SEEDS = range(20)


def whole(params, run, targets):
    return bptt(params, run, targets).params


def not_through_time(params, run, targets):
    """Each loss reaches the use of W_h at its own step and no other."""
    return sliding_window(params, run, targets, K=1).params


def read_out_only(params, run, targets):
    _, _, _, dW_y, db_y = bptt(params, run, targets).params
    return Params(*map(np.zeros_like, params[:3]), dW_y, db_y)


GRADIENTS = whole, not_through_time, read_out_only


def echo(rng, batch):
    x = rng.standard_normal((T, batch, 1))
    return x, np.concatenate([np.zeros((LAG, batch, 1)), x[:-LAG]])


def explained(params, rng):
    """Per cent of the target's variance on 500 fresh sequences: saying 0 gets 0."""
    x, targets = echo(rng, 500)
    error = (forward(params, x).y - targets)[LAG:]
    return 100 * (1 - (error**2).mean() / (targets[LAG:] ** 2).mean())


def train(gradient_of, seed, rate, updates=UPDATES):
    """What is explained after each of ``updates``; the fresh sequences are other ones each time."""
    rng = np.random.default_rng(seed)
    params, found = init_params(rng, input_size=1, hidden_size=4, output_size=1), []
    for update in range(1, max(updates) + 1):
        x, targets = echo(rng, BATCH)
        params = sgd(params, gradient_of(params, forward(params, x), targets), rate / T)
        if update in updates:
            found.append(explained(params, rng))
    return found


if __name__ == "__main__":
    places = list(product(RATES, GRADIENTS, SEEDS))
    found = []
    for rate, gradient_of, seed in places:
        found.append(train(gradient_of, seed, rate))
        print(f"\r{len(found)} of {len(places)}", end="", flush=True)
    shape = len(RATES), len(GRADIENTS), len(SEEDS), len(UPDATES)
    np.savez_compressed(OUT, explained=np.reshape(found, shape).round(2))
    print(f"\nwritten to {OUT}")
