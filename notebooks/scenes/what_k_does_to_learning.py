"""Notebook 11: what K does to learning. An echo, a recording, a first bit, all trained before:
the arrays are written by tools/train_k.py, tools/train_eeg.py and tools/train_steps.py."""

from functools import cache
from pathlib import Path

import numpy as np

from bptt_helpers import init_params
from bptt_helpers.data import echo
from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import (
    BACKWARD,
    FORWARD,
    LOSS,
    QUIET,
    REFERENCE,
    TRUNCATION,
    WEIGHT,
)

from .exercise import Exercise
from .sliders import Choice, Guess, Slider, explorer

DATA = Path(__file__).parent / "data"
RING = dict(color=REFERENCE, line="", marker="o", size=11, hollow=True)


@cache
def stored(name):
    """The arrays of one file, by name, as floats; axes as lists."""
    with np.load(DATA / f"{name}.npz") as file:
        arrays = {key: file[key] for key in file}
    return {k: a.tolist() if a.ndim == 1 else a.astype(float) for k, a in arrays.items()}


def place(name, **values):
    """Where the values of some axes stand."""
    return tuple(stored(name)[axis].index(value) for axis, value in values.items())


def two(x):
    """Two digits, but no more than four decimals."""
    return f"{x:.2g}" if x >= 0.001 else "below 0.001"


# The echo

LAGS, RATES = (3, 5, 8), (0.01, 0.03, 0.1, 0.3)
STATES = "carried", "reset"
BUDGETS = 3000, 10_000, 30_000
FIRST = 228  # the first point shown: before it errors above 1.4 are on their way down


def training():
    """The error over steps for one K, and over K after so many steps."""
    return explorer(
        compute,
        lines,
        (8.4, 2.7),
        guess=Guess("Ten times the steps. The error:", options=TURNS),
        K=Slider(4, 1, 10),
        lag=Choice(5, LAGS),
        rate=Choice(0.03, RATES),
        state=Choice("carried", STATES),
        steps=Choice(3000, BUDGETS),
    )


TURNS = "a tenth", "about the same", "ten times"


def curves(lag, rate, state, frozen=False):
    """Quartiles over 20 seeds of the error, (K, point, 3)."""
    at = place("k_echo", lag=lag), place("k_echo", rate=rate)
    return stored("k_echo")["curve"][at[0] + (slice(None),) + at[1]][
        :, int(frozen), STATES.index(state)
    ]


def ends(lag, K, rate, state="carried", frozen=False, what="error"):
    """20 errors after 30,000 steps, one a seed; or of the best read-out of the final states."""
    at = place("k_echo", lag=lag, K=K, rate=rate)
    return stored("k_echo")[what][at][int(frozen), STATES.index(state)]


def reached(steps):
    """The stored point that so many steps belong to."""
    return int(np.searchsorted(stored("k_echo")["steps"], steps))


def least(K, lag, state):
    """The error that no training can go below: where the state is reset, the first ``lag`` places
    of a chunk cannot know what they are asked for."""
    return np.minimum(lag / np.asarray(K), 1) if state == "reset" else 0 * np.asarray(K, float)


def compute(guess, K, lag, rate, state, steps):
    axis, points = stored("k_echo")["K"], np.array(stored("k_echo")["steps"])
    now, shown = reached(steps), slice(points.tolist().index(FIRST), reached(steps) + 1)
    both = [curves(lag, rate, state, frozen) for frozen in (False, True)]
    i = axis.index(K)
    over_steps = Panel(
        "error while it trains",
        "steps of the sequence",
        (
            *bands(np.log10(points[shown]), [run[i, shown] for run in both]),
            Curve(None, least(K, lag, state).item(), "the least possible", TRUNCATION, ":"),
            Curve(np.log10(points[[now]]), both[0][i, now, 1:2], **RING),
        ),
        f"K = {K}",
        (np.log10(FIRST) - 0.05, 4.55),
        (-0.1, 1.42),
        ticks(300, 1000, 3000, 10_000, 30_000),
        "0: perfect, 1: nothing",
    )
    over_K = Panel(
        "error for each K, after so many steps",
        "K (dotted: K = lag)",
        (
            *bands(np.log10(axis), [run[:, now] for run in both], marker="o"),
            Curve(np.log10(axis), least(axis, lag, state), "", TRUNCATION, ":"),
            Curve(np.log10([K]), both[0][i, now, 1:2], **RING),
            Curve(np.log10(lag), None, "", QUIET, ":"),
        ),
        f"K = {K}: {both[0][i, now, 1]:.2g}",
        (-0.06, 1.76),
        (-0.1, 1.42),
        ticks(1, 2, 3, 5, 8, 16, 50),
    )
    words = in_words(K, lag, rate, state, now, *(run[i, now] for run in both))
    return Lines((over_steps, over_K), words + said(guess))


