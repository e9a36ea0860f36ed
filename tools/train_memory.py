"""One bit over T steps, under many conditions: writes scenes/data/memory.npz for notebook 13.

Usage: .venv/bin/python tools/train_memory.py [grid] [curves] [ladder]    (all parts if none)

Each network (24 units) is to name, at step T, the bit that it saw at step 1. All networks of one
condition, one a seed (100 to 119), are trained at once: every start, length, noise, rule and step
size below, at most 600 updates (curves: 1,000 or 5,000). About 15 minutes on one core.
"""

import sys
import time
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bptt_helpers import init_params

OUT = Path(__file__).resolve().parent.parent / "notebooks" / "scenes" / "data" / "memory.npz"
SIZE, BATCH, TEST = 24, 32, 256  # units; sequences an update, and at the end
MAX_NORM, MARGIN = 1.0, 0.1  # where sgd clips; an answer nearer to 0 than that is none
STARTS = "tiny", "uniform", "gaussian", "0.9 I", "identity", "orthogonal"
LENGTHS = 5, 10, 20, 50, 100
NOISES = 0.0, 0.1
RULES = (  # how the weights move, and its step size
    *(("sgd", rate) for rate in (0.01, 0.03, 0.1, 0.3, 1.0)),
    *(("adam", rate) for rate in (0.001, 0.003, 0.01)),
)
SEEDS = range(100, 120)
UPDATES = 600  # at most; a network stops earlier, once PATIENCE batches in a row were right
PATIENCE = 50
CURVES = {  # followed to the end: start, T, noise, rule, labels, updates
    "bit": ("tiny", 20, 0.1, ("adam", 0.003), "bit", 5000),
    "random labels": ("tiny", 20, 0.1, ("adam", 0.003), "random", 5000),
    "plain descent": ("tiny", 20, 0.1, ("sgd", 0.3), "bit", 5000),
    "no noise": ("tiny", 20, 0.0, ("adam", 0.003), "bit", 1000),
    "no noise, random labels": ("tiny", 20, 0.0, ("adam", 0.003), "random", 1000),
    "no noise, balanced": ("tiny", 20, 0.0, ("adam", 0.003), "balanced", 1000),
    "no noise, balanced, no eps": ("tiny", 20, 0.0, ("adam without eps", 0.003), "balanced", 1000),
    "no noise, plain descent": ("tiny", 20, 0.0, ("sgd", 0.3), "bit", 1000),
    "0.9 I": ("0.9 I", 100, 0.1, ("adam", 0.003), "bit", 1000),
    "0.9 I, no noise": ("0.9 I", 100, 0.0, ("adam", 0.003), "bit", 1000),
}
LOOKS = 50  # of each curve, evenly spaced, and one before the first update
LADDER = ("tiny", 20), ("0.9 I", 100)  # the same start and rule, with more and more noise
LEVELS = 0.0, 0.001, 0.003, 0.01, 0.03, 0.1


class Learned(NamedTuple):
    """What training leaves behind, one entry a seed."""

    recalled: np.ndarray  # share of fresh bits named rightly at the end
    updates: np.ndarray  # made until PATIENCE batches in a row were right, -1 if that never came
    after: np.ndarray  # log10 |dh_T/dh_1| at the end
    right: np.ndarray  # (looks, seeds) share of right answers since the last look
    size: np.ndarray  # (looks, seeds) log10 |dh_T/dh_1| at each look


