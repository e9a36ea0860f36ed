"""What K does to learning, on an echo: writes scenes/data/k_echo.npz.

Usage: .venv/bin/python tools/train_k.py      (about 17 minutes of one core)

Repeat what came ``lag`` steps before. 16 units, W_h orthogonal times 0.9, 16 sequences side by
side, truncated BPTT in chunks of K, plain gradient descent on the sum of the losses of a chunk,
gradients longer than 1 scaled down to 1. Seeds 0 to 19 give start and inputs; a seed has the same
ones in every case. 30,000 steps, so 30,000 / K updates. float32: a single run is touchy, its last
digits differ between processors; medians and counts are what to read.

Axes of every array: lag, K, step size, W_h (trained, frozen), state (carried, reset), and then
  curve    (30 points, 3) quartiles over the seeds of the squared error, 1 = nothing learned, on
           inputs that the network has not seen yet, averaged from the point before to this one
  error    (seeds,) the last point of each seed's curve
  readout  (seeds,) error of the best linear read-out of the final states: what is still in them
``steps`` holds the 30 points, in steps of the sequence; ``steps / K`` are updates. Where the state
is reset, every chunk starts from 0, in training and where the error is taken.
"""

from itertools import product
from pathlib import Path

import numpy as np
from many_networks import backward, clipped_sgd, forward, products, stack

from bptt_helpers import chunks, init_params
from bptt_helpers.data import echo

DATA = Path(__file__).resolve().parent.parent / "notebooks" / "scenes" / "data"
LAGS = 3, 5, 8
KS = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 50
RATES = 0.01, 0.03, 0.1, 0.3
SEEDS = range(20)
STEPS, TEST, BATCH = 30_000, 1000, 16
EDGES = np.unique(np.geomspace(20, STEPS, 31).astype(int))


def start(seeds, steps, lag, copies=1, gain=0.9):
    """Networks (``copies`` times all seeds), inputs and targets (steps + TEST, N, BATCH, 1)."""
    params, data = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        params.append(init_params(rng, 1, 16, 1, gain=gain))
        data.append(np.array(echo(rng, steps + TEST, lag, BATCH), np.int8))
    x, targets = np.tile(np.stack(data, 2), (1, 1, copies, 1, 1))
    return stack(params * copies), x, targets


def train(nets, x, targets, K, rate, frozen=False, carry=True, max_norm=1.0):
    """Truncated BPTT over x: returns the networks, the last state, squared errors (steps, N)."""
    h, errors = None, np.empty(x.shape[:2])
    for part in chunks(len(x), K):
        a, y = forward(nets, x[part], h)
        off = y - targets[part]
        errors[part] = (off * off).mean((2, 3))
        gradients = backward(nets, a, off / x.shape[2])
        nets = clipped_sgd(nets, gradients, rate, max_norm, frozen)
        h = a[-1, ..., : nets.W.shape[1]] if carry else None
    return nets, h, errors


def states(nets, h, x, K, carry):
    """Every state on the way through x, (T, N, B, n), in chunks of K as in training."""
    n, found = nets.W.shape[1], []
    for part in chunks(len(x), len(x) if carry else K):
        found.append(forward(nets, x[part], h)[0][1:, ..., :n])
    return np.concatenate(found)


def best_readout(h, targets):
    """Each network's best linear read-out, fitted on the first half of the steps.

    On the second half: its squared error and its share of right signs, both (N,).
    """
    h = np.concatenate([h, np.ones_like(h[..., :1])], -1).astype(float)
    half, targets = len(h) // 2, targets.astype(float)
    square = products(h[:half], h[:half]) + 1e-6 * np.eye(h.shape[-1])  # never singular
    w = np.linalg.solve(square, products(h[:half], targets[:half]))
    y = h[half:] @ w
    off = y - targets[half:]
    return (off * off).mean((0, 2, 3)), (y * targets[half:] > 0).mean((0, 2, 3))


def case(lag, K, frozen, carry, seeds=SEEDS, rates=RATES, steps=STEPS, edges=EDGES):
    """All rates and seeds of one case: curves (rate, seed, point) and read-outs (rate, seed)."""
    nets, x, targets = start(seeds, steps, lag, len(rates))
    nets = type(nets)(*(p.astype(np.float32) for p in nets))
    rate = np.repeat(rates, len(seeds))
    nets, h, errors = train(nets, x[:steps], targets[:steps], K, rate, frozen, carry)
    curves = [errors[i:j].mean(0) for i, j in zip(edges, edges[1:])]
    fresh = states(nets, h, x[steps:], K, carry)
    readout, _ = best_readout(fresh, targets[steps:])
    return (
        np.reshape(curves, (-1, len(rates), len(seeds))).transpose(1, 2, 0),
        readout.reshape(len(rates), len(seeds)),
    )


def main():
    places = list(product(LAGS, KS, (False, True), (True, False)))
    curves, readouts = [], []
    for i, place in enumerate(places):
        curve, readout = case(*place)
        curves.append(curve)
        readouts.append(readout)
        print(f"{i + 1} of {len(places)}", *place, curve[..., -1].mean(1).round(3), flush=True)
    shape = len(LAGS), len(KS), 2, 2, len(RATES)
    curves = np.reshape(curves, (*shape, len(SEEDS), -1))
    readouts = np.reshape(readouts, (*shape, -1))
    quartiles = np.moveaxis(np.percentile(curves, (25, 50, 75), axis=-2), 0, -1)
    arrays = {"curve": quartiles, "error": curves[..., -1], "readout": readouts}
    arrays = {k: np.moveaxis(v, 4, 2).astype(np.float16) for k, v in arrays.items()}
    axes = {"lag": LAGS, "K": KS, "rate": RATES, "steps": EDGES[1:], "seed": SEEDS}
    np.savez_compressed(DATA / "k_echo.npz", **axes, **arrays)


if __name__ == "__main__":
    main()
