"""Notebook 1: the course in one drag, and the chain rule on the lesson's example."""

from math import atanh, sqrt, tanh

import numpy as np

from bptt_helpers import gradient_decay
from bptt_helpers.plots import graph, lines
from bptt_helpers.plots.graph import Edge, Graph, Node
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, LOSS, QUIET, REFERENCE

from .exercise import Exercise
from .sliders import Guess, Slider, explorer
from .words import plain, said

RING = dict(color=REFERENCE, line="", marker="o", size=9, hollow=True)
LONGEST = 12
ASKED = 100 * 0.72 ** (LONGEST - 1)  # per cent


def course():
    """A gradient on its way back along a chain of tanh units."""
    return explorer(
        compute_course,
        graph,
        (8.4, 3.0),
        guess=Guess("Left at T = 12, in %:"),
        W_h=Slider(0.9, 0.0, 1.5, 0.01),
        tanh_prime=Slider(0.8, 0.0, 1.0, 0.01),
        T=Slider(5, 2, LONGEST),
    )


def compute_course(guess, W_h, tanh_prime, T):
    left = gradient_decay(W_h, tanh_prime, T)[::-1]  # at h_1, ..., h_T
    sizes = left / max(1, left.max())  # so that one that grows is seen to grow
    nodes = tuple(unit(t, sizes) for t in range(1, LONGEST + 1))
    edges = tuple(edge for t in range(1, LONGEST) for edge in links(t, W_h * tanh_prime, sizes))
    caption = f"{T} units in a row; backward, each link multiplies by {W_h * tanh_prime:.4g}"
    words = course_in_words(guess, W_h * tanh_prime, left)
    return Graph(nodes, edges, caption, words, (30, 26), (bars(left),), (1.1, 1.4))


def unit(t, sizes):
    there = None if t > len(sizes) else True
    fill = sizes[t - 1] if there else 0
    return Node(t, 0, f"$h_{{{t}}}$", color=BACKWARD, lit=there, fill=fill)


def links(t, r, sizes):
    """Forward from h_t to the next unit, and back: as wide as the gradient that comes through."""
    there = None if t >= len(sizes) else True
    size = sizes[t - 1] if there else 0
    yield Edge(t - 1, t, "", FORWARD, there, 0.1, shift=9)
    yield Edge(t, t - 1, f"× {r:.3g}", BACKWARD, there, size, shift=7)


def bars(left):
    t = np.arange(1, len(left) + 1)
    x, zero = t[:, None] + [-0.3, -0.3, 0.3, 0.3], np.zeros((len(left), 1))
    outline = np.concatenate([zero, left[:, None], left[:, None], zero], axis=1)
    top = Curve(t, left, color=BACKWARD, line="", marker="o", size=6)
    note = f"left at $h_1$:  {left[0]:.4g}"
    curves = Curve(x.ravel(), outline.ravel(), color=BACKWARD, line="fill"), top
    high = next(high for high in (2.3, 11.5, 92) if left.max() < high)
    limits = dict(xlim=(0.4, LONGEST + 0.6), ylim=(-0.04 * high, high))
    ticks = range(1, LONGEST + 1), [str(t) for t in range(1, LONGEST + 1)]
    return Panel("what is left of a gradient of 1", "unit", curves, note, ticks=ticks, **limits)


def course_in_words(guess, r, left):
    k = len(left) - 1
    text = f"A gradient of 1 at h_{k + 1} arrives at h_1 as {r:.4g}^{k} = {left[0]:.4g}, "
    text += f"{plain(100 * left[0], 3)} % of it, {k} link{'s' * (k > 1)} back."
    return text + said(guess, ASKED, "at T = 12, W_h = 0.9 and tanh' = 0.8")


CAPTIONS = (
    "1  forward: h2 is given",
    "2  forward: h3 = tanh(h2)",
    "3  forward: L = h3²",
    "4  backward: start with dL/dL = 1",
    "5  backward: times the slope of the square, 2 h3",
    "6  backward: times the slope of tanh, 1 − h3²",
)