def start(kind, seed):
    """(n + 1, n + 2): the rows [W_h, W_x, b] of the units, and below them [W_y, 0, b_y].

    Only W_h depends on ``kind``, and nothing on T.
    """
    rng, n = np.random.default_rng(seed), SIZE
    W_h, W_x, b, W_y, b_y = init_params(rng, 1, n, 1, "gaussian")
    if kind == "tiny":  # standard deviation 0.01
        W_h = 0.01 * np.sqrt(n) * W_h
    elif kind == "uniform":  # between -1/sqrt(n) and 1/sqrt(n)
        W_h = rng.uniform(-1, 1, (n, n)) / np.sqrt(n)
    elif kind == "orthogonal":
        W_h = np.linalg.svd(W_h)[0] @ np.linalg.svd(W_h)[2]
    elif kind in ("0.9 I", "identity"):
        W_h = {"0.9 I": 0.9, "identity": 1.0}[kind] * np.eye(n)
    elif kind != "gaussian":
        raise ValueError(f"kind: expected one of {', '.join(STARTS)}, got {kind!r}")
    P = np.zeros((n + 1, n + 2))
    P[:n, :n], P[:n, n:-1], P[:n, -1], P[n:, :n], P[n, -1] = W_h, W_x, b, W_y, b_y[0]
    return P


def recall(rng, T, noise, batch=BATCH):
    """x (T, batch), a bit at step 1 and then noise; the bit (batch,); the weight of each sequence.

    Without noise only two sequences are possible: then just these, weighted by how often they came.
    """
    bit = 2.0 * rng.integers(0, 2, batch) - 1
    if noise:
        x = np.vstack([bit, noise * rng.standard_normal((T - 1, batch))])
        return x, bit, np.full(batch, 1 / batch)
    share, two = np.mean(bit > 0), np.array([1.0, -1.0])
    return np.vstack([two, np.zeros((T - 1, 2))]), two, np.array([share, 1 - share])


def run(P, x):
    """Run the networks P (N, n + 1, n + 2) on x (N, T, B): A (N, T + 1, B, n + 2).

    A[:, t] = [h_t, x_{t+1}, 1], all that step t + 1 reads: h_{t+1} = tanh([W_h, W_x, b] A[:, t]).
    """
    N, T, B = x.shape
    n = P.shape[2] - 2
    A = np.ones((N, T + 1, B, n + 2), P.dtype)
    A[:, 0, :, :n], A[:, :T, :, n], A[:, T, :, n] = 0, x, 0
    W = np.ascontiguousarray(P[:, :n].swapaxes(1, 2))
    for t in range(T):
        np.tanh(A[:, t] @ W, out=A[:, t + 1, :, :n])
    return A


def answers(P, A):
    """y_T = W_y h_T + b_y, shape (N, B)."""
    return np.einsum("nbj,nj->nb", A[:, -1], P[:, -1])


def backward(P, A, dy):
    """dL/dP where only the last step has a loss: dy (N, B) is dL/dy_T, each sequence weighted."""
    N, _, B, m = A.shape
    n = m - 2
    W_h = np.ascontiguousarray(P[:, :n, :n])
    dh, dz = dy[..., None] * P[:, -1:, :n], 1 - np.square(A[:, 1:, :, :n])
    for t in reversed(range(dz.shape[1])):
        dz[:, t] *= dh
        dh = dz[:, t] @ W_h
    G = np.empty_like(P)
    G[:, :n] = dz.reshape(N, -1, n).swapaxes(1, 2) @ A[:, :-1].reshape(N, -1, m)
    G[:, n] = np.einsum("nb,nbj->nj", dy, A[:, -1])
    return G


def log10_jacobian(P, A, sequences=4):
    """log10 of the largest singular value of dh_T/dh_1: the median over the first sequences."""
    n, A = P.shape[2] - 2, A[:, :, :sequences]
    W_h, log = P[:, None, :n, :n], np.zeros((len(A), A.shape[2]))
    product = np.broadcast_to(np.eye(n), (*log.shape, n, n))
    for t in range(2, A.shape[1]):
        product = (1 - A[:, t, :, :n, None] ** 2) * (W_h @ product)
        size = np.maximum(np.abs(product).max((2, 3)), 1e-300)
        product, log = product / size[..., None, None], log + np.log10(size)
    return np.median(log + np.log10(np.linalg.norm(product, 2, axis=(2, 3))), axis=1)