def ticks(*values):
    return np.log10(values), [f"{value:,}" for value in values]


def bands(x, runs, marker=""):
    """Median and quartiles of what was trained and what was frozen, each (points, 3)."""
    there_and_back = np.concatenate([x, x[::-1]])
    areas = [np.concatenate([run[:, 0], run[::-1, 2]]) for run in runs]
    return (
        Curve(there_and_back, areas[1], "", QUIET, "fill"),
        Curve(there_and_back, areas[0], "middle half of 20 seeds", WEIGHT, "fill"),
        Curve(x, runs[1][:, 1], "W$_h$ frozen", REFERENCE, "--", marker, 3),
        Curve(x, runs[0][:, 1], "W$_h$ trained", WEIGHT, "-", marker),
    )


def in_words(K, lag, rate, state, now, trained, frozen):
    steps = stored("k_echo")["steps"]
    text = f"Lag {lag}, K = {K}, step size {rate}, state {state}. In steps {steps[now - 1] + 1:,} "
    text += f"to {steps[now]:,} the median error of 20 networks is {two(trained[1])} (middle half "
    text += f"{two(trained[0])} to {two(trained[2])}); with W_h frozen {two(frozen[1])}."
    if state == "reset":
        text += f" The least possible is {least(K, lag, state):.2g}."
    return text


def said(guess):
    if guess is None:
        return ""
    early, late = (curves(5, 0.03, "carried")[3, reached(steps), 1] for steps in (3000, 30_000))
    text = f" You said: {guess}. At lag 5, K = 4 and step size 0.03 it goes from {early:.2g} to "
    return text + f"{late:.2g}, {late / early:.0f} times as much."


def echo_case(seed, steps, lag=5):
    """A start and a sequence: 16 units, W_h 0.9 times orthogonal, 16 sequences side by side."""
    rng = np.random.default_rng(seed)
    params = init_params(rng, 1, 16, 1, gain=0.9)
    return params, *echo(rng, steps, lag, 16)


# The recording

BARS = "first and last", "all four"
PARTS = "carrying the state", "training W_h", "ten steps of credit"
PASSES, EEG_RATES, EEG_KS = (100, 400), (0.02, 0.05, 0.1), (2, 3, 5, 10)


def recording():
    """What memory is worth on the EEG: test errors of four ways to train, 20 seeds each."""
    return explorer(
        compute_recording,
        lines,
        (8.4, 2.9),
        guess=Guess("Most of the way is due to:", options=PARTS),
        bars=Choice(BARS[0], BARS),
        K=Choice(10, EEG_KS),
        passes=Choice(100, PASSES),
        rate=Choice(0.05, EEG_RATES),
    )


def four(K=10, passes=100, rate=0.05):
    """Test errors (4, 20): reset; carried with W_h frozen; W_h trained by K = 1; by a larger K."""
    data, at = stored("k_eeg"), place("k_eeg", passes=passes, rate=rate)
    one, more = data["K"].index(1), data["K"].index(K)
    error = data["error"][at]
    return np.array(
        [error[one, 1, 1], data["frozen"][at][one], error[one, 0, 0], error[more, 0, 0]]
    )


def linear(p):
    """Least squares on the last p samples, same test."""
    return stored("k_eeg")["linear"][p - 1]


def compute_recording(guess, bars, K, passes, rate):
    errors = four(K, passes, rate)
    shown = (0, 1, 2, 3) if bars == BARS[1] else (0, 3)
    drawn, spread = [], np.linspace(-0.25, 0.25, errors.shape[1])
    for i, color in enumerate((QUIET, FORWARD, WEIGHT, BACKWARD)):
        dots = errors[i] if i in shown else errors[i][:0]
        end = dots.mean() if len(dots) else 1.0
        sides = np.array([i - 0.36, i - 0.36, i + 0.36, i + 0.36])
        drawn.append(Curve(sides, [1, end, end, 1], "", color, "fill"))
        drawn.append(Curve(sides[1:3] if len(dots) else [], [end, end][: len(dots)], "", color))
        drawn.append(Curve(spread[: len(dots)] + i, dots, "", color, "", "o", 3))
    drawn[2] = drawn[2]._replace(label="one seed")
    drawn += (
        Curve(None, 1.0, "same as last", QUIET, ":"),
        Curve(None, linear(1), "linear, 1 sample", REFERENCE, "-."),
        Curve(None, linear(2), "linear, 2 samples", REFERENCE, "--"),
    )
    names = "no memory", "carried, W$_h$ frozen", "W$_h$ trained, K = 1", "larger K"
    panel = Panel(
        "test error on the EEG: the longer a bar hangs, the more is predicted",
        "what the network may do",
        tuple(drawn),
        f"K = {K}: {errors[3].mean():.3f}",
        (-0.6, 3.6),
        (0.66, 1.075),
        (range(4), names),
        "error / same as last",
    )
    return Lines((panel,), recording_in_words(guess, errors, K, passes, rate, len(shown) == 4))


