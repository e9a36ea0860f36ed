"""Where an echo begins to be learned, over lag and K - lag: writes scenes/data/k_threshold.npz.

Usage: .venv/bin/python tools/train_threshold.py      (about a minute of one core)

The recipe of ``train_echo.py`` (16 units, orthogonal start, chunks of K with the state carried, no
clipping, 16 sequences side by side), for more lags, 20 seeds (0 to 19), and at lag 8 another
step size, the budget such that step size times steps is 320. float32: read medians and counts.

accuracy       (lag, offset, W_h (trained, frozen), seed), at step size 0.02, 16,000 steps: share of
               right signs of the trained read-out on 1000 fresh steps; 0.5 is chance
readout        the same for the best linear read-out of the final states, fitted on the first half
               of those steps and tried on the second
accuracy_at_8, readout_at_8    (step size, offset, W_h (trained, frozen), seed) at lag 8
"""

from itertools import product

import numpy as np
from many_networks import Networks, forward
from train_k import DATA, best_readout, start, train

LAGS = 6, 8, 10
OFFSETS = -4, -2, -1, 0, 1  # K - lag
SEEDS = range(20)
RATES = (0.05,)
RATE, RATE_TIMES_STEPS = 0.02, 320


def case(lag, K, frozen, rate=RATE, seeds=SEEDS):
    """Shares of right signs: of the trained read-outs and of the best ones, (2, seeds)."""
    steps = round(RATE_TIMES_STEPS / rate)
    nets, x, targets = start(seeds, steps, lag, gain=1.0)
    nets = Networks(*(p.astype(np.float32) for p in nets))
    x, fresh, targets, wanted = x[:steps], x[steps:], targets[:steps], targets[steps:]
    nets, h, _ = train(nets, x, targets, K, rate, frozen, max_norm=np.inf)
    a, y = forward(nets, fresh, h)
    return (y * wanted > 0).mean((0, 2, 3)), best_readout(a[1:, ..., :16], wanted)[1]


def grid(lags, rates):
    """Both shares over lags or rates, whichever is longer: (2, lags x rates, offset, W_h, seed)."""
    found = []
    for lag, rate, offset, frozen in product(lags, rates, OFFSETS, (False, True)):
        found.append(case(lag, lag + offset, frozen, rate))
        print(lag, rate, offset, frozen, np.mean(found[-1], 1).round(3), flush=True)
    found = np.reshape(found, (-1, len(OFFSETS), 2, 2, len(SEEDS)))
    return np.moveaxis(found, 3, 0).astype(np.float16)


def main():
    lags, rates = grid(LAGS, [RATE]), grid([8], RATES)
    axes = {"lag": LAGS, "offset": OFFSETS, "rate": RATES, "seed": SEEDS}
    arrays = dict(zip(("accuracy", "readout"), lags))
    arrays |= dict(zip(("accuracy_at_8", "readout_at_8"), rates))
    np.savez_compressed(DATA / "k_threshold.npz", **axes, **arrays)


if __name__ == "__main__":
    main()