def sgd(G, rate, memory):
    """The step of gradient descent, each network's gradient clipped to MAX_NORM."""
    length = np.linalg.norm(G.reshape(len(G), -1), axis=1)[:, None, None]
    return rate * G * np.minimum(1, MAX_NORM / np.maximum(length, 1e-300)), memory


def adam(G, rate, memory, eps=1e-8):
    """The step of Adam (Kingma, Ba 2015): each entry over its own usual size and ``eps``."""
    t, m, v = memory
    t, m, v = t + 1, 0.9 * m + 0.1 * G, 0.999 * v + 0.001 * G * G
    return rate * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + eps), (t, m, v)


MOVES = {"sgd": sgd, "adam": adam, "adam without eps": partial(adam, eps=1e-100)}


def train(kind, T, noise, rule, rate, seeds=SEEDS, updates=UPDATES, every=0, labels="bit"):
    """Train one network a seed; returns Learned.

    every : 0, a network stops once it has learned. Otherwise all networks make all updates, with a
    look each so many. labels : ``"random"``, the target has nothing to do with the bit;
    ``"balanced"`` (without noise), both bits have the same weight in every update.
    """
    rngs, seeds = [np.random.default_rng([seed, 1]) for seed in seeds], np.array(seeds)
    P, move = np.array([start(kind, seed) for seed in seeds]), MOVES[rule]
    test, bits, weight = map(np.array, zip(*(recall(rng, T, noise, TEST) for rng in rngs)))
    memory, alive = (0, np.zeros_like(P), np.zeros_like(P)), np.arange(len(seeds))
    made, streak, looks, since = np.full(len(seeds), -1), np.zeros(len(seeds), int), [], []
    for update in range(updates + 1):
        if every and update % every == 0:
            share = np.mean(since, 0) if since else np.full(len(seeds), np.nan)
            looks.append((share, log10_jacobian(P, run(P, test[..., :4]))))
            since = []
        made[alive[(streak[alive] >= PATIENCE) & (made[alive] < 0)]] = update
        if not every:
            alive = alive[made[alive] < 0]
        if update == updates or not len(alive):
            break
        x, bit, w = map(np.array, zip(*(recall(rngs[i], T, noise) for i in alive)))
        target = bit
        if labels == "balanced":
            w = np.full_like(w, 0.5)
        if labels == "random":
            target = np.array([2.0 * rngs[i].integers(0, 2, bit.shape[1]) - 1 for i in alive])
        A = run(P[alive], x)
        y = answers(P[alive], A)
        G = backward(P[alive], A, w * (y - target))
        hit = (w * (y * target > MARGIN)).sum(1)
        since.append(hit)
        streak[alive] = np.where(hit > 1 - 1e-9, streak[alive] + 1, 0)
        step, kept = move(G, rate, (memory[0], memory[1][alive], memory[2][alive]))
        P[alive] -= step
        memory[1][alive], memory[2][alive] = kept[1:]
        memory = (kept[0], *memory[1:])
    A = run(P, test)
    named = answers(P, A) * bits > MARGIN
    right, size = map(np.array, zip(*looks)) if looks else (np.zeros(0), np.zeros(0))
    return Learned(named.mean(1), made, log10_jacobian(P, A), right, size)


def memory_at_start(kind, T, noise, seeds=SEEDS, batch=TEST):
    """What is there before training: columns of the result (seeds, 4), each a log10.

    1. |dh_T/dh_1|, largest singular value, median over four sequences.
    2. Forward: how far the bit moves h_T, over the noise's standard deviation in that direction.
    3. |dL/dW_h| where the inputs are the bit alone: what there is to learn from.
    4. |dL/dW_h| with the noise, one batch.
    """
    found = []
    for seed in seeds:
        rng, P = np.random.default_rng([seed, 2]), start(kind, seed)[None]
        x, bit, w = (a[None] for a in recall(rng, T, noise or 1e-300, batch))
        x[:, 0] = 1
        plus, minus = run(P, x), run(P, np.concatenate([-x[:, :1], x[:, 1:]], 1))
        signal, spread = pushed_apart(P, plus, minus).mean(1)[0], plus[0, -1, :, :SIZE]
        size = np.linalg.norm(signal)
        spread = np.std((spread + minus[0, -1, :, :SIZE]) / 2 @ (signal / size))
        sizes = []
        for level in (0.0, noise):
            x, bit, w = (a[None] for a in recall(rng, T, level))
            A = run(P, x)
            G = backward(P, A, w * (answers(P, A) - bit))
            sizes.append(np.linalg.norm(G[0, :SIZE, :SIZE]))
        ratio = size / spread if noise else np.inf
        found.append([10 ** log10_jacobian(P, plus)[0], ratio, *sizes])
    return np.log10(found)


