"""Memory on a real recording, carried or not: writes scenes/data/k_eeg.npz.

Usage: .venv/bin/python tools/train_eeg.py      (about two minutes of one core)

Predict the change to the next of 800 EEG samples (4 channels), 16 units, trained on the first 600
as 20 stretches of 30 steps side by side, tested on the last 199. W_h orthogonal times 0.5; plain
gradient descent, one update a chunk of K, the step size falling to 0 over the passes. Errors are
ratios: 1 is the error of "the next sample is the same as the last". Seeds 0 to 19.

Axes: ``trained`` and ``tested`` say what happens to the state between chunks: (carried, reset).
K = 1, both reset, is a network without memory. At K = 30 a stretch is one chunk.
  error  (passes, step size, K, trained, tested, seed): at the end
  curve  (K, trained, tested, seed, 21): at 100 passes and step size 0.05, every 5 passes
  frozen (passes, step size, K, seed): carried in both, W_h left as it was drawn
  linear (10,): least squares on the last 1, 2, ..., 10 samples, on the same test
"""

from itertools import product

import numpy as np
from many_networks import backward, clipped_sgd, forward, stack
from train_k import DATA

from bptt_helpers import chunks, init_params
from bptt_helpers.data import eeg

PASSES = 100, 400
RATES = 0.02, 0.05, 0.1
KS = 1, 2, 3, 5, 10, 30
SEEDS = range(20)
FIRST_TEST = 600  # sample; 40 more before it warm a carried state up

SAMPLES = eeg()
CHANGE = np.diff(SAMPLES, axis=0)


def start(seed):
    """One network's Params: a small read-out and small inputs to the state."""
    params = init_params(np.random.default_rng(seed), 4, 16, 4, gain=0.5)
    return params._replace(W_x=params.W_x / 4, W_y=params.W_y / 10)


def stretches(a):
    """The first 600 samples as (30, 1, 20, 4): time, one for all networks, batch, channel."""
    return a[:600].reshape(20, 30, 4).swapaxes(0, 1)[:, None]


def ratio(predicted):
    """The test error of a prediction (199, ..., 4) over that of "no change": (...)."""
    truth = CHANGE[FIRST_TEST:].reshape(-1, *[1] * (predicted.ndim - 2), 4)
    return ((predicted - truth) ** 2).mean((0, -1)) / (truth**2).mean()


def linear(p):
    """The test error of least squares on the last p samples."""
    past = [SAMPLES[p - 1 - j : 799 - j] for j in range(p)]
    rows = np.column_stack([*past, np.ones(800 - p)])
    train = FIRST_TEST - (p - 1)
    A = np.linalg.lstsq(rows[:train], CHANGE[p - 1 :][:train])[0]
    return float(ratio(rows[train:] @ A))


def test_errors(nets, K):
    """Each network's test error with the state carried, and reset at every chunk of K: (2, N)."""
    x = np.broadcast_to(SAMPLES[:799, None, None], (799, len(nets.W), 1, 4))
    carried = forward(nets, x[FIRST_TEST - 40 :])[1][40:]
    parts = chunks(799 - FIRST_TEST, K)
    reset = np.concatenate([forward(nets, x[FIRST_TEST:][part])[1] for part in parts])
    return np.array([ratio(y[:, :, 0]) for y in (carried, reset)])


def train(K, carry, passes, rates=RATES, seeds=SEEDS, frozen=False):
    """Test errors every twentieth of the passes: (21, 2, rates, seeds)."""
    nets = stack([start(seed) for seed in seeds] * len(rates))
    rate, found = np.repeat(rates, len(seeds)), []
    x, wanted = (
        np.broadcast_to(a, (30, len(nets.W), 20, 4)) for a in map(stretches, (SAMPLES, CHANGE))
    )
    for done in range(passes + 1):
        if done % (passes // 20) == 0:
            found.append(test_errors(nets, K))
        h = None
        for part in chunks(30, K):
            a, y = forward(nets, x[part], h)
            gradients = backward(nets, a, (y - wanted[part]) / 20)
            nets = clipped_sgd(nets, gradients, rate * (1 - done / passes), np.inf, frozen)
            h = a[-1, ..., :16] if carry else None
    return np.reshape(found, (-1, 2, len(rates), len(seeds)))


def main():
    cases = list(product(PASSES, KS, (True, False)))
    found = []
    for passes, K, carry in cases:
        found.append(train(K, carry, passes))
        print(passes, K, carry, found[-1][-1].mean(-1).round(3).tolist(), flush=True)
    frozen = [[train(K, True, p, frozen=True)[-1, 0] for K in KS] for p in PASSES]
    found = np.reshape(found, (2, len(KS), 2, *found[0].shape))
    # found: passes, K, trained, time, tested, rate, seed
    error = found[:, :, :, -1].transpose(0, 4, 1, 2, 3, 5)
    curve = found[0, ..., RATES.index(0.05), :].transpose(0, 1, 3, 4, 2)
    arrays = {"error": error, "curve": curve, "frozen": np.swapaxes(frozen, 1, 2)}
    arrays = {name: a.astype(np.float32) for name, a in arrays.items()}
    axes = {"passes": PASSES, "rate": RATES, "K": KS, "seed": SEEDS}
    rivals = [linear(p) for p in range(1, 11)]
    np.savez_compressed(DATA / "k_eeg.npz", **axes, **arrays, linear=rivals)


if __name__ == "__main__":
    main()
