"""Notebook 10: eigenvalues, singular values, and what a product of Jacobians really keeps."""

from functools import lru_cache
from math import cos, radians, sin, sqrt

import numpy as np

from bptt_helpers import (
    Params,
    forward,
    init_params,
    jacobian_product,
    log10_singular_values,
    step_jacobians,
)
from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, QUIET, REFERENCE, WEIGHT

from .exercise import Exercise
from .sliders import Choice, Guess, Slider, explorer, show

RING = dict(color=REFERENCE, line="", marker="o", size=11, hollow=True)
ANGLES = np.linspace(0, 2 * np.pi, 181)
CIRCLE = np.array([np.cos(ANGLES), np.sin(ANGLES)])
MOST, TOP, REACH = (
    40,
    36,
    4.2,
)  # steps back; ends of the axes, beyond every curve of the first picture
WIDE, WIDE_STATES = 2.22, 2.10  # how much wider than high the planes are: a circle is round


def recurrent(radius, angle, c):
    """Eigenvalues of size ``radius``; singular values: product radius^2, difference radius c."""
    turn = 2 * sin(radians(angle))
    u, v = (sqrt(c**2 + turn**2) + c) / 2, (sqrt(c**2 + turn**2) - c) / 2
    return radius * np.array([[cos(radians(angle)), -v], [u, cos(radians(angle))]])


# The same matrix at every step: tanh' = 1


def growth():
    """What W_h makes of all gradients of length 1, step by step back."""
    return explorer(
        compute_growth,
        lines,
        (8.4, 2.6),
        guess=Guess("Largest length:"),
        radius=Slider(0.9, 0.5, 0.95, 0.01),
        c=Slider(4.0, 0.0, 4.0, 0.1),
        angle=Slider(0, 0, 180),
        j=Slider(2, 0, MOST, play=400),
    )


def powers(W, most=MOST):
    """W^0, W^1, ..., shape (most + 1, n, n)."""
    found = [np.eye(len(W))]
    for _ in range(most):
        found.append(W @ found[-1])
    return np.array(found)


def compute_growth(guess, radius, c, angle, j):
    W = powers(recurrent(radius, angle, c))
    largest = np.linalg.norm(W, 2, axis=(1, 2))
    panels = plane(W[1].T), lengths(radius, largest, j)
    return Lines(panels, growth_in_words(guess, radius, largest, j))


def plane(back):
    """back : what one step multiplies a gradient, a column, by."""
    longest, shortest = (back @ np.linalg.svd(back)[2].T).T
    radii = np.array([longest, 0 * longest, shortest])
    curves = (
        Curve(*CIRCLE, color=QUIET, line="--"),
        Curve(*(back @ CIRCLE), color=BACKWARD),
        Curve(*radii.T, "its radii: the singular values", WEIGHT),
    )
    limits = dict(xlim=(-WIDE * REACH, WIDE * REACH), ylim=(-REACH, REACH))
    return Panel(
        "one step back: the circle becomes an ellipse",
        "for unit 1",
        curves,
        ylabel="for unit 2",
        **limits,
    )


def lengths(radius, largest, j):
    steps = np.arange(MOST + 1)
    curves = (
        Curve(steps, radius**steps, "eigenvalues alone: radius$^j$", REFERENCE, "--"),
        Curve(steps[: j + 1], largest[: j + 1], "the longest gradient", marker="o"),
        Curve([j], [largest[j]], **RING),
    )
    note = f"j = {j}:  {largest[j]:.4g}"
    limits = dict(xlim=(-1, MOST + 1), ylim=(-1.5, TOP))
    return Panel("many steps back: length", "steps back, j", curves, note, **limits)


def growth_in_words(guess, radius, largest, j):
    text = f"Eigenvalues of size {radius:.4g}. After j = {j} steps back they say {radius**j:.4g}; "
    text += f"the longest gradient is {largest[j]:.4g} long, starting from 1."
    if guess is not None:
        right = np.linalg.norm(powers(recurrent(0.9, 0, 4)), 2, axis=(1, 2))
        text += f" You said {guess:.4g}; at radius 0.9, c = 4 and angle 0 the largest length is "
        text += f"{right.max():.4g}, at j = {right.argmax()}."
    return text


# A real tanh network

NOISE = np.random.default_rng(4).standard_normal((100, 2))
TINY = np.array([1e-3, 1e-3])


