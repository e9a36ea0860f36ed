"""Notebook 16: notebook 6's map of pairs (t, k) for a tanh network, an LSTM, a diagonal recurrence
and attention: how many factors lie on the way, what arrives, what has to be kept."""

from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from bptt_helpers.gradcheck import complex_step
from bptt_helpers.plots import heat, lines
from bptt_helpers.plots.graph import Edge, Graph, Node
from bptt_helpers.plots.heat import Heat, Map
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, LOSS, QUIET, REFERENCE

from .exercise import Exercise
from .four_models import MODELS, lstm_cell_alone, numbers_kept, sigmoid
from .sliders import Choice, Guess, Slider, explorer
from .words import said

NAMES = tuple(MODELS)
SIZE, LONGEST = 8, 60
LIMITS = -6, 0  # log10 of a share
START = dict(zip(NAMES, (1.0, 1.0, 0.9, 1.0)))  # gain, forget bias, |lambda|, temperature
SLOTS = 7  # columns of the drawn way
RING = dict(color=REFERENCE, line="", marker="o", size=11, hollow=True)


def case(name, knob, seed=0, T=LONGEST):
    """Untrained: params, x (T, 1), run."""
    rng = np.random.default_rng(seed)
    x = rng.choice([-1.0, 1.0], (T, 1))
    params = MODELS[name].start(rng, SIZE, knob)
    return params, x, MODELS[name].forward(params, x)


@lru_cache(512)
def sizes(name, knob, seed=0):
    """|dh_t/dx_k|, (T, T), for the longest T: a shorter sequence has the corner of it, since no
    model looks ahead."""
    params, _, run = case(name, knob, seed)
    return np.linalg.norm(MODELS[name].moves(params, run), axis=2)


def shares(name, knob, T=LONGEST, seed=0):
    """Each row of the map over its sum."""
    found = sizes(name, knob, seed)[:T, :T]
    return found / found.sum(1, keepdims=True)


@cache
def asked():
    """Per cent of row 60 that attention gives to lag 20 before training: median of 20 networks."""
    return 100 * np.median([shares("attention", 1.0, seed=seed)[59, 39] for seed in range(20)])


def credit():
    """The map of one model; the way of the chosen pair; the last row of all four."""
    return explorer(
        compute,
        heat,
        (8.4, 2.6),
        guess=Guess("Attention, T = 60, lag 20, share in %:"),
        model=Choice("tanh", NAMES),
        T=Slider(20, 2, LONGEST),
        lag=Slider(5, 0, LONGEST - 1, upto=lambda T, **_: T - 1),
        forget_bias=Slider(1.0, 0.0, 6.0, 0.25),
        radius=Slider(0.9, 0.5, 0.99, 0.01),
        temperature=Slider(1.0, 0.1, 5.0, 0.1),
    )


def compute(guess, model, T, lag, forget_bias, radius, temperature):
    knobs = dict(zip(NAMES, (START["tanh"], forget_bias, radius, temperature)))
    found = {name: shares(name, knob, T) for name, knob in knobs.items()}
    with np.errstate(divide="ignore"):
        logs = np.log10(found[model])
        rows = {name: np.log10(share[-1, ::-1]) for name, share in found.items()}
    k = T - lag
    size = sizes(model, knobs[model], 0)[T - 1, :T]  # as shares asks for it: computed once
    shown = Map("share of its row", logs, (T, k))
    panel = last_row(rows, model, lag)
    graph = (fan if model == "attention" else chain)(size, T, lag, panel)
    words = f"Output {T} to input {k}: {graph.caption}. Share of lag {lag}: "
    words += ", ".join(f"{name} {percent(share[-1, k - 1])}" for name, share in found.items())
    words += ". "
    words += in_memory(model, T)
    words += said(guess, asked(), "in the median of 20 networks")
    return Heat((shown,), words, "", LIMITS, graph, (1, 1.35), ("input k", "output t"))


