"""Notebook 13: one bit over T steps, a cliff and the clipping that holds it, and a gate."""

import runpy
from functools import cache
from math import atanh, exp, inf, log, log10, tanh
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import bptt_helpers
from bptt_helpers.plots import graph, lines
from bptt_helpers.plots.graph import Graph, Node
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, LOSS, QUIET, REFERENCE, WEIGHT

from .exercise import Exercise
from .sliders import Choice, Guess, Slider, explorer, show

MEMORY = Path(__file__).parent / "data" / "memory.npz"
# What tools/train_memory.py has trained: the axes of its arrays.
NOISES, LENGTHS, SEEDS = (0.0, 0.1), (5, 10, 20, 50, 100), 20
STARTS = "tiny", "uniform", "gaussian", "0.9 I", "identity", "orthogonal"
PLAIN, ADAM = (0.01, 0.03, 0.1, 0.3, 1.0), (0.001, 0.003, 0.01)  # step sizes
RULES = (*(f"plain {rate:g}" for rate in PLAIN), *(f"Adam {rate:g}" for rate in ADAM))
LEVELS = 0.0, 0.001, 0.003, 0.01, 0.03, 0.1  # of noise
LADDER = "tiny, T = 20", "0.9 I, T = 100"
CURVES = {  # updates
    "bit": 5000,
    "random labels": 5000,
    "plain descent": 5000,
    "no noise": 1000,
    "no noise, random labels": 1000,
    "no noise, balanced": 1000,
    "no noise, balanced, no eps": 1000,
    "no noise, plain descent": 1000,
    "0.9 I": 1000,
    "0.9 I, no noise": 1000,
}
LOOKS = 50
LEARNED = 0.9  # of the fresh bits
DOTS = dict(line="", marker="o")
RING = dict(color=REFERENCE, line="", marker="o", size=11, hollow=True)


@cache
def tool():
    """tools/train_memory.py, which trains them."""
    path = Path(bptt_helpers.__file__).resolve().parent.parent / "tools" / "train_memory.py"
    return SimpleNamespace(**runpy.run_path(str(path)))


@cache
def data():
    """The arrays that tools/train_memory.py has stored, as floats."""
    with np.load(MEMORY) as arrays:
        return {name: arrays[name].astype(float) for name in arrays}


def of(name, start, T, rule, noise):
    """The twenty seeds of one condition."""
    place = NOISES.index(noise), LENGTHS.index(T), STARTS.index(start), RULES.index(rule)
    return data()[name][place]


def learned(start, T, rule, noise):
    """How many of the twenty name nine of ten fresh bits or more."""
    return int((of("recalled", start, T, rule, noise) >= LEARNED).sum())


# Which start, which step size


def networks():
    """How many of twenty networks learn, for six starts and five lengths."""
    return explorer(
        compute_networks,
        graph,
        (8.4, 2.6),
        guess=Guess("Of 20 networks, learn T = 20:"),
        noise=Choice(0.1, NOISES),
        T=Choice(10, LENGTHS),
        rule=Choice("plain 0.03", ("plain 0.03", "plain 1", "Adam 0.01")),
    )


def compute_networks(guess, noise, T, rule):
    counts = np.array([[learned(start, t, rule, noise) for t in LENGTHS] for start in STARTS])
    caption = f"learned, of {SEEDS} networks: start of W_h downwards, T to the right"
    text = networks_in_words(guess, noise, T, rule, counts)
    return Graph(table(STARTS, counts, T), (), caption, text, (78, 20))


def table(rows, counts, T):
    """Boxes as full as the share that learned; what is longer than T is not told yet."""
    nodes = [Node(i, 0, f"T = {t}", color=QUIET, lit=False) for i, t in enumerate(LENGTHS, 1)]
    for j, (row, found) in enumerate(zip(rows, counts), 1):
        nodes.append(Node(0, -j, row, color=QUIET, lit=False))
        for i, (t, count) in enumerate(zip(LENGTHS, found), 1):
            text, fill = (f"{count}", count / SEEDS) if t <= T else ("?", 0)
            nodes.append(Node(i, -j, text, color=WEIGHT, lit=t <= T, fill=fill))
    return tuple(nodes)