def network():
    """The singular values of dh_T/dh_{T-j} in a network with that W_h, and its states."""
    return explorer(
        compute_network,
        lines,
        (8.4, 2.9),
        radius=Slider(1.5, 0.5, 1.5, 0.05),
        angle=Slider(30, 0, 180),
        c=Slider(0.0, 0.0, 4.0, 0.1),
        strength=Slider(0.0, 0.0, 0.5, 0.05),
        T=Slider(50, 2, 100),
        start=Choice("settled", ("settled", "tiny")),
    )


def network_of(radius, angle, c):
    return Params(recurrent(radius, angle, c), np.eye(2), np.zeros(2), np.eye(2), np.zeros(2))


@lru_cache(8)  # strength and T move without it
def settled(radius, angle, c):
    """Where the network is 2000 steps after a state of 0.001, without input."""
    return forward(network_of(radius, angle, c), np.zeros((2000, 2)), TINY).h[-1]


def run(radius, angle, c, strength, T, start="settled"):
    """The network and its run: from a state of 0.001, or from where that has settled."""
    net, x = network_of(radius, angle, c), strength * NOISE[np.arange(T) % len(NOISE)]
    return net, forward(net, x, TINY if start == "tiny" else settled(radius, angle, c))


def kept(net, trajectory):
    """log10 of the singular values of dh_T/dh_{T-j}: row j for j = 0..T-1, largest first."""
    return log10_singular_values(step_jacobians(net, trajectory))[:0:-1]


def compute_network(radius, angle, c, strength, T, start):
    net, trajectory = run(radius, angle, c, strength, T, start)
    logs, sizes = kept(net, trajectory), np.linalg.svd(net.W_h)[1]
    slope = (1 - trajectory.h[2:] ** 2).mean()  # tanh' of the steps T..2
    panels = states(trajectory.h[1:]), many_steps(radius, sizes, logs)
    return Lines(panels, network_in_words(radius, sizes, logs, slope))


def states(h):
    curves = (
        Curve(*h.T, "states $h_1$ to $h_T$", FORWARD, "", "o", 5),
        Curve(*h[-1:].T, "$h_T$", FORWARD, "", "o", 11, hollow=True),
    )
    limits = dict(xlim=(-1.15 * WIDE_STATES, 1.15 * WIDE_STATES), ylim=(-1.15, 1.15))
    return Panel("where the network is", "unit 1", curves, ylabel="unit 2", **limits)


def shown_to(T):
    """Where the axis of steps ends: it changes twice on the way of the slider, not at every T."""
    return next(end for end in (20, 50, 100) if T <= end)


def many_steps(radius, sizes, logs):
    j, end = np.arange(len(logs)), shown_to(len(logs))
    low, high = np.log10(sizes[1]) * j, np.log10(sizes[0]) * j
    curves = (
        Curve([*j, *j[::-1]], [*high, *low[::-1]], "singular values of W$_h$", WEIGHT, "fill"),
        Curve(j, logs[:, 0], "largest", BACKWARD),
        Curve(j, logs[:, 1], "smallest", BACKWARD, ":"),
        Curve(j, np.log10(radius) * j, "eigenvalues", REFERENCE, "--"),
    )
    note = f"largest 10^{tidy(logs[-1, 0])}"
    limits = dict(xlim=(-0.03 * end, end), ylim=(-end, 0.6 * end))
    return Panel("log$_{10}$ of what is kept", "steps back, j", curves, note, **limits)


def network_in_words(radius, sizes, logs, slope):
    j, top = len(logs) - 1, logs[:, 0].argmax()
    low, high = j * np.log10(sizes[::-1])
    text = f"After j = {j} steps back the eigenvalues alone say 10^{tidy(j * np.log10(radius))}, "
    text += (
        f"the singular values of W_h alone 10^{tidy(low)} to 10^{tidy(high)}; the network keeps "
    )
    text += f"10^{tidy(logs[-1, 1])} to 10^{tidy(logs[-1, 0])}. "
    text += f"The most on the way is {10 ** logs[top, 0]:.4g}, at j = {top}. "
    return text + f"Its tanh' is {slope:.2f} on average."


def tidy(exponent):
    return f"{round(float(exponent), 2) + 0.0:.3g}"


# A hundred steps of three units