def shares(errors):
    """What each of the three steps from no memory to the last bar takes away."""
    return -np.diff(errors.mean(1))


def recording_in_words(guess, errors, K, passes, rate, all_four):
    mean = errors.mean(1)
    text = f"{passes} passes, step size {rate}: {mean[0]:.3f} without memory"
    if all_four:
        text += f", {mean[1]:.3f} carried through a W_h as drawn, {mean[2]:.3f} with W_h trained "
        text += f"by K = 1, {mean[3]:.3f} by K = {K}"
    else:
        text += f", {mean[3]:.3f} with the state carried and K = {K}"
    text += f" (means of 20 seeds). Linear: {linear(1):.3f} on one sample, {linear(2):.3f} on two."
    if guess is None:
        return text
    parts = [f"{100 * share:.0f} %" for share in shares(four()) / shares(four()).sum()]
    text += f" You said: {guess}. With K = 10, 100 passes and 0.05, carrying brings {parts[0]} of "
    return text + f"the way, training W_h by K = 1 {parts[1]}, ten steps of credit {parts[2]}."


def small_start(rng):
    """16 units with a small read-out and small inputs to the state."""
    params = init_params(rng, 4, 16, 4, gain=0.5)
    return params._replace(W_x=params.W_x / 4, W_y=params.W_y / 10)


def stretches(a):
    """The first 600 rows as 20 stretches of 30 steps side by side: (30, 20, 4)."""
    return a[:600].reshape(20, 30, 4).swapaxes(0, 1)


ALL_KS = 1, 2, 3, 5, 10, 30


def passes():
    """The EEG's test error while the networks train, for each K."""
    return explorer(
        compute_passes,
        lines,
        (8.4, 2.9),
        K=Choice(10, ALL_KS),
        state=Choice("carried", STATES),
        passes=Slider(100, 0, 100, 5, play=200),
    )


def compute_passes(K, state, passes):
    i, at, s = ALL_KS.index(K), passes // 5, STATES.index(state)
    errors = stored("k_eeg")["curve"][:, s, s]  # (K, seed, time)
    now, mean = errors[:, :, at], errors.mean(1)
    time, rest = 5 * np.arange(at + 1), errors[i, :, : at + 1]
    levels = (
        Curve(None, 1.0, "same as last", QUIET, ":"),
        Curve(None, linear(2), "linear, 2 samples", REFERENCE, "--"),
    )
    around = np.concatenate([rest.min(0), rest.max(0)[::-1]])
    while_training = Panel(
        "test error while it trains",
        "passes over the recording",
        (
            Curve(np.concatenate([time, time[::-1]]), around, "least to most", LOSS, "fill"),
            Curve(time, mean[i, : at + 1], "mean of 20 seeds", LOSS),
            Curve([passes], mean[i, at : at + 1], **RING),
            *levels,
        ),
        f"K = {K}: {mean[i, at]:.3f}",
        (-4, 104),
        (0.66, 1.16),
        None,
        "error / same as last",
    )
    x = np.log10(ALL_KS)
    for_each = Panel(
        "test error for each K",
        "K",
        (
            Curve(
                np.concatenate([x, x[::-1]]),
                np.concatenate([now.min(1), now.max(1)[::-1]]),
                "",
                LOSS,
                "fill",
            ),
            Curve(x, mean[:, at], "", LOSS, marker="o"),
            Curve(x[[i]], mean[i, at : at + 1], **RING),
            *(level._replace(label="") for level in levels),
        ),
        "",
        (-0.1, 1.6),
        (0.66, 1.16),
        ticks(*ALL_KS),
    )
    words = f"K = {K}, state {state}, after {passes} passes: error {mean[i, at]:.3f} times that of "
    words += f"'same as the last', {now[i].min():.3f} to {now[i].max():.3f} over 20 seeds. Linear "
    return Lines((while_training, for_each), words + f"on two samples: {linear(2):.3f}.")