def networks_in_words(guess, noise, T, rule, counts):
    found = ", ".join(f"{start} {n}" for start, n in zip(STARTS, counts[:, LENGTHS.index(T)]))
    text = (
        f"{rule}, noise {noise}, 600 updates at most. Of {SEEDS} networks learn T = {T}: {found}."
    )
    if guess is not None:
        right = learned("uniform", 20, "plain 0.03", 0.1)
        text += f" You said {guess:g} for uniform with plain 0.03 and noise 0.1: it is {right}."
    return text


def steps():
    """The same for one start: how the number depends on rule and step size."""
    return explorer(
        compute_steps,
        graph,
        (8.4, 3.0),
        noise=Choice(0.1, NOISES),
        start=Choice("tiny", STARTS),
    )


def compute_steps(noise, start):
    counts = np.array([[learned(start, T, rule, noise) for T in LENGTHS] for rule in RULES])
    caption = f"{start}, learned of {SEEDS}: rule and step size downwards, T to the right"
    best = [f"T = {T} at most {most}" for T, most in zip(LENGTHS, counts[:5].max(0))]
    adam = [f"{most}" for most in counts[5:].max(0)]
    text = f"{start}, noise {noise}. With the best of five plain step sizes: {', '.join(best)} of "
    text += f"{SEEDS}; with the best of three of Adam's: {', '.join(adam)}."
    return Graph(table(RULES, counts, LENGTHS[-1]), (), caption, text, (88, 18))


# Forward signal, backward gradient

RUNGS = np.arange(len(LEVELS))
TICKS = RUNGS, [f"{level:g}" for level in LEVELS]


def ladder():
    """The same start and rule with more and more noise: what is there, and who learns."""
    return explorer(
        compute_ladder,
        lines,
        (8.4, 2.9),
        guess=Guess("With more noise |dh_T/dh_1|", ("shrinks a lot", "hardly changes")),
        case=Choice("0.9 I, T = 100", LADDER[::-1]),
    )


def compute_ladder(guess, case):
    place = LADDER.index(case)
    first, recalled = data()["ladder_first"][place], data()["ladder_recalled"][place]
    counts = (recalled >= LEARNED).sum(1)
    backward, forward = first[..., 0], np.where(np.isfinite(first[..., 1]), first[..., 1], np.nan)
    panels = both_ways(backward, forward), who_learns(recalled, counts)
    text = f"{case}, Adam 0.003. From no noise to noise 0.1 the backward factor stays (10^"
    text += f"{np.median(backward[0]):.1f} to 10^{np.median(backward[-1]):.1f}, medians of 20); in "
    text += f"h_T the bit falls from 10^{np.median(forward[1]):.1f} of the noise to "
    text += f"10^{np.median(forward[-1]):.1f}. Learned: {', '.join(map(str, counts))} of 20."
    if guess:
        text += f" You said it {guess}; its median moves by "
        text += f"{abs(np.median(backward[-1]) - np.median(backward[0])):.2f} powers of ten."
    return Lines(panels, text)


def both_ways(backward, forward):
    level = np.repeat(RUNGS, SEEDS)
    curves = (
        Curve(RUNGS, np.median(backward, 1), "backward", BACKWARD),
        Curve(level, backward.ravel(), color=BACKWARD, **DOTS),
        Curve(RUNGS[1:], np.median(forward[1:], 1), "forward", FORWARD),
        Curve(level + 0.08, forward.ravel(), color=FORWARD, **DOTS),
    )
    limits = dict(xlim=(-0.4, RUNGS[-1] + 0.4), ylim=(-28, 2))
    return Panel(
        "log$_{10}$ |dh$_T$/dh$_1$|, and bit / noise in h$_T$",
        "noise",
        curves,
        ticks=TICKS,
        **limits,
    )


def who_learns(recalled, counts):
    spread = np.repeat(RUNGS, SEEDS) + np.tile(np.linspace(-0.2, 0.2, SEEDS), len(RUNGS))
    curves = (
        Curve(spread, 100 * recalled.ravel(), "each network", QUIET, **DOTS),
        Curve(RUNGS, 100 * counts / SEEDS, "learned, share of 20", WEIGHT, marker="s", size=7),
    )
    limits = dict(xlim=(-0.4, RUNGS[-1] + 0.4), ylim=(-5, 108))
    return Panel("named rightly after training, %", "noise", curves, ticks=TICKS, **limits)


