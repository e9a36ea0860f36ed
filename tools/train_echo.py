"""Echoes learned by truncated BPTT, for many K: writes scenes/data/echo.npz for notebook 12.

Usage: .venv/bin/python tools/train_echo.py      (about ten minutes of one core)

Repeat what came ``lag`` steps before, inputs 1 or -1. 16 units, orthogonal W_h, 16 sequences side
by side, chunks of K with the state carried, plain gradient descent on the sum of the losses of a
chunk, nothing clipped. Seeds 0 to 19 give start and inputs, the same ones in every case. Step size
times steps is 320: 16,000 steps at 0.02. float32: a single run is touchy, read medians and counts.

accuracy   (lag, step size, K, W_h (trained, frozen), seed): share of right signs of the trained
           read-out on 1000 fresh steps; 0.5 is chance, 0 a network that blew up
readout    the same for the best linear read-out of the final states, fitted on the first half of
           those steps and tried on the second: what is still in the states
"""

from itertools import product

import numpy as np
from many_networks import Networks, forward
from train_k import DATA, best_readout, start, train

LAGS = 4, 8, 12
KS = range(1, 17)
RATES = 0.01, 0.02, 0.05
SEEDS = range(20)
RATE_TIMES_STEPS = 320


def case(lag, rate, K, frozen, seeds=SEEDS, steps=None):
    """Shares of right signs: of the trained read-outs and of the best ones, (2, seeds)."""
    steps = steps or round(RATE_TIMES_STEPS / rate)
    nets, x, targets = start(seeds, steps, lag, gain=1.0)
    nets = Networks(*(p.astype(np.float32) for p in nets))
    nets, h, _ = train(nets, x[:steps], targets[:steps], K, rate, frozen, max_norm=np.inf)
    a, y = forward(nets, x[steps:], h)
    right = (y * targets[steps:] > 0).mean((0, 2, 3))
    return right, best_readout(a[1:, ..., :16], targets[steps:])[1]


def main():
    found = []
    for place in product(LAGS, RATES, KS, (False, True)):
        found.append(case(*place))
        print(*place, np.mean(found[-1], 1).round(3), flush=True)
    accuracy, readout = np.moveaxis(found, 1, 0).reshape(
        2, len(LAGS), len(RATES), len(KS), 2, len(SEEDS)
    )
    np.savez_compressed(
        DATA / "echo.npz",
        **{"lag": LAGS, "rate": RATES, "K": KS, "seed": SEEDS},
        **{"accuracy": accuracy.astype(np.float16), "readout": readout.astype(np.float16)},
    )


if __name__ == "__main__":
    main()
