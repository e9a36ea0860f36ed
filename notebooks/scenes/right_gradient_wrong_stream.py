"""Notebook 15: what a training loop reads, remembers and counts.

The picture deals eight recordings, cut into windows of K steps, to four rows.
"""

from functools import cache
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, LOSS, QUIET, REFERENCE, TRUNCATION

from .sliders import Choice, Guess, Slider, explorer

# What is read: windows, and how they are dealt to the rows

LENGTHS = (9, 6), (7, 8), (10, 5), (6, 9)  # of the recordings A to H, two for each row
NAMES = "ABCDEFGH"
ROWS = len(LENGTHS)
LAYOUTS = "rows", "in order", "shuffled"
STATES = "carry", "reset", "across ends"
LONGEST_K, LONGEST = 8, 24  # and the most steps that any K makes of a row


class Window(NamedTuple):
    """Steps number * K + 1, ... of a recording: K of them, or fewer at its end."""

    recording: int
    number: int
    steps: int


@cache
def dealt(layout, K):
    """[i][b]: the Window that row b reads in batch i, or None, which is padding throughout.

    rows : each row reads its recordings to their ends, one after the other. in order : the windows
    of A, then of B, ... go to the rows in turn. shuffled : the same windows in a random order.
    """
    rows, recording = [], 0
    for lengths in LENGTHS:
        rows.append([])
        for length in lengths:
            starts = range(0, length, K)
            rows[-1] += [Window(recording, s // K, min(K, length - s)) for s in starts]
            recording += 1
    if layout == "rows":
        return list(zip_longest(*rows))
    windows = sum(rows, [])
    if layout == "shuffled":
        windows = [windows[i] for i in np.random.default_rng(0).permutation(len(windows))]
    windows += [None] * (-len(windows) % ROWS)
    return [tuple(windows[i : i + ROWS]) for i in range(0, len(windows), ROWS)]


def past(window, K):
    """The window before it in its recording, or None at a beginning."""
    return window._replace(number=window.number - 1, steps=K) if window.number else None


def handed(batches, state, i, b):
    """The window whose last state the one of row b in batch i starts from; None: from zero."""
    window = batches[i][b]
    if i == 0 or state == "reset" or (state == "carry" and not window.number):
        return None
    return batches[i - 1][b]


@cache
def begins(layout, state, K):
    """{(i, b): kind}, how each window starts. "own" : from the state that its past left, or, at a
    beginning, from zero. "another" : from any other window's state. "forgotten" : from zero
    although it has a past."""
    batches, kinds = dealt(layout, K), {}
    for i, batch in enumerate(batches):
        for b, window in enumerate(batch):
            if window:
                wanted, got = past(window, K), handed(batches, state, i, b)
                wrong = "another" if got else "forgotten"
                kinds[i, b] = "own" if got == wanted else wrong
    return kinds


@cache
def sees(layout, state, K, b=0):
    """{(t, k): kind}, counted from 1: how the loss of step t in row b sees the input of step k.

    "credited" : the gradient reaches back to it. "own", "another" : it is in the state alone, as
    this recording's past or as something else. "forgotten" : this recording's past, but not in the
    state. "padding" : the loss is one of padding. What it has nothing to do with is left out.
    """
    batches, pairs = dealt(layout, K), {}
    for i, batch in enumerate(batches):
        first, window = i * K + 1, batch[b]
        steps = window.steps if window else 0
        for t in range(first, first + K):
            kind = "credited" if t < first + steps else "padding"
            pairs |= {(t, k): kind for k in range(first, t + 1)}
        before, in_state, unbroken = window, True, True
        for j in range(i - 1, -1, -1) if window else ():  # what the state brings from batch j
            in_state = in_state and handed(batches, state, j + 1, b) is not None
            before = before and past(before, K)
            mine = before is not None and batches[j][b] == before
            unbroken = unbroken and mine
            kind = ("own" if unbroken else "another") if in_state else "forgotten"
            if in_state or mine:
                here = range(j * K + 1, j * K + K + 1)
                pairs |= {(t, k): kind for t in range(first, first + steps) for k in here}
    return pairs


# The picture

KINDS = {  # colour and what the legend says
    "credited": (BACKWARD, "credited"),
    "own": (FORWARD, "its own past"),
    "another": (REFERENCE, "another's past"),
    "forgotten": (QUIET, "forgotten"),
    "padding": (LOSS, "padding that counts"),
}
TINTS = "#77AADD #99DDFF #44BB99 #BBCC33 #EEDD88 #CCBB44 #EE8866 #FFAABB".split()
TALL = (-3, -5), (3, -5), (3, 5), (-3, 5)  # corners of a marker
FLAT = (-4, -2), (4, -2), (4, 2), (-4, 2)


def stream():
    """What the rows read and remember, beside what the losses of row 1 see."""
    return explorer(
        compute,
        lines,
        (8.4, 2.9),
        guess=Guess("Start from their own past, in %:"),
        K=Slider(4, 1, LONGEST_K, play=700),
        layout=Choice("rows", LAYOUTS),
        state=Choice("across ends", STATES),
        mask=Choice("off", ("on", "off")),
        loss=Choice("sum", ("sum", "mean")),
    )


def compute(guess, K, layout, state, mask, loss):
    panels = reading(layout, state, K, mask), seen(layout, state, K, mask)
    return Lines(panels, in_words(K, layout, state, mask, loss) + answered(guess))


def reading(layout, state, K, mask):
    """Steps to the right, rows downwards: recordings as tiles, and from what each window starts."""
    batches, tiles, letters, padding = dealt(layout, K), {}, {}, []
    for i, batch in enumerate(batches):
        for b, window in enumerate(batch):
            places = [(i * K + j, b + 1.05) for j in range(1, K + 1)]
            if window:
                tiles.setdefault(window.recording, []).extend(places[: window.steps])
                letters.setdefault(window.recording, []).append(places[0])
            padding += places[window.steps if window else 0 :]
    borders = np.repeat(np.arange(1, len(batches)) * K + 0.5, 3)
    cuts = np.tile([0.4, ROWS + 0.5, np.nan], len(batches) - 1)
    curves = [Curve(borders, cuts, "no gradient passes", TRUNCATION)]
    curves += [dots(tiles[r], color, TALL, 14) for r, color in enumerate(TINTS)]
    curves += [
        dots(letters[r], REFERENCE, rf"$\mathrm{{{name}}}$", 7) for r, name in enumerate(NAMES)
    ]
    curves.append(dots(padding, LOSS if mask == "off" else QUIET, "x", 6))
    starts = {kind: [] for kind in ("own", "another", "forgotten")}
    for (i, b), kind in begins(layout, state, K).items():
        starts[kind].append((i * K + 0.5, b + 0.6))
    for kind, marker in ("own", "o"), ("another", "X"), ("forgotten", "o"):
        curves.append(dots(starts[kind], KINDS[kind][0], marker, 7, hollow=kind == "forgotten"))
    limits = (0, LONGEST + 1), (ROWS + 0.5, 0.4)
    return Panel("what each row reads", "step", tuple(curves), "", *limits, None, "row")


def seen(layout, state, K, mask):
    """Losses of row 1 downwards, what came in to the right."""
    pairs, curves = sees(layout, state, K), []
    for kind, (color, label) in KINDS.items():
        there = [(k, t) for (t, k), what in pairs.items() if what == kind]
        shown = kind != "padding" or mask == "off"
        curves.append(dots(there if shown else [], color, FLAT, 9, label))
    limits = (0, LONGEST + 1), (LONGEST + 1, 0.2)
    return Panel(
        "what the losses of row 1 see", "step k", tuple(curves), "", *limits, None, "loss t"
    )


def dots(places, color, marker, size, label="", hollow=False):
    x, y = np.transpose(places) if places else ([], [])
    return Curve(x, y, label, color, "", marker, size, hollow)


# The three shares


def with_past(layout, state, K):
    """Of the windows that have a past: how many start from it, and how many there are."""
    kinds, batches = begins(layout, state, K), dealt(layout, K)
    continued = [kind == "own" for (i, b), kind in kinds.items() if batches[i][b].number]
    return sum(continued), len(continued)


def from_others(layout, state, K):
    """How many windows start from a state that is not their own past."""
    return sum(kind == "another" for kind in begins(layout, state, K).values())


def padded(layout, K):
    """How many of the losses are padding, and how many there are, both of each batch."""
    batches = dealt(layout, K)
    real = np.array([sum(window.steps for window in batch if window) for batch in batches])
    return ROWS * K - real, np.full(len(batches), ROWS * K)


def factors(layout, K, mask, loss):
    """What each batch's step is multiplied by, against a loss summed over the steps (and averaged
    over the rows): 1, or ROWS / the number of losses that are averaged."""
    padding, losses = padded(layout, K)
    counted = losses - (padding if mask == "on" else 0)
    return ROWS / counted if loss == "mean" else np.ones(len(losses))


def in_words(K, layout, state, mask, loss):
    (starts, there), strange = with_past(layout, state, K), from_others(layout, state, K)
    kinds = begins(layout, state, K)
    padding, losses = padded(layout, K)
    share = 100 * (mask == "off") * padding.sum() / losses.sum()
    by = factors(layout, K, mask, loss)
    times = f"{by.min():.3g}" + f" to {by.max():.3g}" * bool(np.ptp(by) > 1e-9)
    text = f"K = {K}, {layout}, {state}: of {there} windows with a past {starts} start from it "
    text += f"({100 * starts / there:.0f} %); {strange} of all {len(kinds)} from another's. "
    text += f"Padding is {share:.0f} % of the losses. "
    return text + f"A step is multiplied by {times} against the summed loss."


def answered(guess):
    if guess is None:
        return ""
    starts, there = with_past("in order", "carry", 4)
    text = f" You said {guess:.4g} %; in order, carried, K = 4, it is {starts} of {there}"
    return text + f", {100 * starts / there:.0f} %."


PICTURES = (stream,)