# What Adam does

CASES = {
    "the bit": "bit",
    "random labels": "random labels",
    "plain 0.3": "plain descent",
    "no noise": "no noise",
    "balanced": "no noise, balanced",
    "balanced, no eps": "no noise, balanced, no eps",
}
SHOWN = 1000  # updates


def adam():
    """|dh_T/dh_1| of twenty networks while they train, for six ways of training."""
    return explorer(
        compute_adam,
        lines,
        (8.4, 2.9),
        guess=Guess("Random labels: |dh_T/dh_1|", ("stays", "grows as well")),
        case=Choice("the bit", tuple(CASES)),
    )


def curve(case):
    """Updates of the looks, log10 |dh_T/dh_1|, and the share right since the last: (look, seed)."""
    place = list(CURVES).index(case)
    at = np.linspace(0, CURVES[case], LOOKS + 1)
    return at, data()["curve_size"][place], data()["curve_right"][place]


def compute_adam(guess, case):
    at, size, right = curve(CASES[case])
    recalled = data()["curve_recalled"][list(CURVES).index(CASES[case])]
    panels = (
        over_updates("log$_{10}$ |dh$_T$/dh$_1$|", at, size, (-29, 3), BACKWARD),
        over_updates("right answers, per cent", at, 100 * right, (-5, 108), WEIGHT),
    )
    start, then, end = (np.median(size[i]) for i in (0, np.searchsorted(at, SHOWN), -1))
    text = (
        f"{case}: median log10 |dh_T/dh_1| {start:.1f} at first, {then:.1f} after {SHOWN} updates"
    )
    text += f", {end:.1f} after {at[-1]:g} (20 networks: {size[-1].min():.1f} to "
    text += f"{size[-1].max():.1f}). {(recalled >= LEARNED).sum()} of 20 have learned."
    if guess:
        bit, chance = (np.median(curve(name)[1][10]) for name in ("bit", "random labels"))
        text += f" You said it {guess}: after 1000 updates it is {chance:.1f} with random labels "
        text += f"and {bit:.1f} with the bit."
    return Lines(panels, text)


def over_updates(title, at, values, y, color):
    x = np.tile(np.append(at, np.nan), values.shape[1])
    each = np.c_[values.T, np.full(values.shape[1], np.nan)].ravel()
    middle = np.nanmedian(values[1:], 1)
    curves = (
        Curve(x, each, "20 networks", QUIET),
        Curve(at[1:], middle, "their median", color, marker="o"),
    )
    end = SHOWN if at[-1] <= SHOWN else 5 * SHOWN
    return Panel(title, "update", curves, xlim=(-0.03 * end, 1.03 * end), ylim=y)


# A bit well held

LONG = LENGTHS.index(100)
SANE = [i for i, rule in enumerate(RULES) if rule != "plain 1"]


def held():
    """(before, after, recalled) of every network, T = 100 and noise 0.1: (start, rule, seed)."""
    before = data()["first"][0, LONG, :, None, :, 0]
    after, recalled = (data()[name][1, LONG][:, SANE] for name in ("after", "recalled"))
    return np.broadcast_to(before, after.shape), after, recalled


def before_after():
    """The gradient before training and after, network by network."""
    before, after, recalled = held()
    won, same = recalled >= LEARNED, [-30, 3]
    x, y = np.maximum(before, -30), np.maximum(after, -30)
    curves = (
        Curve(same, same, "unchanged", REFERENCE, "--"),
        Curve(x[~won], y[~won], "does not recall", QUIET, "", "x", 5),
        Curve(x[won], y[won], "recalls", WEIGHT, "", "s", 5),
    )
    axis = "log$_{10}$ |dh$_T$/dh$_1$| before training"
    panel = Panel("the same after training", axis, curves, "", (-31.5, 3), (-31.5, 5))
    fell = after[won] < before[won]
    words = f"T = 100, noise 0.1, seven rules: {won.sum()} networks recall. The gradient of "
    words += f"{fell.sum()} of them is smaller after training; the median log10 went from "
    words += f"{np.median(before[won]):.1f} to {np.median(after[won]):.1f}."
    show(lines, Lines((panel,), words), (6.4, 3.6))