# How many steps back

TS, GAINS, UPDATES = (10, 20, 30, 50), (0.72, 0.9, 1.0), (100, 300, 1000)


def steps_back():
    """How many of 20 networks recall their first input over T steps, by updates."""
    return explorer(
        compute_steps_back,
        lines,
        (8.4, 2.9),
        guess=Guess("T = 20, 1000 updates. Of 20:"),
        gain=Choice(0.72, GAINS),
        rate=Choice(0.03, RATES),
        updates=Choice(100, UPDATES),
    )


def learned(gain, T, rate, updates=slice(None)):
    """How many of 20 seeds name more than 90 % of fresh signs rightly, after so many updates."""
    share = stored("steps_back")["share"][place("steps_back", gain=gain, T=T, rate=rate)]
    good = (share > 0.9).sum(-1)
    return good if isinstance(updates, slice) else int(good[place("steps_back", updates=updates)])


def compute_steps_back(guess, gain, rate, updates):
    axis = stored("steps_back")["updates"]
    n = axis.index(updates) + 1
    found = [learned(gain, T, rate)[:n] for T in TS]
    colors, markers = (FORWARD, WEIGHT, LOSS, BACKWARD), "osDo"
    drawn = [
        Curve(np.log10(axis[:n]), good, f"T = {T}", color, "-", marker, size)
        for T, good, color, marker, size in zip(TS, found, colors, markers, (11, 9, 7, 4))
    ]
    panel = Panel(
        "networks that recall the first of T inputs",
        "updates",
        tuple(drawn),
        f"start: {gain} times orthogonal",
        (0.95, 3.05),
        (-1, 27),
        ticks(10, 30, 100, 300, 1000),
        "networks of 20",
    )
    text = f"Start {gain} times orthogonal, step size {rate}: after {updates} updates "
    text += f"T = 10 is learned by {found[0][-1]} of 20 networks"
    text += "".join(f", T = {T} by {good[-1]}" for T, good in zip(TS[1:], found[1:])) + "."
    if guess is not None:
        now = learned(0.72, 20, 0.03, 1000)
        text += f" You said {guess:.4g}; at 0.72 and step size 0.03 it is {now}, after 100 updates "
        text += f"{learned(0.72, 20, 0.03, 100)}."
    return Lines((panel,), text)


def bits(rng, T, batch):
    """A sign at step 1, then noise of 0.1: (T, batch, 1)."""
    x = 0.1 * rng.standard_normal((T, batch, 1))
    x[0] = rng.choice([-1.0, 1.0], (batch, 1))
    return x


PICTURES = training, recording, steps_back, passes

exercise_1 = Exercise(
    "Exercise 1",
    [12, 13],
    "With the state carried, who holds the sign at the border? And with the state reset?",
    "Carried: the use of W_h at step t - lag + 1 has the sign in h_{t-lag}. Reset: step t - lag "
    "itself must lie in the chunk.",
    tempting=(
        ([13, 13], "Carried, the state at the border already holds the sign: a step less will do."),
        ([12, 12], "Reset, the chunk must also hold the step where the sign came in."),
        ([13, 12], "The other way round: a reset takes away, so it needs the larger K."),
        ([11, 12], "Count the uses of W_h that carry the sign from one state to the other: 12."),
        ([24, 24], "Twice the lag credits half of the places. The smallest K credits one."),
    ),
)
exercise_2 = Exercise(
    "Exercise 2",
    5 / 20,
    "The state is 0 at the start of each chunk. Which places of a chunk cannot know?",
    "The first 5 of 20 places have no way to know, and the best they can say is 0: error 1 there.",
    tempting=(
        (0.0, "K is larger than the lag, but the first places of each chunk still cannot know."),
        (0.75, "That is the share of places that can know."),
        (0.2, "A chunk of 20 places cannot answer in its first 5, not 4."),
        (0.3, "Place 6 can know: its sign came in at place 1 of the chunk."),
    ),
)
exercise_3 = Exercise(
    "Exercise 3",
    [228 / 5, 1609 / 50],
    "How many steps of the sequence does one update take?",
    "One update every K steps: updates = steps / K.",
    tempting=(
        ([228, 1609], "Those are steps of the sequence. An update comes every K steps."),
        ([228 * 5, 1609 * 50], "The other way round: a larger K makes fewer updates."),
        ([32.18, 45.6], "In the other order: first K = 5."),
    ),
    tolerance=0.03,
)
