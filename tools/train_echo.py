"""Echoes learned by truncated BPTT, for many K: writes notebooks/data/echo.npz for notebook 10.

Usage: .venv/bin/python tools/train_echo.py      (about ten minutes of two cores)
"""

from multiprocessing import Pool
from pathlib import Path

import numpy as np

from bptt_helpers import bptt, chunks, forward, init_params, sgd
from bptt_helpers.data import echo

OUT = Path(__file__).resolve().parent.parent / "notebooks" / "data" / "echo.npz"
LAGS = 4, 8, 12
KS = range(1, 17)
SEEDS = range(8)


def train(seed, lag, K, frozen=False, steps=16_000):
    """Train 16 units on an echo, W_h too or (frozen) all but W_h; returns the shares of right signs

    on 1000 fresh steps: by the trained read-out, and by the best linear one (least squares).
    """
    rng = np.random.default_rng(seed)
    params, h = init_params(rng, input_size=1, hidden_size=16, output_size=1), None
    x, targets = echo(rng, steps + 1000, lag, batch=16)
    for part in chunks(steps, K):
        run = forward(params, x[part], h)
        gradient = bptt(params, run, targets[part], keep_h=False).params
        if frozen:
            gradient = gradient._replace(W_h=0 * params.W_h)
        params, h = sgd(params, gradient, rate=0.02), run.h[-1]
    run, wanted = forward(params, x[steps:], h), targets[steps:]
    return np.mean(np.sign(run.y) == wanted), best_readout(run.h[1:], wanted)


def best_readout(h, wanted):
    """The share of right signs, on the second half, of the linear read-out fitted on the first."""
    states = np.concatenate([h, np.ones_like(h[..., :1])], -1)
    half = len(h) // 2
    fit = np.linalg.lstsq(np.concatenate(states[:half]), np.concatenate(wanted[:half]), rcond=None)
    return np.mean(np.sign(states[half:] @ fit[0]) == wanted[half:])


def job(place):
    lag, K, frozen, seed = place
    return train(seed, lag, K, frozen)


if __name__ == "__main__":
    places = [
        (L, K, frozen, s) for L in LAGS for K in KS for frozen in (False, True) for s in SEEDS
    ]
    with Pool() as pool:
        found = []
        for result in pool.imap(job, places):
            found.append(result)
            print(f"\r{len(found)} of {len(places)}", end="", flush=True)
    shape = len(LAGS), len(KS), 2, len(SEEDS)
    trained, best = np.array(found).T.reshape(2, *shape).round(4)
    np.savez_compressed(OUT, lags=LAGS, K=list(KS), accuracy=trained, best_readout=best)
    print(f"\nwrote {OUT.name}: [lag, K, (trained, frozen), seed]")
