"""Notebook 7: which pairs (t, k) a cut keeps, and how wrong the truncated gradient is."""

import tracemalloc
from functools import cache
from math import ceil, sqrt
from time import perf_counter

import numpy as np

from bptt_helpers import (
    bptt,
    checkpointed_bptt,
    chunks,
    contribution_matrices,
    contributions,
    forward,
    init_params,
    truncated_bptt,
)
from bptt_helpers.data import leaky
from bptt_helpers.plots import heat, lines
from bptt_helpers.plots.heat import Heat, Map
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import FORWARD, REFERENCE, TRUNCATION

from .exercise import Exercise
from .sliders import Guess, Slider, explorer

T = 100
ALL = T * (T + 1) // 2
t_, k_ = np.ogrid[1 : T + 1, 1 : T + 1]
PAIRS = k_ <= t_
NAMES = "chunks", "sliding window"


def case(gain=0.9, seed=7):
    """A network of 8 tanh units, W_h = gain times an orthogonal matrix: params, x, targets."""
    rng = np.random.default_rng(seed)
    params = init_params(rng, 2, 8, 1, gain=gain)
    return params, rng.standard_normal((T, 2)), rng.standard_normal((T, 1))


def kept(K):
    """Which pairs (t, k) chunks of K keep, and which the sliding window: two (T, T) masks."""
    same_chunk = (t_ - 1) // K == (k_ - 1) // K
    return PAIRS & same_chunk, PAIRS & (t_ - k_ < K)


def schedule():
    """The pairs that chunks keep, beside those of the sliding window, loss by loss."""
    return explorer(
        compute,
        heat,
        (8.4, 2.9),
        guess=Guess("Steps back on average, K = 20:"),
        K=Slider(30, 1, T),
        t=Slider(T, 1, T, play=60),
        gain=Slider(0.9, 0.5, 1.5, 0.05),
    )


@cache
def sizes(gain):
    params, x, targets = case(gain)
    return contributions(params, forward(params, x), targets)


def compute(guess, K, t, gain):
    size, masks = sizes(gain), kept(K)
    maps = tuple(on_map(name, size, mask, t) for name, mask in zip(NAMES, masks))
    words = in_words(K, t, size, masks) + said_steps(guess)
    return Heat(maps, words, "share of the largest")


def on_map(title, size, mask, t):
    with np.errstate(divide="ignore"):
        log10 = np.where(PAIRS & (t_ <= t), np.log10(size / size.max()), np.nan)
    first = mask.argmax(1) + 1.0  # the first k that each loss reaches
    return Map(title, log10, (t, first[t - 1]), np.where(t_[:, 0] <= t, first, np.nan))


def in_words(K, t, size, masks):
    (n, pairs, part, back), (more, *window) = [
        (mask.sum(), 100 * mask.sum() / ALL, 100 * size[mask].sum() / size.sum(), mask[t - 1].sum())
        for mask in masks
    ]
    text = f"K = {K}: chunks keep {n} of {ALL} pairs ({pairs:.1f} %), {share(part)} of all sizes; "
    text += f"the sliding window {more} ({window[0]:.1f} %), {share(window[1])}. "
    return text + f"Steps back from t = {t}: {back} with chunks, {window[2]} with the window."


def share(part):
    """Per cent in words: nearly all is not all."""
    return "over 99.9 %" if 99.9 < part < 100 - 1e-9 else f"{part:.1f} %"


def said_steps(guess):
    if guess is None:
        return ""
    mean, window = (mask.sum() / T for mask in kept(20))
    text = f" You said {guess:.4g} steps; with chunks of 20 it is {mean:.1f} on average"
    return text + f", with the window {window:.1f}."


def bias():
    """How wrong the truncated gradient is, for every K."""
    return explorer(
        compute_bias,
        lines,
        (8.4, 3.0),
        guess=Guess("K = 70, gain 1.5, seed 1 is off by", ("less", "as much", "much more")),
        K=Slider(5, 1, T),
        gain=Slider(0.9, 0.5, 1.6, 0.1),
        seed=Slider(7, 0, 20),
    )


@cache
def chunk_masks():
    return np.array([kept(K)[0][PAIRS] for K in range(1, T + 1)], float)


@cache
def off(gain, seed):
    """[i, K - 1]: length and angle, in degrees, of the truncated gradient against the full one;
    rows: length (chunks, window), angle (chunks, window)."""
    params, x, targets = case(gain, seed)
    terms = contribution_matrices(params, forward(params, x), targets).reshape(T, T, -1)
    by_lag = [np.trace(terms, -j) for j in range(T)]
    cut = np.array([chunk_masks().dot(terms[PAIRS]), np.cumsum(by_lag, axis=0)])
    g = cut[1, -1]  # a window of T drops nothing
    length = np.linalg.norm(cut, axis=2) / np.linalg.norm(g)
    cosine = cut.dot(g) / (length * np.linalg.norm(g) ** 2)
    return np.concatenate([length, np.degrees(np.arccos(np.clip(cosine, -1, 1)))])


def dropped(gain, seed, K):
    """|g - g_K| / |g| of chunks, by the law of cosines."""
    length, _, angle, _ = off(gain, seed)[:, K - 1]
    return np.sqrt(1 + length**2 - 2 * length * np.cos(np.radians(angle)))