def readout_alone(kind, T=100, noise=0.1, sequences=256):
    """Share right where nothing is trained but a read-out, by least squares: one entry a seed."""
    ours, found = tool(), []
    for seed in ours.SEEDS:
        rng, P = np.random.default_rng([seed, 3]), ours.start(kind, seed)[None]
        h, bits = [], []
        for _ in range(2):  # to fit, and to try
            x, bit, _ = ours.recall(rng, T, noise, sequences)
            h.append(ours.run(P, x[None])[0, -1, :, : ours.SIZE])
            bits.append(bit)
        W_y = np.linalg.lstsq(h[0], bits[0], rcond=None)[0]
        found.append(np.mean((h[1] @ W_y > 0) == (bits[1] > 0)))
    return np.array(found)


# The cliff: one unit, no input, h_0 = 0.5, to stand at 0.7 after T steps

H_0, TARGET = 0.5, 0.7
# Of the map, a little more than where a start may be, so that its ring is seen whole.
WEIGHTS, BIASES = np.linspace(0.7, 2.9, 89), np.linspace(-1.12, 0.64, 221)
HEIGHTS = -0.9, -0.5, 0.0, 0.4, 0.9
MAP = dict(xlim=(0.7, 2.9), ylim=(-1.12, 0.64))
FREE = dict(color=BACKWARD, marker="o", size=4)
CLIPPED = dict(color=REFERENCE, line="--", marker="x", size=5)


def loss_and_slope(W_h, b, T):
    """L, dL/dW_h, dL/db; numbers or arrays."""
    h, squash = [H_0 + 0 * b], np.tanh if isinstance(b, np.ndarray) else tanh
    for _ in range(T):
        h.append(squash(W_h * h[-1] + b))
    dh = h[T] - TARGET
    L, dW_h, db = dh**2 / 2, 0.0, 0.0
    for t in range(T, 0, -1):
        dz = (1 - h[t] ** 2) * dh
        dW_h, db, dh = dW_h + dz * h[t - 1], db + dz, W_h * dz
    return L, dW_h, db


def descend(W_h, b, T, rate, max_norm=inf, updates=100):
    """W_h, b, loss and length of the gradient at each update: (updates + 1, 4[, starts])."""
    path = []
    for _ in range(updates + 1):
        L, dW_h, db = loss_and_slope(W_h, b, T)
        length = (dW_h**2 + db**2) ** 0.5
        path.append((W_h, b, L, length))
        step = rate / np.maximum(1, length / max_norm)
        W_h, b = W_h - step * dW_h, b - step * db
    return np.array(path)


def wall(W_h):
    """The b at which h_0 itself is a resting state."""
    return atanh(H_0) - W_h * H_0


@cache
def level_lines(T):
    """b for each level, and for the target, and each W_h of the map, by bisection."""
    levels = np.array([*HEIGHTS, TARGET])[:, None]
    low, high = np.full((2, len(levels), len(WEIGHTS)), [[[-3.0]], [[3.0]]])
    for _ in range(45):
        b = (low + high) / 2
        h = np.full(b.shape, H_0)
        for _ in range(T):
            h = np.tanh(WEIGHTS * h + b)
        low, high = np.where(h < levels, b, low), np.where(h < levels, high, b)
    return b


def cliff():
    """Two paths on the map of (W_h, b), clipped and not."""
    return explorer(
        compute_cliff,
        lines,
        (8.4, 3.1),
        guess=Guess("Does a smaller step prevent the fall?", ("always", "not always")),
        W_h=Slider(1.5, 0.8, 2.8, 0.01),
        b=Slider(-0.3, -1.0, 0.5, 0.01),
        T=Slider(20, 2, 50),
        rate=Slider(0.05, 0.005, 0.5, 0.005),
        max_norm=Slider(1.0, 0.1, 200.0, 0.1),
    )


def compute_cliff(guess, W_h, b, T, rate, max_norm):
    free, clipped = descend(W_h, b, T, rate), descend(W_h, b, T, rate, max_norm)
    panels = surface(free, clipped, T), profile(W_h, b, T), losses(free, clipped)
    return Lines(panels, cliff_in_words(guess, free, clipped, max_norm))