def example():
    """The lesson's example L = tanh(h2)², walked forward and back."""
    controls = dict(h2=Slider(0.5, -3.0, 3.0, 0.01), step=Slider(6, 1, 6, play=1200))
    return explorer(compute_example, graph, (8.4, 2.0), **controls)


def compute_example(h2, step):
    h3 = tanh(h2)
    numbers = h2, h3, h3**2
    local = 1 - h3**2, 2 * h3  # of tanh, of the square
    back = local[0] * local[1], local[1], 1.0  # dL/dh2, dL/dh3, dL/dL
    nodes, edges = boxes(numbers, back, step), arrows(local, back, step)
    words = example_in_words(numbers, local, back, step)
    return Graph(nodes, edges, CAPTIONS[step - 1], words, (132, 78))


def boxes(numbers, back, step):
    found = []
    for i, (name, color) in enumerate((("h2", FORWARD), ("h3", FORWARD), ("L", LOSS))):
        there, arrived = step > i, step >= 6 - i
        text = f"{name}\n{numbers[i] + 0:.4f}" if there else name
        gradient = f"dL/d{name} = {back[i] + 0:.4f}" if arrived else ""
        now = 0.4 if step in (i + 1, 6 - i) else 0
        found.append(Node(i, 0, text, gradient, color, there, now))
    return tuple(found)


def arrows(local, back, step):
    found = []
    for i, (name, slope) in enumerate(zip(("tanh", "square"), local)):
        lit = step >= 6 - i
        size, text = (abs(back[i]), f"× {slope + 0:.4f}") if lit else (0.1, "")
        found.append(Edge(i, i + 1, name, FORWARD, step >= i + 2, shift=10))
        found.append(Edge(i + 1, i, text, BACKWARD, lit, size, shift=10))
    return tuple(found)


def example_in_words(numbers, local, back, step):
    named = [f"{name} = {value + 0:.4f}" for name, value in zip(("h2", "h3", "L"), numbers)]
    forward, backward = ", ".join(named[:step]), "dL/dL = 1"
    if step > 4:
        backward += f", times {local[1] + 0:.4f} is dL/dh3 = {back[1] + 0:.4f}"
    if step > 5:
        backward += f", times {local[0]:.4f} is dL/dh2 = {back[0] + 0:.4f}"
    return f"Forward: {forward}." + (f" Backward: {backward}." if step > 3 else "")


POWERS = np.linspace(-20, 0, 81)
SQUARE_OF_TANH = np.linspace(-3, 3, 121)


def L(h2):
    return np.tanh(h2) ** 2


def slopes(h2, eps):
    """dL/dh2 by a forward difference, a central difference and the complex step."""
    ahead, behind = L(h2 + eps), L(h2 - eps)
    by_complex = L(h2 + 1j * np.asarray(eps)).imag / eps
    return np.array([(ahead - L(h2)) / eps, (ahead - behind) / (2 * eps), by_complex])


def errors(h2, eps):
    """Distance of those three to the derivative by hand."""
    return abs(slopes(h2, eps) - 2 * np.tanh(h2) * (1 - np.tanh(h2) ** 2))


def step_size():
    """How far each way of measuring a slope can be trusted, over the step ε."""
    controls = dict(h2=Slider(0.5, -3.0, 3.0, 0.01), log10_eps=Slider(-1, -20, 0))
    return explorer(compute_step_size, lines, (8.4, 3.4), **controls)


def compute_step_size(h2, log10_eps):
    eps = 10.0**log10_eps
    here, everywhere = errors(h2, eps), errors(h2, 10.0**POWERS)
    panels = secant(h2, eps), valley(log10_eps, here, everywhere)
    return Lines(panels, step_size_in_words(h2, log10_eps, here))


def secant(h2, eps):
    slope, ends = slopes(h2, eps)[1], np.array([h2 - eps, h2 + eps])
    x = SQUARE_OF_TANH
    line = Curve(x, L(h2) + slope * (x - h2), "measured slope", BACKWARD, "--")
    curves = Curve(x, L(x), "L(h2)", FORWARD), line, Curve(ends, L(ends), **RING)
    return Panel("L(h2), from h2 − ε to h2 + ε", "h2", curves, xlim=(-3, 3), ylim=(-0.3, 1.5))


