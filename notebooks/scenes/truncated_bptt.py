"""Notebook 7: which pairs (t, k) a cut keeps, and how wrong the truncated gradient is."""

from functools import cache

import numpy as np

from bptt_helpers import contribution_matrices, contributions, forward, init_params
from bptt_helpers.exercise import Exercise
from bptt_helpers.plots import heat, lines
from bptt_helpers.plots.heat import Heat, Map
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import FORWARD, REFERENCE, TRUNCATION
from bptt_helpers.sliders import Guess, Slider, explorer

T = 100
ALL = T * (T + 1) // 2
t_, k_ = np.ogrid[1 : T + 1, 1 : T + 1]
NAMES = "chunks", "sliding window"


def case(gain=0.9, seed=7):
    """A network of 8 tanh units, W_h = gain times an orthogonal matrix: params, x, targets."""
    rng = np.random.default_rng(seed)
    params = init_params(rng, 2, 8, 1, gain=gain)
    return params, rng.standard_normal((T, 2)), rng.standard_normal((T, 1))


def kept(K):
    """Which pairs (t, k) chunks of K keep, and which the sliding window: two (T, T) masks."""
    same_chunk = (t_ - 1) // K == (k_ - 1) // K
    return (k_ <= t_) & same_chunk, (k_ <= t_) & (t_ - k_ < K)


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
        log10 = np.where((k_ <= t_) & (t_ <= t), np.log10(size / size.max()), np.nan)
    first = mask.argmax(1) + 1.0  # the first k that each loss reaches
    return Map(title, log10, (t, first[t - 1]), np.where(t_[:, 0] <= t, first, np.nan))


def in_words(K, t, size, masks):
    pairs = [mask.sum() for mask in masks]
    per_cent = [
        (100 * n / ALL, 100 * size[mask].sum() / size.sum()) for n, mask in zip(pairs, masks)
    ]
    back = [mask[t - 1].sum() for mask in masks]
    text = f"K = {K}: chunks keep {pairs[0]} of {ALL} pairs ({{:.1f}} %), {{:.1f}} % of all sizes; "
    text = text.format(*per_cent[0])
    text += f"the sliding window {pairs[1]} ({{:.1f}} %), {{:.1f}} %. ".format(*per_cent[1])
    return text + f"The loss at t = {t} goes back {back[0]} and {back[1]} steps."


def said_steps(guess):
    if guess is None:
        return ""
    chunks, window = (mask.sum() / T for mask in kept(20))
    text = f" You said {guess:.4g} steps; with chunks of 20 it is {chunks:.1f} on average"
    return text + f", with the window {window:.1f}."


def bias():
    """How wrong the truncated gradient is, for every K."""
    return explorer(
        compute_bias,
        lines,
        (8.4, 3.0),
        K=Slider(5, 1, T),
        gain=Slider(0.9, 0.5, 1.6, 0.1),
        seed=Slider(7, 0, 20),
    )


@cache
def all_masks():
    return np.array([kept(K) for K in range(1, T + 1)], float).reshape(2 * T, -1)


@cache
def off(gain, seed):
    """[i, K - 1]: length and angle, in degrees, of the truncated gradient against the full one;
    rows: length (chunks, window), angle (chunks, window)."""
    params, x, targets = case(gain, seed)
    terms = contribution_matrices(params, forward(params, x), targets).reshape(T * T, -1)
    g = terms.sum(0)
    cut = all_masks().dot(terms).reshape(T, 2, -1)
    length = np.linalg.norm(cut, axis=2) / np.linalg.norm(g)
    cosine = cut.dot(g) / (length * np.linalg.norm(g) ** 2)
    return np.concatenate([length.T, np.degrees(np.arccos(np.clip(cosine, -1, 1))).T])


def compute_bias(K, gain, seed):
    curves = off(gain, seed)
    now = curves[:, K - 1]
    words = f"K = {K}: the chunks' gradient is {now[0]:.3f} times as long as the full one and "
    words += f"{now[2]:.1f} degrees off, the sliding window's {now[1]:.3f} times and {now[3]:.1f}."
    length = bias_panel("length / full length", K, curves[:2], 1, (0, 1.9))
    angle = bias_panel("angle to it, in degrees", K, curves[2:], 0, (-5, 118))
    return Lines((length, angle), words)


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