def surface(free, clipped, T):
    *levels, zero = level_lines(T)
    curves = [
        Curve([*WEIGHTS, 2.9, 0.7], [*level, 0.7, 0.7], name, FORWARD, "fill")
        for level, name in zip(levels, ("h$_T$ above −0.9, −0.5, 0, 0.4, 0.9", "", "", "", ""))
    ]
    curves += [
        Curve(WEIGHTS, zero, "loss 0", LOSS),
        Curve(free[:, 0], free[:, 1], "not clipped", **FREE),
        Curve(clipped[:, 0], clipped[:, 1], "clipped", **CLIPPED),
        Curve(free[:1, 0], free[:1, 1], "start", **RING),
    ]
    return Panel("the map: b over W$_h$", "W$_h$", tuple(curves), ylabel="b", **MAP)


def profile(W_h, b, T):
    h = np.full(BIASES.shape, H_0)
    for _ in range(T):
        h = np.tanh(W_h * h + BIASES)
    here = H_0
    for _ in range(T):
        here = np.tanh(W_h * here + b)
    curves = (
        Curve(BIASES, h, color=FORWARD),
        Curve(None, TARGET, color=LOSS),
        Curve([b], [here], **RING),
    )
    limits = dict(xlim=MAP["ylim"], ylim=(-1.15, 1.15))
    return Panel("h$_T$ over b at the start's W$_h$", "b", curves, **limits)


def losses(free, clipped):
    updates = np.arange(len(free))
    logs = [np.log10(np.maximum(path[:, 2], 1e-8)) for path in (free, clipped)]
    curves = [Curve(updates, low, **style) for low, style in zip(logs, (FREE, CLIPPED))]
    return Panel("log$_{10}$ loss (from −8)", "update", tuple(curves), "", (-4, 104), (-8.4, 0.6))


def cliff_in_words(guess, free, clipped, max_norm):
    text = []
    for name, path in (("Not clipped", free), (f"Clipped at {max_norm:g}", clipped)):
        steepest = path[:, 3].argmax()
        words = f"{name}: steepest gradient {path[steepest, 3]:.3g} at update {steepest}; "
        text.append(words + "ends at W_h = {:.3g}, b = {:.3g} with loss {:.3f}.".format(*path[-1]))
    if guess:
        thrown, saved = (descend(1.5, -0.3, 20, rate)[-1, 2] for rate in (0.02, 0.005))
        text.append(
            f"You said {guess}: from 1.5, −0.3 the loss ends at {thrown:.3f} with rate 0.02"
        )
        text[-1] += f" and at {saved:.3f} with 0.005."
    return " ".join(text)


RATES, TRIED = (0.01, 0.02, 0.05, 0.1, 0.2), (3, 5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60)
SAMPLES, EACH = 4, 125


@cache
def thrown():
    """Share of random starts that one update moves by more than 1: (rate, T, sample)."""
    rng = np.random.default_rng(0)
    W_h = rng.uniform(1.4, 2.2, SAMPLES * EACH)
    b = rng.uniform(-0.9, 0, SAMPLES * EACH)
    found = np.zeros((len(RATES), len(TRIED), SAMPLES))
    rates = np.repeat(RATES, len(b))
    for i, T in enumerate(TRIED):
        path = descend(np.tile(W_h, len(RATES)), np.tile(b, len(RATES)), T, rates)
        far = (rates * path[:-1, 3]).max(0) > 1
        found[:, i] = far.reshape(len(RATES), SAMPLES, EACH).mean(-1)
    return found


def lengths():
    """How many paths are thrown, over T, for five step sizes."""
    found, styles = 100 * thrown(), ("-", "--", "-.", ":", "-")
    colors = QUIET, FORWARD, REFERENCE, WEIGHT, BACKWARD
    curves = []
    for rate, share, line, color in zip(RATES, found, styles, colors):
        curves.append(Curve(TRIED, share.mean(-1), f"rate {rate:g}", color, line))
        dots = np.repeat(TRIED, SAMPLES), share.ravel()
        curves.append(Curve(*dots, color=color, **DOTS))
    most = [
        f"{TRIED[share.mean(-1).argmax()]} at rate {rate:g}" for rate, share in zip(RATES, found)
    ]
    words = "Share of random starts that one update moves by more than 1, not clipped (dots: four "
    words += f"samples of {EACH}). The mean is largest at T = {', '.join(most)}."
    panel = Panel("thrown, per cent", "T", tuple(curves), xlim=(0, 62), ylim=(-2, 64))
    show(lines, Lines((panel,), words), (8.4, 3.4))