def pushed_apart(P, plus, minus):
    """(h_T of plus - h_T of minus) / 2, to the last digit however small: (N, B, n).

    Subtracting would leave rounding alone; tanh u - tanh v = tanh(u - v) (1 - tanh u tanh v).
    """
    n, d = P.shape[2] - 2, plus[:, 0] - minus[:, 0]
    for t in range(1, plus.shape[1]):
        z = d @ P[:, :n].swapaxes(1, 2)
        h = 1 - plus[:, t, :, :n] * minus[:, t, :, :n]
        d = np.concatenate([np.tanh(z) * h, plus[:, t, :, n:] - minus[:, t, :, n:]], -1)
    return d[..., :n] / 2


def grid():
    """Every start, length, noise and rule: (noise, T, start, rule, seed)."""
    shape = len(NOISES), len(LENGTHS), len(STARTS), len(RULES), len(SEEDS)
    runs = [
        told(noise, T, kind, *rule, found=train(kind, T, noise, *rule))
        for noise, T, kind, rule in product(NOISES, LENGTHS, STARTS, RULES)
    ]
    places = product(NOISES[1:], LENGTHS, STARTS)
    first = np.array([memory_at_start(kind, T, noise) for noise, T, kind in places])
    names = "recalled", "updates", "after"
    found = {name: np.array([getattr(run, name) for run in runs]).reshape(shape) for name in names}
    return found | {"first": first.reshape(len(NOISES) - 1, *shape[1:3], len(SEEDS), 4)}


def curves():
    """The cases of CURVES, one after another: (case, seed) or (case, look, seed)."""
    runs = []
    for name, (kind, T, noise, rule, labels, updates) in CURVES.items():
        how = dict(updates=updates, every=updates // LOOKS, labels=labels)
        runs.append(told(name, found=train(kind, T, noise, *rule, **how)))
    names = "recalled", "updates", "right", "size"
    return {f"curve_{name}": np.array([getattr(run, name) for run in runs]) for name in names}


def ladder():
    """LADDER with more and more noise: (case, level, seed[, what memory_at_start returns])."""
    places, shape = list(product(LADDER, LEVELS)), (len(LADDER), len(LEVELS), len(SEEDS))
    runs = [
        told(noise, T, kind, found=train(kind, T, noise, "adam", 0.003))
        for (kind, T), noise in places
    ]
    first = [memory_at_start(kind, T, noise) for (kind, T), noise in places]
    return {
        "ladder_recalled": np.array([run.recalled for run in runs]).reshape(shape),
        "ladder_first": np.array(first).reshape(*shape, 4),
    }


def told(*case, found):
    """Print how many networks of a case have learned; returns ``found``."""
    won = (found.recalled >= 0.9).sum()
    print(f"{time.process_time():6.0f} s", *case, f"{won} of {len(found.recalled)}", flush=True)
    return found


PARTS = {"grid": grid, "curves": curves, "ladder": ladder}


def main(parts):
    arrays = dict(np.load(OUT)) if OUT.exists() else {}
    for part in parts or PARTS:
        for name, values in PARTS[part]().items():
            arrays[name] = values.astype(np.int16 if values.dtype.kind == "i" else np.float16)
        np.savez_compressed(OUT, **arrays)
        print(f"{part} in {OUT.name}: {OUT.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