def compute_bias(guess, K, gain, seed):
    curves = off(gain, seed)
    now = curves[:, K - 1]
    words = f"K = {K}: the chunks' gradient is {now[0]:.3f} times as long as the full one and "
    words += f"{now[2]:.1f} degrees off, the sliding window's {now[1]:.3f} times and {now[3]:.1f}."
    words += said_angle(guess)
    length = bias_panel("length / full length", K, curves[:2], 1, (0, 1.9))
    angle = bias_panel("angle to it, in degrees", K, curves[2:], 0, (-5, 118))
    return Lines((length, angle), words)


def said_angle(guess):
    if guess is None:
        return ""
    at_50, at_70 = off(1.5, 1)[2, [50 - 1, 70 - 1]]
    text = f" You said {guess}; with gain 1.5 and seed 1, K = 50 is {at_50:.1f} degrees off,"
    return text + f" K = 70 {at_70:.1f}."


def bias_panel(title, K, curves, goal, y):
    at = np.log10(np.arange(1, T + 1))
    drawn = (
        Curve(at, curves[0], NAMES[0], TRUNCATION, marker="s", size=2.5),
        Curve(at, curves[1], NAMES[1], FORWARD, "--"),
        Curve(None, goal, "full BPTT", REFERENCE, ":"),
        Curve(
            at[[K - 1] * 2],
            curves[:, K - 1],
            color=REFERENCE,
            line="",
            marker="o",
            size=11,
            hollow=True,
        ),
    )
    places = 1, 2, 5, 10, 20, 50, 100
    note = f"K = {K}: {curves[0, K - 1]:.2f}, {curves[1, K - 1]:.2f}"
    return Panel(title, "K", drawn, note, (-0.05, 2.05), y, (np.log10(places), places))


PICTURES = schedule, bias


def leaky_task(seed):
    """3,000 random inputs, and what a leaky integrator with 0.97 makes of them."""
    return tuple(a.ravel() for a in leaky(np.random.default_rng(seed), 3000))


# Three passes over one long sequence, for what truncation saves.


def full_pass(params, x, targets):
    return bptt(params, forward(params, x), targets, keep_h=False).params.W_h


def chunked_pass(params, x, targets):
    return sum(part.gradients.params.W_h for part in truncated_bptt(params, x, targets, 20))


def checkpointed_pass(params, x, targets):
    return checkpointed_bptt(params, x, targets).params.W_h


PASSES = full_pass, chunked_pass, checkpointed_pass


def long_case(T, batch=None):
    """16 units on one sequence, or on so many side by side."""
    rng, side = np.random.default_rng(0), () if batch is None else (batch,)
    params = init_params(rng, 2, 16, 1, gain=0.9)
    return params, rng.standard_normal((T, *side, 2)), rng.standard_normal((T, *side, 1))


def states_kept(do, T):
    """How many states a pass keeps at once: its longest block, and the starts of others."""
    size = {full_pass: T, chunked_pass: 20, checkpointed_pass: ceil(sqrt(T))}[do]
    blocks = chunks(T, size)
    longest = max(len(range(T)[steps]) for steps in blocks)
    return longest + (len(blocks) - 1) * (do is checkpointed_pass)


def peak_bytes(do, T, batch=None):
    """The most memory that a pass takes at once, beyond input and targets."""
    arguments = long_case(T, batch)
    tracemalloc.start()
    try:
        do(*arguments)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def seconds(do, T, tries=5):
    """The fastest of several tries."""
    arguments, taken = long_case(T), []
    for _ in range(tries):
        start = perf_counter()
        do(*arguments)
        taken.append(perf_counter() - start)
    return min(taken)


exercise_1 = Exercise(
    "Exercise 1",
    int(kept(25)[0].sum()),
    "How many chunks are there, and how many pairs has a triangle with sides of 25?",
    "100 / 25 = 4 chunks, 25 * 26 / 2 pairs in each.",
    tempting=(
        (2500, "A loss reaches only uses at its own step or before: triangles, not squares."),
        (1200, "The diagonal counts: each loss has the use at its own step."),
        (325, "That is one chunk."),
        (int(kept(25)[1].sum()), "That is what the sliding window keeps."),
    ),
)
exercise_2 = Exercise(
    "Exercise 2",
    next(K for K in range(13, 100) if K - 12 >= 0.75 * K),
    "The first 12 places of a chunk cannot see that far back. They may be a quarter of the chunk.",
    "(K - 12) / K = 3/4.",
    tempting=(
        (13, "The first K to reach so far: only one place in 13 sees 12 steps back."),
        (16, "12 is three quarters of 16, but it is the other quarter that sees 12 steps back."),
        (24, "At K = 24 one half of the places do."),
        (47, "35 of 47 places are a little less than three quarters."),
    ),
)
exercise_3 = Exercise(
    "Exercise 3",
    0.72 / 0.28 / 0.72**20,
    "Chunks of 20 miss 12.8 %, and twice as long a chunk misses half as much.",
    "Set r / (K (1 - r)) to r^20; the r^K in the numerator is negligible.",
    tempting=(
        (20, "At K = 20 the chunks miss 12.8 %, the window 0.14 %."),
        (40, "Chunks of 40 miss 6.4 %: doubling K only halves it."),
        (400, "Chunks of 400 miss 0.64 %: it falls like 1 / K."),
        (0.72 / 0.28 / 0.0128, "That is one tenth of 12.8 %; the window misses 0.14 %."),
    ),
    tolerance=0.03,
)