# One derivative changes: the gate


def gate(a):
    return 1 / (1 + exp(-a))


def resting_factor(h):
    """W_h (1 - h^2) of a tanh unit that rests at h without bias or input."""
    return np.arctanh(h) / h * (1 - h**2)


def gates():
    """What a tanh unit and a gate keep of a gradient at each step, and over many."""
    h, j, dashes = np.linspace(0.01, 0.999, 150), np.arange(101), {0: ":", 1: "-.", 2: "--", 4: "-"}
    held = [Curve(h, resting_factor(h), "tanh unit", BACKWARD)]
    left = [Curve(j, j * log10(0.72), "r = 0.72", BACKWARD, marker="o", size=3)]
    for a, dash in dashes.items():
        style = dict(label=f"gate, bias {a}", color=WEIGHT, line=dash)
        held.append(Curve([0, 1], [gate(a)] * 2, **style))
        left.append(Curve(j, j * log10(gate(a)), **style))
    words = f"A tanh unit that holds 0.9 keeps {resting_factor(0.9):.2f} of the gradient a step; a "
    words += (
        f"gate keeps {gate(0):.2f} to {gate(4):.3f} (bias 0 to 4) whatever it holds. After 100 "
    )
    words += (
        f"steps 10^{100 * log10(0.72):.1f} is left at 0.72, and {gate(4) ** 100:.2f} with bias 4."
    )
    panels = (
        Panel("factor a step", "value that is held", tuple(held), "", (0, 1), (0, 1.05)),
        Panel(
            "log$_{10}$ of what is left", "steps back, j", tuple(left), "", (-3, 103), (-32, 1.6)
        ),
    )
    show(lines, Lines(panels, words), (8.4, 3.2))


PICTURES = networks, steps, ladder, adam, before_after, cliff, lengths, gates

_F = 0.01 ** (1 / 100)

exercise_3 = Exercise(
    "Exercise 3",
    log(_F / (1 - _F)),
    "First the gate f: which number, multiplied a hundred times, gives 0.01? Then its bias.",
    "σ(a) = f means a = log(f / (1 − f)).",
    tempting=(
        (_F, "That is the gate f itself. The bias a stands inside the sigmoid."),
        (log(0.01 / 0.99), "That gate keeps 1 % at every single step."),
        (log(0.99 / 0.01), "That gate loses 1 % at every step; after 100 steps 37 % is left."),
        (1.0, "A bias of 1 gives f = 0.73: 1 % is left after 15 steps."),
    ),
    tolerance=0.005,
)
exercise_1 = Exercise(
    "Exercise 1",
    [(0.6, 0.8), (0.3, 0.4)],
    "By which factor must (30, 40) be shortened, and by which (0.3, 0.4)?",
    "The factor is min(1, max_norm / hypot(g_1, g_2)).",
    tempting=(
        ([(0.6, 0.8), (0.6, 0.8)], "(0.3, 0.4) is short enough: it must come back unchanged."),
        ([(1.0, 1.0), (0.3, 0.4)], "That cuts each number by itself, and changes the direction."),
        ([(30.0, 40.0), (0.3, 0.4)], "(30, 40) is 50 long."),
    ),
    cases=((30, 40, 1), (0.3, 0.4, 1)),
)
exercise_2 = Exercise(
    "Exercise 2",
    wall(1.8),
    "On the cliff h_0 = 0.5 is a resting state, one that any push leads away from.",
    "0.5 = tanh(1.8 · 0.5 + b).",
    tempting=(
        (TARGET - 1.8 * H_0, "0.7 is where h_T should be. The cliff is where h_0 = 0.5 rests."),
        (H_0 - 1.8 * H_0, "The unit is a tanh: artanh(0.5), not 0.5."),
        (atanh(TARGET) - 1.8 * TARGET, "There 0.7 rests: that is where the loss can be 0."),
        (1.8 * H_0 - atanh(H_0), "The other sign: b = artanh(h_0) − W_h h_0."),
    ),
    tolerance=0.012,
)
