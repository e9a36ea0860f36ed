"""Where an echo begins to be learned, over lag and K: writes notebooks/data/k_threshold.npz.

Usage: .venv/bin/python tools/train_threshold.py      (about twenty minutes of one core)

The recipe of ``train_echo.py`` (16 units, orthogonal start, chunks of K with the state carried, no
clipping, 16 sequences side by side), for more lags, 20 seeds (0 to 19), and three step sizes with
budgets such that step size times steps is the same. float32: read medians and counts.

Axes: setting (step size, steps), lag, K, W_h (trained, frozen), seed.
  accuracy  share of right signs of the trained read-out on 1000 fresh steps; 0.5 is chance
  readout   the same for the best linear read-out of the final states, fitted on the first half of
            those steps and tried on the second
"""

from itertools import product

import numpy as np
from many_networks import Networks, forward
from train_k import DATA, best_readout, start, train

SETTINGS = (0.05, 6_400), (0.02, 16_000), (0.005, 64_000)
LAGS = 4, 6, 8, 10, 12
KS = range(1, 17)
SEEDS = range(20)


def case(rate, steps, lag, K, frozen, seeds=SEEDS):
    """Shares of right signs: of the trained read-outs and of the best ones, (2, seeds)."""
    nets, x, targets = start(seeds, steps, lag, gain=1.0)
    nets = Networks(*(p.astype(np.float32) for p in nets))
    x, fresh, targets, wanted = x[:steps], x[steps:], targets[:steps], targets[steps:]
    nets, h, _ = train(nets, x, targets, K, rate, frozen, max_norm=np.inf)
    a, y = forward(nets, fresh, h)
    return (y * wanted > 0).mean((0, 2, 3)), best_readout(a[1:, ..., :16], wanted)[1]


def main():
    found = []
    for (rate, steps), lag, K, frozen in product(SETTINGS, LAGS, KS, (False, True)):
        found.append(case(rate, steps, lag, K, frozen))
        print(rate, lag, K, frozen, np.mean(found[-1], 1).round(3), flush=True)
    axes = {"setting": SETTINGS, "lag": LAGS, "K": KS, "frozen": (False, True), "seed": SEEDS}
    shape = [len(axis) for axis in axes.values()]
    accuracy, readout = np.swapaxes(found, 0, 1).reshape(2, *shape).astype(np.float16)
    np.savez_compressed(DATA / "k_threshold.npz", **axes, accuracy=accuracy, readout=readout)


if __name__ == "__main__":
    main()