def three_units(T=100):
    """dh_t/dh_{t-1} for t = 1..T of three units, W_h 1.5 times an orthogonal matrix: (T, 3, 3)."""
    rng = np.random.default_rng(0)
    net = init_params(rng, 1, 3, 1, gain=1.5)
    return step_jacobians(net, forward(net, rng.standard_normal((T, 1))))


def hundred_steps():
    """All singular values over the steps back, beside those that the svd of the product finds."""
    J = three_units()
    steps = np.arange(len(J))
    delta = [np.array([0.6, 0.0, 0.8])]
    for J_t in J[:0:-1]:
        delta.append(J_t.T @ delta[-1])
    length = np.log10(np.linalg.norm(delta, axis=1))
    right = log10_singular_values(J)[:0:-1]
    products = [jacobian_product(J, len(J), len(J) - j) for j in steps[::3]]
    raw = np.log10(np.linalg.svd(products)[1] + 1e-300)
    dots = dict(color=QUIET, line="", marker="o", hollow=True, size=5)
    names = zip(("all of them, right", "", ""), ("svd of the product", "", ""))
    curves = []
    for i, (ours, theirs) in enumerate(names):
        curves += Curve(steps, right[:, i], ours), Curve(steps[::3], raw[:, i], theirs, **dots)
    curves.append(Curve(steps, length, "length of one gradient", REFERENCE, "--"))
    title = "log$_{10}$ of the singular values of dh$_T$/dh$_{T-j}$"
    words = "After 99 steps back the singular values are "
    words += ", ".join(f"10^{tidy(v)}" for v in right[-1])
    words += f", and the gradient's length is 10^{tidy(length[-1])}. The svd of the product leaves "
    words += "the two lower curves where they have sunk about 16 decades below the top one."
    show(lines, Lines((Panel(title, "steps back, j", tuple(curves), ylim=(-70, 5)),), words))


PICTURES = growth, network, hundred_steps

_NEAR, _CROOKED = recurrent(0.92, 0, 4), np.array([[0.9, 4.0], [0.0, 0.2]])

exercise_1 = Exercise(
    "Exercise 1",
    int(np.linalg.norm(powers(_NEAR, 99), 2, axis=(1, 2)).argmax()),
    "Put radius to 0.92 and play j: where does the curve turn? Or compute all the norms.",
    "The largest singular value is close to 4 j 0.92^j; its peak is near j = −1 / ln 0.92.",
    tempting=(
        (0, "So say the eigenvalues: 0.92^j falls from the start. The curve does not."),
        (1, "One step multiplies by up to 3.9, and the next ones still add to that."),
        (9, "That is the peak at radius 0.9. Closer to 1 it comes later."),
    ),
)
exercise_2 = Exercise(
    "Exercise 2",
    np.linalg.norm(np.linalg.matrix_power(recurrent(0.9, 90, 4), 11), 2),
    "What do two steps do at 90°? Eleven steps are five such pairs and one more.",
    "W_h² = −0.81 I, so W_h^11 = −0.81^5 W_h: 0.81^5 times the largest singular value of W_h.",
    tempting=(
        (0.9**11, "That is what the eigenvalues say. One unpaired step is left, and it stretches."),
        (0.81**5, "Those are ten steps. The eleventh multiplies by up to 3.81."),
        (
            np.linalg.norm(recurrent(0.9, 90, 4), 2) ** 11,
            "That is the bound of eleven steps that all stretch. Here every second one undoes it.",
        ),
        (
            np.linalg.norm(np.linalg.matrix_power(recurrent(0.9, 0, 4), 11), 2),
            "That is the value at angle 0.",
        ),
    ),
    tolerance=3e-3,
)
exercise_3 = Exercise(
    "Exercise 3",
    log10_singular_values(np.array([_CROOKED] * 100))[0, 1],
    "Largest times smallest is |det W^100|. The largest can be had from np.linalg.norm(…, 2).",
    "log10 of the smallest = 100 log10(0.9 · 0.2) − log10 of the largest.",
    tempting=(
        (100 * np.log10(0.2), "0.2 is the smaller eigenvalue. Singular values are not those."),
        (100 * np.log10(0.18), "That is the product of both singular values, the determinant."),
        (
            100 * np.log10(np.linalg.svd(_CROOKED)[1][1]),
            "That is 100 times the smallest of one step: a bound, not the product's.",
        ),
    ),
)