def power(log):
    return f"10^{log + 0.0:.1f}".replace("-0.0", "0.0")


def percent(share):
    return f"{100 * share:.2g} %"


def kept(name, T):
    """Numbers kept for the way back."""
    return numbers_kept(name, T, SIZE)[1]


def in_memory(name, T):
    forward, back = numbers_kept(name, T, SIZE)
    return f"{name} keeps {back:,} numbers for the way back, {forward:,} to go on."


def columns(T, lag):
    """The steps that the drawing has room for, from T back: 0 where there is none, None for those
    left out between. The chosen one stands at min(lag, 6)."""
    if lag < SLOTS:
        return [max(t, 0) for t in range(T, T - SLOTS, -1)]
    return [T, T - 1, T - 2, None, T - lag + 2, T - lag + 1, T - lag]


def drawn(T, lag, states, inputs, edges, caption, panel):
    """Two rows of boxes, states above inputs, the latest on the right. states : how much is left
    at each, None where there is no box. inputs : whether there are others than the chosen one.
    edges : from state to state, 6; down from each, 7; from the last state to each other input, 6.
    """
    steps, slot = columns(T, lag), min(lag, SLOTS - 1)
    nodes = []
    for i, (step, left) in enumerate(zip(steps, states)):
        name = "…" if step is None else f"$h_{{{step}}}$"
        lit = None if step == 0 or left is None else i <= slot
        nodes.append(Node(-i, 1, name, "", BACKWARD if i else LOSS, lit, left if lit else 0))
    for i, step in enumerate(steps):
        lit = i == slot if step and (inputs or i == slot) else None
        nodes.append(Node(-i, 0, f"$x_{{{step}}}$", "", FORWARD, lit))
    return Graph(tuple(nodes), tuple(edges), caption, "", (34, 20), (panel,), (1.3, 1))


def chain(size, T, lag, panel):
    """One step back after the other, then down to the input; and what stands in the caption."""
    steps, slot = columns(T, lag), min(lag, SLOTS - 1)
    left = size[::-1] / size[-1]
    states = [left[min(lag - 3 if step is None else T - step, T - 1)] for step in steps]
    edges = []
    for i in range(SLOTS - 1):
        text = f"× {short(states[i + 1] / states[i])}" if i < slot else ""
        text *= None not in steps[i : i + 2]
        width = states[i + 1] if i < slot else 0
        edges.append(Edge(i, i + 1, text, BACKWARD, i < slot, width, shift=4))
    edges += [Edge(i, SLOTS + i, "", BACKWARD, True, left[lag]) for i in range(SLOTS)]
    edges += [Edge(0, SLOTS + i, lit=None) for i in range(1, SLOTS)]
    caption = factors(lag) + (f", × {left[lag] ** (1 / lag):.3g} on average" if lag else "")
    return drawn(T, lag, states, False, edges, caption, panel)


def fan(size, T, lag, panel):
    """One arrow to every input; and what stands in the caption."""
    steps, slot = columns(T, lag), min(lag, SLOTS - 1)
    share = size[::-1] / size.sum()
    edges = [Edge(i, i + 1, lit=None) for i in range(SLOTS - 1)]
    edges += [Edge(0, SLOTS, "", BACKWARD, slot == 0, share[0])]
    edges += [Edge(i, SLOTS + i, lit=None) for i in range(1, SLOTS)]
    for i, step in enumerate(steps[1:], 1):
        width = share[T - step] if step else 0
        edges.append(Edge(0, SLOTS + i, "", BACKWARD, i == slot, width))
    states = [1] + [None] * (SLOTS - 1)
    return drawn(T, lag, states, True, edges, f"1 factor, one of {T} arrows side by side", panel)


def factors(lag):
    return f"{lag} factor" + "s" * (lag != 1) + " in a row" * (lag > 1)


def short(number):
    """Two digits."""
    return f"{number:.2g}" if number == 0 or number >= 0.01 else f"{number:.0e}"


