"""What cuts do to a gradient, no training: writes scenes/data/cuts.npz.

Usage: .venv/bin/python tools/measure_cuts.py      (about two minutes of one core)

angle, length  (cut, gain, seed, K = 1..100): the truncated gradient for W_h beside the full one,
    in degrees, and its length over that of the full one; cut is (chunks, sliding window). The
    networks of notebook 7: 8 units, T = 100, inputs and targets normal, seeds 0 to 19.

Cutting at random with probability c at each step back, against chunks of 1/c steps. In the steady
unit the formulas below say it all. In networks it is measured: 8 units, T = 100, c = 0.05, inputs
normal with standard deviation 0.3, a second network as teacher (as notebook 12), 2000 draws.
net_bias    (net_gain, seed): |chunks of 20 - full| / |full|
net_spread  (net_gain, seed): sqrt(mean of |draw - full|^2) / |full|
net_rate    (net_gain, seed): how a long product of steps shrinks, a step: |dh_T/dh_1|^(1/(T - 1))
(net_spread / net_bias)^2 random draws, averaged, come as close to the full gradient as chunks.
"""

import numpy as np
from train_k import DATA

from bptt_helpers import (
    bptt,
    forward,
    init_params,
    log10_singular_values,
    sliding_window,
    step_jacobians,
    truncated_bptt,
)

GAINS = 0.5, 0.9, 1.2, 1.5
NET_GAINS = 0.5, 0.7, 0.8, 0.9, 1.0, 1.1
SEEDS = range(20)
T, C, DRAWS = 100, 0.05, 2000


def cut_gradients(gain, seed, Ks):
    """The gradients for W_h, full (8, 8) and cut (2, Ks, 8, 8), of notebook 7's network."""
    rng = np.random.default_rng(seed)
    params = init_params(rng, 2, 8, 1, gain=gain)
    x, targets = rng.standard_normal((T, 2)), rng.standard_normal((T, 1))
    run = forward(params, x)
    return bptt(params, run, targets).params.W_h, np.array(
        [
            [in_chunks(params, x, targets, K) for K in Ks],
            [sliding_window(params, run, targets, K).params.W_h for K in Ks],
        ]
    )


def in_chunks(params, x, targets, K):
    return sum(c.gradients.params.W_h for c in truncated_bptt(params, x, targets, K))


def beside(cut, full):
    """Angle in degrees and length of gradients (..., n, n) beside the full one (n, n)."""
    lengths = np.linalg.norm(cut, axis=(-2, -1)), np.linalg.norm(full)
    cosine = (cut * full).sum((-2, -1)) / lengths[0] / lengths[1]
    return np.degrees(np.arccos(np.clip(cosine, -1, 1))), lengths[0] / lengths[1]


def variance(r, c):
    """Variance over squared mean of the random cut, for one loss with a long past.

    The steady unit: X = 1 + B r/(1 - c) X', B = 1 with probability 1 - c, else 0. So
    E X = 1/(1 - r), and with the second moment the ratio is c r^2 / (1 - c - r^2): infinite
    unless r^2 < 1 - c, about where the memory 1/(1 - r) reaches 2/c.
    """
    left = 1 - c - r * r
    return c * r * r / left if left > 0 else np.inf


def variance_in_all(r, c, T):
    """The same for the sum over T losses with the same error, cut at the same places.

    dL/dh_k is a stationary chain whose correlation over j steps is r^j: its sum over T steps
    has (1 + r)/(1 - r) / T of the relative variance of one (T long against 1/(1 - r)).
    """
    return variance(r, c) * (1 + r) / (1 - r) / T


def missing(r, K):
    """The share of the gradient that chunks of K miss in the steady unit."""
    return r * (1 - r**K) / (K * (1 - r))


def draws(r, c, T=None):
    """Random draws whose mean is as close as chunks of 1/c: of one loss, or of T losses."""
    return (variance_in_all(r, c, T) if T else variance(r, c)) / missing(r, 1 / c) ** 2


def random_cut(params, run, targets, c, count, rng):
    """Draws of the gradient for W_h, cut at random: (count, n, n)."""
    dh, total = np.zeros((count, len(params.b))), 0
    dy = (run.y - targets) @ params.W_y  # (T, n)
    for k in range(len(run.x), 0, -1):
        dz = (dh + dy[k - 1]) * (1 - run.h[k] ** 2)
        total = total + dz[:, :, None] * run.h[k - 1]
        dh = np.where(rng.random((count, 1)) >= c, dz @ params.W_h / (1 - c), 0)
    return total


def in_network(gain, seed, count=DRAWS):
    """net_bias, net_spread, net_rate of one network."""
    rng = np.random.default_rng(seed)
    params, teacher = (init_params(rng, 2, 8, 1, gain=gain) for _ in range(2))
    run = forward(params, 0.3 * rng.standard_normal((T, 2)))
    targets = forward(teacher, run.x).y
    full, size = bptt(params, run, targets).params.W_h, np.linalg.norm
    drawn = random_cut(params, run, targets, C, count, rng)
    bias = size(in_chunks(params, run.x, targets, round(1 / C)) - full) / size(full)
    spread = np.sqrt(((drawn - full) ** 2).sum((1, 2)).mean()) / size(full)
    shrink = log10_singular_values(step_jacobians(params, run)[1:])[0, 0]
    return bias, spread, 10 ** (shrink / (T - 1))


def main():
    Ks = np.arange(1, T + 1)
    sides = [beside(*reversed(cut_gradients(g, seed, Ks))) for g in GAINS for seed in SEEDS]
    sides = np.reshape(sides, (len(GAINS), len(SEEDS), 2, 2, T))  # gain, seed, number, cut, K
    angle, length = sides.transpose(2, 3, 0, 1, 4)
    nets = np.array([[in_network(gain, seed) for seed in SEEDS] for gain in NET_GAINS])
    arrays = dict(zip(("net_bias", "net_spread", "net_rate"), np.moveaxis(nets, -1, 0)))
    np.savez_compressed(
        DATA / "cuts.npz",
        **{"gain": GAINS, "net_gain": NET_GAINS, "seed": SEEDS, "K": Ks},
        **{"angle": angle.astype(np.float16), "length": length.astype(np.float16)},
        **{name: a.astype(np.float32) for name, a in arrays.items()},
    )


if __name__ == "__main__":
    main()