def valley(log10_eps, here, everywhere):
    forward, central, by_complex = np.log10(np.maximum(everywhere, 1e-17))
    curves = (
        Curve(POWERS, by_complex, "complex step", REFERENCE),
        Curve(POWERS, forward, "forward difference", QUIET, ":"),
        Curve(POWERS, central, "central difference", BACKWARD, "--"),
        Curve([log10_eps] * 3, np.log10(np.maximum(here, 1e-17)), **RING),
    )
    limits = dict(xlim=(-20.5, 0.5), ylim=(-17.5, 1))
    return Panel("log$_{10}$ of the error (0 at −17)", "log$_{10}$ ε", curves, **limits)


def step_size_in_words(h2, log10_eps, here):
    says = ["below 1e-15" if error < 1e-15 else f"{error:.0e}" for error in here]
    slope = slopes(h2, 10.0**log10_eps)[1]
    text = f"At h2 = {h2:.2f} with ε = 1e{log10_eps} the measured slope is {slope + 0:.4f}. Errors:"
    return text + " forward difference {}, central difference {}, complex step {}.".format(*says)


def derivative(f, x):
    """By the complex step, so that no formula of an answer stands here."""
    return f(x + 1e-30j).imag / 1e-30


PICTURES = course, example, step_size

exercise_1 = Exercise(
    "Exercise 1",
    atanh(1 / sqrt(3)),
    "At 0 the factor 2 h3 is 0, far out the other one is. Drag h2 in the picture above.",
    "Set the derivative of 2 h3 (1 − h3²) to zero: 3 h3² = 1.",
    tempting=(
        (0, "There tanh is steepest, but L is flat: the factor 2 h3 is 0."),
        (3.0, "There h3 is largest, but the unit is saturated: 1 − h3² is 0.01."),
        (1 / sqrt(3), "That is h3. The question asks for h2."),
    ),
    tolerance=0.03,
)
exercise_2 = Exercise(
    "Exercise 2",
    derivative(lambda w: np.tanh(w * 0.5) ** 2, 0.9),
    "One more link, z = w h. What is its local derivative with respect to w?",
    "dL/dz is by_hand(0.45); dz/dw = h = 0.5.",
    tempting=(
        (derivative(L, 0.45), "That is dL/dz. One factor is missing: how far z moves with w."),
        (derivative(lambda h: np.tanh(0.9 * h) ** 2, 0.5), "That is dL/dh: the last factor is h."),
    ),
    tolerance=0.01,
)
exercise_3 = Exercise(
    "Exercise 3",
    [derivative(lambda h: np.exp(np.tanh(h)), h) for h in (0.5, -1.0)],
    "Two links: tanh, then exp. Where does each stand when its derivative is taken?",
    "The slope of exp is exp itself, taken at tanh(h); times 1 − tanh(h)².",
    tempting=(
        (np.exp(np.tanh([0.5, -1.0])), "That is the slope of exp alone. tanh has one too."),
        (
            np.exp([0.5, -1.0]) * (1 - np.tanh([0.5, -1.0]) ** 2),
            "exp gets tanh(h), not h: its slope is taken where it stands.",
        ),
    ),
    cases=((0.5,), (-1.0,)),
)
exercise_4 = Exercise(
    "Exercise 4",
    derivative(lambda h: h * np.tanh(h), 0.5),
    "Two ways lead from h to L. Along one way one multiplies; what does one do with two ways?",
    "tanh(h) comes through the first factor, h (1 − tanh(h)²) through the second: add them.",
    tempting=(
        (tanh(0.5), "That is one way. h is also inside tanh."),
        (0.5 * (1 - tanh(0.5) ** 2), "That is one way. h is also the factor in front."),
        (tanh(0.5) * 0.5 * (1 - tanh(0.5) ** 2), "Two ways are added, not multiplied."),
    ),
    tolerance=0.01,
)
