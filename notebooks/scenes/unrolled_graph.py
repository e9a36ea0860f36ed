"""Notebook 2: the unrolled network, walked forward and back, and what the way back is worth."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bptt_helpers import Params, bptt, forward
from bptt_helpers.plots import graph, lines
from bptt_helpers.plots.graph import Edge, Graph, Node
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
from .words import said

X = np.array([[1.0], [-0.5], [0.8], [-0.6], [0.5], [0.2]])
TARGETS = np.vstack([[[0.0]], X[:-1]])  # say the input of the step before
LARGEST = len(X)
W_X, B, W_Y = 0.8, 0.1, 1.2
SMALL = "₀₁₂₃₄₅₆"
BOX = (54, 32)


def one_unit(W_h):
    """One tanh unit, so that every box holds one number."""
    return Params(np.array([[W_h]]), np.array([[W_X]]), np.array([B]), np.array([[W_Y]]), [0.0])


class Walk(NamedTuple):
    """All numbers of a walk; entry 0 of h is h_0, entry 0 of the other arrays belongs to step 1."""

    T: int
    step: int  # 1..T forward, T + 1 the losses, then backward from T to 1
    K: int
    W_h: float
    loss: str
    h: np.ndarray  # h_0..h_T
    L: np.ndarray  # L_1..L_T
    own: np.ndarray  # dL_t/dh_t
    later: np.ndarray  # what h_{t+1} sends back to h_t
    delta: np.ndarray  # the sum of the two
    uses: np.ndarray  # what each use of W_h adds to dL/dW_h

    @property
    def back_to(self):
        """The step that the way back has got to; T + 1 before it starts."""
        return min(2 * self.T + 2 - self.step, self.T + 1)

    @property
    def so_far(self):
        """The uses of W_h that it has collected."""
        return self.uses[self.back_to - 1 :].sum()

    @property
    def factors(self):
        """dh_t/dh_{t-1} = W_h (1 - h_t^2), by which a gradient is multiplied on its way back."""
        return self.W_h * (1 - self.h[1:] ** 2)


def walk(T, step, K, W_h, loss):
    h = [0.0]
    for x_t in X[:T, 0]:
        h.append(np.tanh(W_h * h[-1] + W_X * x_t + B))
    h = np.array(h)
    judged = np.arange(1, T + 1) == T if loss == "last" else np.full(T, True)
    error = np.where(judged, W_Y * h[1:] - TARGETS[:T, 0], 0)
    own, later, slope = W_Y * error, np.zeros(T), 1 - h[1:] ** 2
    for t in range(T - 1, 0, -1):
        if t % K:  # else cut between t and t + 1
            later[t - 1] = W_h * slope[t] * (own[t] + later[t])
    delta = own + later
    return Walk(T, step, K, W_h, loss, h, error**2 / 2, own, later, delta, delta * slope * h[:-1])


def unrolled():
    """The walk: forward until every state has its number, then back until the gradient is whole."""
    return explorer(
        compute,
        graph,
        (8.4, 2.6),
        guess=Guess("δ₁ in % of δ₆:"),
        step=Slider(11, 0, 2 * LARGEST + 1, play=900, upto=lambda T, **_: 2 * T + 1),
        W_h=Slider(0.9, -2.0, 2.0, 0.1),
        T=Slider(LARGEST, 1, LARGEST),
        K=Slider(LARGEST, 1, LARGEST),
        loss=Choice("last", ("last", "every")),
    )


def compute(guess, step, W_h, T, K, loss):
    w = walk(T, min(step, 2 * T + 1), K, W_h, loss)
    return Graph(boxes(w), arrows(w), caption(w), in_words(w) + answered(guess), BOX)


def share(w, value):
    """Of the largest gradient in this walk: what a box is filled with, and an arrow as wide as."""
    return abs(value) / (abs(w.delta).max() or 1)


def short(value):
    """Three decimals, or where they would be 0.00… one digit that is not."""
    return f"{value + 0:.3f}" if abs(value) >= 0.01 or not value else f"{value:.1g}"


def boxes(w):
    judged, back = w.step > w.T, w.step > w.T + 1
    total = f"\n{w.L.sum():.3f}" if judged else ""
    sum_so_far = f"\n{w.so_far:.3f}" if back else ""
    got = abs(w.uses[w.back_to - 1 :]).sum() / (abs(w.uses).sum() or 1)
    h_0 = Node(0, 1, "$h_0$  0")
    L = Node(0, 2, f"$L${total}", color=LOSS, lit=judged, fill=judged)
    dW_h = Node(0, 0, f"$dL/dW_h${sum_so_far}", color=WEIGHT, lit=back, fill=got)
    return (h_0, L, dW_h, *(box for t in range(1, LARGEST + 1) for box in column(w, t)))


def column(w, t):
    if t > w.T:
        return tuple(Node(t, row, "", lit=None) for row in range(3))
    i, state, judged, back = t - 1, t <= w.step, w.step > w.T, t >= w.back_to
    h = f"  {w.h[t]:.2f}" if state else ""
    L = f"\n{w.L[i]:.3f}" if judged else ""
    delta = f"\nδ {short(w.delta[i])}" if back else ""
    color, fill = (BACKWARD, share(w, w.delta[i])) if back else (FORWARD, abs(w.h[t]))
    has_loss = None if w.loss == "last" and t < w.T else judged
    weight = judged * w.L[i] / (w.L.max() or 1)
    return (
        Node(t, 0, f"$x_{t}$\n{X[i, 0]}", color=REFERENCE, fill=abs(X[i, 0]) / 3),
        Node(t, 1, f"$h_{t}${h}{delta}", "", color, state, fill if state else 0),
        Node(t, 2, f"$L_{t}${L}", color=LOSS, lit=has_loss, fill=weight),
    )


def arrows(w):
    """Forward as far as the walk has come; backward as wide as the gradient that comes through."""
    found = []
    for t in range(1, LARGEST + 1):
        x_t, h_t, L_t = (3 * t + row for row in (0, 1, 2))
        before = 3 * t - 2 if t > 1 else 0
        there, judged = t <= w.step, w.step > w.T
        arrived = True if w.back_to <= t <= w.T else None
        own = share(w, w.own[t - 1]) if arrived else 0
        found += [
            Edge(before, h_t, "$W_h$", WEIGHT, there, shift=9),
            Edge(x_t, h_t, "$W_x$", REFERENCE, there),
            Edge(h_t, L_t, "$W_y$", FORWARD, judged, shift=9),
            Edge(L_t, h_t, "", BACKWARD, arrived, own, shift=7),
        ]
        if t > 1:
            found.append(way_back(w, t, h_t, before))
    return tuple(found)


def way_back(w, t, h_t, before):
    """From h_t to the state before it: a bar where it is cut, else an arrow with its factor."""
    if (t - 1) % w.K == 0:
        return Edge(h_t, before, "cut", BACKWARD, size=None, shift=7)
    if not w.back_to < t <= w.T:
        return Edge(h_t, before, "", BACKWARD, None)
    through = share(w, w.later[t - 2])
    text = f"×{w.factors[t - 1] + 0:.2f}"
    return Edge(h_t, before, text, BACKWARD, through > 0, through, 7)


def caption(w):
    t = w.back_to
    if w.step == 0:
        return f"Before the first step: h₀ = 0, and W_h = {w.W_h:.1f} in every layer"
    if w.step <= w.T:
        return f"Forward, step {w.step} of {w.T}: the state h{SMALL[w.step]} appears"
    if w.step == w.T + 1:
        return f"Every state is known: the loss appears, L = {w.L.sum():.3f}"
    sources = {f"L{SMALL[t]}": w.own[t - 1], f"h{SMALL[min(t + 1, w.T)]}": w.later[t - 1]}
    found = " and ".join(name for name, sent in sources.items() if sent)
    arrives = f"δ{SMALL[t]} arrives from {found}" if found else "nothing arrives"
    return f"Backward, at step {t}: {arrives}"


def in_words(w):
    t = w.step
    if t == 0:
        return f"Nothing is computed yet. W_h = {w.W_h:.1f} stands in each of the {w.T} layers."
    if t <= w.T:
        parts = f"{w.W_h * w.h[t - 1]:.3f} {W_X * X[t - 1, 0]:+.3f} {B:+.3f}"
        text = f"Forward, step {t} of {w.T}: h_{t} = tanh(W_h h_{t - 1} + W_x x_{t} + b)"
        return f"{text} = tanh({parts}) = {w.h[t]:.3f}."
    if t == w.T + 1:
        each = [f"L_{t} = {L:.3f}" for t, L in enumerate(w.L, 1) if w.loss == "every" or t == w.T]
        return f"Judged: {', '.join(each)}. Together L = {w.L.sum():.3f}."
    return in_words_backward(w, w.back_to)


def in_words_backward(w, t):
    i = t - 1
    text = f"Backward, at step {t}: {short(w.own[i])} from L_{t}" if w.own[i] else ""
    text = text or f"Backward, at step {t}: nothing from L_{t}"
    if t == w.T:
        text += ", and no later step"
    elif t % w.K == 0:
        text += f", nothing across the cut to h_{t + 1}"
    else:
        product = f"{w.factors[t]:.2f} · {short(w.delta[t])} = {short(w.later[i])}"
        text += f" and {product} from h_{t + 1}"
    text += f": δ_{t} = {short(w.delta[i])}"
    if w.loss == "last" and t < w.T:
        text += f", {100 * w.delta[i] / w.delta[-1] + 0:.3g} % of δ_{w.T}"
    text += f". This use of W_h adds {short(w.uses[i])}; "
    if t == 1 and w.K >= w.T:
        return text + f"in all dL/dW_h = {short(w.so_far)}, as bptt says."
    text += f"so far dL/dW_h = {short(w.so_far)}."
    if t > 1:
        return text
    full = walk(w.T, w.step, w.T, w.W_h, w.loss).so_far
    return text + f" That is the truncated gradient, K = {w.K}; the full one is {short(full)}."


START = walk(LARGEST, 2 * LARGEST + 1, LARGEST, 0.9, "last")
ASKED = 100 * START.delta[0] / START.delta[-1]


def answered(guess):
    return said(guess, ASKED, "with W_h = 0.9 and the last loss alone")


def stopped():
    """A walk with a loss at every step and a cut, three steps into the way back: no controls."""
    return explorer(compute_stopped, graph, (8.4, 2.6))


def compute_stopped():
    return compute(None, step=10, W_h=0.9, T=6, K=3, loss="every")


DATA = Path(__file__).parent / "data"
PAST = DATA / "past.npz"  # written by tools/train_without_past.py
RATES, UPDATES = (0.03, 0.1, 0.3), (400, 2000)
GRADIENTS = {"whole": BACKWARD, "not through time": TRUNCATION, "read-out only": QUIET}
SHOWN = "whole", "+ not through time", "+ read-out only"


@cache
def explained():
    """Per cent explained, (rate, gradient, seed, updates)."""
    with np.load(PAST) as data:
        return data["explained"]


def found(rate, updates):
    """Per cent explained with each of the three gradients, (gradient, seed)."""
    return explained()[RATES.index(rate), ..., UPDATES.index(updates)]


def experiment():
    """Networks trained with the whole gradient, without its part through time, or read-out only."""
    return explorer(
        compute_experiment,
        lines,
        (8.4, 2.9),
        guess=Guess("Explained without the part through time, in %:"),
        shown=Choice("whole", SHOWN),
        rate=Choice(0.1, RATES),
        updates=Choice(400, UPDATES),
    )


def compute_experiment(guess, shown, rate, updates):
    n, percent = SHOWN.index(shown) + 1, found(rate, updates)
    curves = [Curve(None, np.nan if guess is None else guess, "you said", LOSS, "--")]
    for i, color in enumerate(GRADIENTS.values()):
        seen = percent[i] if i < n else np.full_like(percent[i], np.nan)
        across = i + np.linspace(-0.3, 0.3, len(seen))
        curves.append(Curve(across, seen, "", color, "", "o", 6))
        median = "median" if i == 0 else ""
        curves.append(Curve([i - 0.36, i + 0.36], [np.median(seen)] * 2, median, REFERENCE))
    how = dict(xlim=(-0.5, 2.5), ylim=(-5, 105), ylabel="explained, %")
    how["ticks"] = range(3), list(GRADIENTS)
    title = f"a dot is a network: {percent.shape[1]} seeds for each gradient"
    panel = Panel(title, "trained with this gradient", tuple(curves), **how)
    return Lines((panel,), experiment_in_words(percent[:n], rate, updates, guess))


def experiment_in_words(percent, rate, updates, guess):
    text = f"Step size {rate} / T, {updates} updates. Explained of the input three steps ago:"
    each = [
        f" {name} {np.median(seen):.0f} % ({seen.min():.0f} to {seen.max():.0f})"
        for name, seen in zip(GRADIENTS, percent)
    ]
    text += ";".join(each) + " (median, lowest and highest of the seeds)."
    right = np.median(found(0.1, 400)[1])
    return text + said(guess, right, "without the part through time, at 0.1 and 400,")


PICTURES = unrolled, experiment, stopped


def by_bptt(W_h=0.9):
    """The states h_0..h_6, dL_t/dh_t and delta_t for a loss at each step, from the package."""
    run = forward(one_unit(W_h), X)
    delta = bptt(one_unit(W_h), run, TARGETS).h[1:, 0]
    return run.h[:, 0], W_Y * (run.y - TARGETS)[:, 0], delta


H, OWN, DELTA = by_bptt()
CASES = tuple((OWN[i], DELTA[i + 1], H[i + 2], 0.9) for i in range(5))
FACTORS = 0.9 * (1 - H[2:] ** 2)  # on the arrows, from that between h_1 and h_2 on

exercise_1 = Exercise(
    "Exercise 1",
    DELTA[:5],
    "Two things arrive at a state: what its own loss sends, and what the next state sends back.",
    "own, plus W_h * (1 - h_next²) * delta_next.",
    tempting=(
        (
            DELTA[:5] - OWN[:5],
            "That is what the next state sends. The state has its own loss, too.",
        ),
        (
            OWN[:5] + 0.9 * DELTA[1:],
            "On its way back the gradient also passes tanh, with 1 - h_next².",
        ),
        (
            (OWN[:5] + DELTA[1:]) * FACTORS,
            "The factor belongs to what comes from the next state; the own loss sends directly.",
        ),
        (OWN[:5], "That is the gradient with every arrow cut: nothing from the next state."),
    ),
    cases=CASES,
)
exercise_2 = Exercise(
    "Exercise 2",
    100 * FACTORS.prod() / FACTORS.min(),
    "Five factors stand on the arrows. Multiply four of them.",
    "100 · 0.80 · 0.81 · 0.52 · 0.47: all but the smallest.",
    tempting=(
        (
            100 * FACTORS.prod(),
            "That is what arrives now. One factor becomes 1: which is smallest?",
        ),
        (100 * FACTORS.prod() / FACTORS.max(), "That replaces the largest factor."),
        (FACTORS.prod() / FACTORS.min(), "The right share, but the question asks for per cent."),
    ),
    tolerance=0.02,
)
exercise_3 = Exercise(
    "Exercise 3",
    [64 * 64 + 64 * 10 + 64, 100 * (64 * 64 + 64 * 10 + 64)],
    "W_h turns 64 numbers into 64, W_x turns 10 into 64. What does b add?",
    "W_h is 64 × 64, W_x is 64 × 10, b has 64 entries.",
    tempting=(
        ([4736, 473600], "b is missing: 64 entries more."),
        ([480000, 4800], "The other way round: shared is the smaller number."),
        ([4096, 409600], "That is W_h alone. W_x and b are shared as well."),
        ([4800, 4800], "Without sharing, each of the 100 layers has its own set."),
    ),
)
exercise_4 = Exercise(
    "Exercise 4",
    (OWN * (1 - H[1:] ** 2) * H[:-1]).sum(),
    "With every arrow cut, δ_t is own[t - 1] alone. Each use adds δ_t (1 - h_t²) h_{t-1}.",
    "Sum own * (1 - h_t²) * h_{t-1}; h_t is h[1:], h_{t-1} is h[:-1].",
    tempting=(
        ((DELTA * (1 - H[1:] ** 2) * H[:-1]).sum(), "That is the whole gradient, nothing cut."),
        ((OWN * H[:-1]).sum(), "The gradient passes tanh before it gets to W_h: 1 - h_t²."),
        (
            (OWN * (1 - H[1:] ** 2) * H[1:]).sum(),
            "W_h was multiplied with the state *before*, h[:-1].",
        ),
    ),
    tolerance=0.02,
)