STYLES = dict(zip(NAMES, ("-", "--", "-.", ":")))  # of each model's row, as its label shows it
ROWS = "lag (tanh —, LSTM – –, diagonal – ·, attention · · ·)"


def last_row(rows, model, lag):
    """log10 of the shares over the lag, what is less than LIMITS on the floor: of the chosen model
    over those of all four."""
    rows = {name: np.maximum(log, LIMITS[0]) for name, log in rows.items()}
    lags, chosen = np.arange(len(rows[model])), rows[model]
    quiet = [Curve(lags, rows[name], "", QUIET, line) for name, line in STYLES.items()]
    curves = (
        *quiet,
        Curve(lags, chosen, marker="o", size=3),
        Curve([lag], [chosen[lag]], **RING),
    )
    end = next(size for size in heat.SIZES if size >= len(lags))
    limits = dict(xlim=(-0.02 * end - 0.5, 1.02 * end), ylim=(LIMITS[0] - 1.3, 1.4))
    return Panel("", ROWS, curves, ylabel="log$_{10}$", **limits)


# What a gate does not do

GATE_T = 40


def gate():
    """The LSTM's last row: in all, along the cell alone, and what a steady gate would leave."""
    return explorer(
        compute_gate,
        lines,
        (8.4, 2.9),
        guess=Guess("Forget bias that gives most to lag 20:"),
        forget_bias=Slider(1.0, 0.0, 6.0, 0.25),
        lag=Slider(10, 5, GATE_T - 1),
        size=Slider(1.0, 0.0, 5.0, 0.25),
        seed=Slider(0, 0, 20),
    )


@lru_cache(64)
def gate_rows(forget_bias, size, seed):
    """log10 of |dh_T/dx_(T-j)| over that of j = 0: in all, and along the cell alone."""
    params, x, _ = case("LSTM", forget_bias, seed, GATE_T)
    params = params._replace(W_h=size * params.W_h)
    run = MODELS["LSTM"].forward(params, x)
    every = np.linalg.norm(MODELS["LSTM"].moves(params, run)[-1, ::-1], axis=1)
    alone = np.linalg.norm(lstm_cell_alone(params, run)[::-1], axis=1)
    return np.log10(every / every[0]), np.log10(alone / every[0])


def best_share(lag):
    """The most that a steady gate gives to a lag of a long row."""
    return lag**lag / (lag + 1) ** (lag + 1)


def steady(bias, lag):
    """What a gate that stands at sigmoid(bias) leaves after ``lag`` steps, and what share of a
    long row that is: f^lag, f^lag (1 - f)."""
    f = sigmoid(bias)
    return f**lag, f**lag * (1 - f)


BIASES = np.linspace(0, 6, 121)


def compute_gate(guess, forget_bias, lag, size, seed):
    every, alone = gate_rows(forget_bias, size, seed)
    lags = np.arange(GATE_T)
    left, share = steady(forget_bias, lag)
    curves = (
        Curve(lags, every, "in all", BACKWARD),
        Curve(lags, alone, "along the cell alone", FORWARD, "-."),
        Curve(lags, lags * np.log10(sigmoid(forget_bias)), "steady gate", REFERENCE, "--"),
        Curve([lag, lag], [every[lag], alone[lag]], **RING),
    )
    limits = dict(xlim=(-1, GATE_T), ylim=(-13, 3))
    first = Panel("log$_{10}$ of what is left of lag 0", "lag", curves, **limits)
    curves = (
        Curve(BIASES, 100 * steady(BIASES, lag)[1], color=REFERENCE, line="--"),
        Curve([forget_bias], [100 * share], **RING),
    )
    limits = dict(xlim=(-0.2, 6.2), ylim=(-0.5, 7.5))
    second = Panel("share of the lag, steady gate, %", "forget bias", curves, **limits)
    words = f"Lag {lag}, forget bias {forget_bias:g}: {power(every[lag])} of lag 0 is left, along "
    words += f"the cell alone {power(alone[lag])}, of a steady gate {power(np.log10(left))}: that "
    words += f"is {percent(share)} of a long row. Weights × {size:g}, network {seed}."
    if guess is not None:
        f, most = steady(guess, 20)[1], best_share(20)
        words += f" You said {guess:.3g}: a steady gate then gives lag 20 {percent(f)} of a long "
        words += f"row. The most is {percent(most)}, with bias {np.log(20):.2f}."
    return Lines((first, second), words)


