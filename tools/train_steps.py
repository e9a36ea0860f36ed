"""How many steps back, after how many updates? Writes scenes/data/steps_back.npz.

Usage: .venv/bin/python tools/train_steps.py      (about two minutes of one core)

First-bit recall: a sign at step 1, then noise of 0.1; the one loss, at step T, asks for the sign.
16 units, W_h orthogonal times ``gain``, W_x normal with standard deviation 1/2, full BPTT over
batches of 8, plain gradient descent, gradients longer than 1 scaled down to 1.

share  (gain, T, step size, updates, seed): share of signs named rightly on 500 fresh sequences
       after so many updates; 0.5 is chance. The seeds are 0 to 19.
share_100  (step size, updates, seed): the same at gain 1, T = 100
"""

from itertools import product

import numpy as np
from many_networks import backward, clipped_sgd, forward, stack
from train_k import DATA

from bptt_helpers import init_params

GAINS = 0.72, 0.9, 1.0
TS = 10, 20, 30, 50
RATES = 0.01, 0.03, 0.1, 0.3
UPDATES = 10, 20, 30, 50, 70, 100, 140, 200, 300, 500, 700, 1000
SEEDS = range(20)


def start(rng, gain):
    """One network's Params."""
    params = init_params(rng, 1, 16, 1, gain=gain)
    return params._replace(W_x=rng.standard_normal((16, 1)) / 2)


def bits(rngs, T, batch):
    """A sign at step 1, then noise: (T, networks, batch, 1), one generator for each network."""
    found = []
    for rng in rngs:
        x = 0.1 * rng.standard_normal((T, batch, 1))
        x[0] = rng.choice([-1.0, 1.0], (batch, 1))
        found.append(x)
    return np.stack(found, 1)


def shares(gain, T, rates=RATES, updates=UPDATES, seeds=SEEDS):
    """Share of right signs after so many updates: (rates, updates, seeds)."""
    rngs = [np.random.default_rng(seed) for seed in seeds]
    nets = stack([start(rng, gain) for rng in rngs] * len(rates))  # all rates share a start ...
    test = bits([np.random.default_rng([seed, 1]) for seed in seeds], T, 500)
    test = np.tile(test, (1, len(rates), 1, 1))
    rate, found = np.repeat(rates, len(seeds)), []
    for update in range(1, max(updates) + 1):
        x = np.tile(bits(rngs, T, 8), (1, len(rates), 1, 1))  # ... and every batch
        a, y = forward(nets, x)
        dy = np.zeros_like(y)
        dy[-1] = (y[-1] - x[0]) / 8
        nets = clipped_sgd(nets, backward(nets, a, dy), rate, 1.0)
        if update in updates:
            found.append((forward(nets, test)[1][-1] * test[0] > 0).mean((1, 2)))
    return np.reshape(found, (-1, len(rates), len(seeds))).swapaxes(0, 1)


def main():
    found = []
    for gain, T in product(GAINS, TS):
        found.append(shares(gain, T))
        print(gain, T, (found[-1][:, [5, 11]] > 0.9).sum(-1).tolist(), flush=True)
    axes = {"gain": GAINS, "T": TS, "rate": RATES, "updates": UPDATES, "seed": SEEDS}
    share = np.reshape(found, [len(axis) for axis in axes.values()]).astype(np.float16)
    share_100 = shares(1.0, 100).astype(np.float16)
    np.savez_compressed(DATA / "steps_back.npz", **axes, share=share, share_100=share_100)


if __name__ == "__main__":
    main()