# After training

DATA = Path(__file__).parent / "data" / "four.npz"


@cache
def stored():
    """What tools/train_four.py has stored; numbers as floats."""
    with np.load(DATA) as arrays:
        found = {name: arrays[name] for name in arrays}
    return {k: v if v.dtype.kind in "iU" else v.astype(float) for k, v in found.items()}


LAGS, RATE, TRAINED_T = (5, 10, 20), 0.01, 40


def trained_on(name, case, lag, rate=RATE):
    """One array of a training: error and share (look, seed), map (2, T, T)."""
    axes = stored()
    place = list(axes["case"]).index(case), LAGS.index(lag), list(axes["rate"]).index(rate)
    return axes[name][place]


def trained():
    """The map before training and after."""
    return explorer(
        compute_trained,
        heat,
        (8.4, 2.9),
        guess=Guess("At lag 20, fails in every network:", NAMES),
        model=Choice("attention", NAMES),
        lag=Choice(10, LAGS),
    )


def compute_trained(guess, model, lag):
    error, share = (trained_on(name, model, lag) for name in ("error", "share"))
    maps = trained_on("map", model, lag)
    titles = "before", f"after {stored()['look'][-1]:,} updates"
    point = TRAINED_T, TRAINED_T - lag
    shown = tuple(Map(title, log, point) for title, log in zip(titles, maps))
    (before, after), (low, high) = np.median(error[[0, -1]], 1), (error[-1].min(), error[-1].max())
    words = f"{model}, lag {lag}, step size {RATE}, medians of 6 networks: error {before:.2f} "
    words += f"before, {after:.2f} after ({low:.2f} to {high:.2f}). Of row 40 lag {lag} gets "
    words += "{} before, {} after.".format(*map(percent, np.median(share[[0, -1]], 1)))
    if guess:
        ends = {name: trained_on("error", name, 20)[-1] for name in NAMES}
        words += f" You said {guess}. At lag 20 the errors end at "
        words += ", ".join(f"{name} {np.median(end):.2f}" for name, end in ends.items()) + "."
    return Heat(shown, words, "share of its row", LIMITS, labels=("input k", "output t"))


def updates_needed(case, lag, error=0.1):
    """At which look the median error of six networks is below ``error``; None if at none."""
    below = np.median(trained_on("error", case, lag), axis=1) < error
    return int(stored()["look"][below.argmax()]) if below.any() else None


PICTURES = credit, gate, trained


# Witnesses, and other networks


def as_complex(P):
    """lambda and W_x of the diagonal model, (n/2,) complex numbers each."""
    re, im = np.split(P.W_x, 2)
    return np.exp(-np.exp(P.nu) + 1j * P.angle), re + 1j * im


def off_from_complex_step(name, seed, T=12):
    """The largest difference between a model's walk back and the complex step: all parameters and
    inputs, three sequences, random losses."""
    model, rng = MODELS[name], np.random.default_rng(seed)
    P = model.start(rng, SIZE, START[name])
    x, targets = rng.choice([-1.0, 1.0], (T, 3)), rng.standard_normal((T, 3))

    def loss(values):
        *params, x = values
        return (0.5 * (model.forward(type(P)(*params), x).y - targets) ** 2).sum()

    run = model.forward(P, x)
    gradient, dx = model.backward(P, x, run, run.y - targets)
    witness = complex_step(loss, (*P, x))
    return max(abs(a - b).max() for a, b in zip((*gradient, dx), witness))


def over_value_alone(seed, T=LONGEST):
    """How many times as far input k moves attention's h_T as by its value alone: (T,)."""
    P, _, run = case("attention", START["attention"], seed)
    by_value = run.a[0, T - 1, :T] * np.linalg.norm(P.W_v @ P.W_x)
    return sizes("attention", START["attention"], seed)[T - 1, :T] / by_value


def through_the_gates(forget_bias, lag, size=1.0, seeds=range(20)):
    """log10 of what arrives over lag, in all and along the cell alone: (seeds, 2)."""
    found = [gate_rows(forget_bias, size, seed) for seed in seeds]
    return np.array([[every[lag], alone[lag]] for every, alone in found])


def best_echo(lam, lag, steps=400):
    """The least mean squared error of an echo of random signs for a diagonal recurrence that has
    these lambda, whatever its W_x and W_y: it can weigh the powers of each lambda, nothing else."""
    j = np.arange(steps)[:, None]
    powers, wanted = np.atleast_1d(lam) ** j, 1.0 * (j[:, 0] == lag)
    powers = np.hstack([powers.real, powers.imag])
    weights = np.linalg.lstsq(powers, wanted, rcond=1e-10)[0]
    return ((powers @ weights - wanted) ** 2).sum()


# Exercises

exercise_1 = Exercise(
    "Exercise 1",
    float(np.log(50)),
    "Write the share f^50 (1 - f) and set its derivative after f to 0. Then from f to its bias.",
    "f = 50/51; the bias is log(f / (1 - f)).",
    tempting=(
        (50 / 51, "That is the gate f. The bias stands inside the sigmoid."),
        (float(np.log(49)), "f = 1 - 1/50 is close, but 50/51 gives a little more."),
        (float(np.log(20)), "That is best for lag 20. A longer lag wants a gate nearer to 1."),
        (6.0, "So open a gate keeps hundreds of inputs alike, and lag 50 is one of them."),
    ),
)
exercise_2 = Exercise(
    "Exercise 2",
    int(np.ceil(1 / best_share(20))),
    "What does the best gate give, as a number? From which T on is 1/T smaller?",
    "The best share is 20^20 / 21^21, about 1/55.7.",
    tempting=(
        (20, "At T = 20 attention gives each input 5 %; the gate gives lag 20 less than 2 %."),
        (21, "1/21 is 1 - f, the factor of the input itself; f^20 comes on top."),
        (55, "1/55 is still a little more than the gate's share: 1/55.7."),
        (54, "e times 20 is near, but 20^20 / 21^21 is about 1/55.7."),
    ),
)
exercise_3 = Exercise(
    "Exercise 3",
    next(T for T in range(1, 100) if kept("attention", T) > kept("LSTM", T)),
    "Attention keeps 3 n T + T(T + 1)/2 numbers, the LSTM 6 n T. Here n = 8.",
    "(T + 1)/2 > 3 n.",
    tempting=(
        (47, "There both keep the same: 2,256."),
        (25, "That counts T^2 weights; those of k > t are 0 and need not be kept."),
        (96, "Queries, keys and values are kept as well: 3 n T more numbers."),
    ),
)
exercise_4 = Exercise(
    "Exercise 4",
    [1 - 0.9**6, 1 - 0.5**1, 1 - 0.95**21],
    "Add (1 - f) f^j over j = 0, ..., lag: a geometric sum.",
    "What is missing are the lags beyond, f^(lag + 1) of all.",
    tempting=(
        ([1 - 0.9**5, 1 - 0.5**0, 1 - 0.95**20], "Lags 0 to lag are lag + 1 terms."),
        ([0.9**6, 0.5**1, 0.95**21], "That is the share of all longer lags."),
        ([0.9**5 * 0.1, 0.5, 0.95**20 * 0.05], "That is the share of this lag alone."),
    ),
    cases=((0.9, 5), (0.5, 0), (0.95, 20)),
)
