"""Notebook 4: a product of T - 1 factors, for one unit, and its order for two."""

import numpy as np

from bptt_helpers import Params, forward, jacobian_product, step_jacobians
from bptt_helpers.gradcheck import complex_step
from bptt_helpers.plots import graph, lines
from bptt_helpers.plots.graph import Edge, Graph, Node
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, QUIET, REFERENCE

from .exercise import Exercise
from .sliders import Guess, Slider, explorer
from .words import said

X = np.array([1.0, -0.5, 0.8, 0.3, -1.2, 0.4, 1.5, -0.7, 0.2, 0.9])
T = len(X)


def one_unit():
    """A gradient on its way back through one real unit, whose factors the states decide."""
    return explorer(
        compute_one_unit,
        graph,
        (8.4, 3.0),
        guess=Guess("Left at h_1, in %:"),
        W_h=Slider(1.2, 0.5, 2.0, 0.05),
        strength=Slider(0.5, 0.0, 1.0, 0.05),
        j=Slider(2, 0, T - 1, play=900),
    )


def factors(W_h, strength):
    """h_1..h_T from h_0 = 0, and dh_t/dh_{t-1} = W_h (1 - h_t^2) for t = 1..T, both (T,)."""
    net = Params(
        *(np.full((1, 1), v) for v in (W_h, strength)), np.zeros(1), np.eye(1), np.zeros(1)
    )
    run = forward(net, X[:, None])
    return run.h[1:, 0], step_jacobians(net, run)[:, 0, 0]


def compute_one_unit(guess, W_h, strength, j):
    h, f = factors(W_h, strength)
    left = np.append(1, np.cumprod(f[:0:-1]))[::-1]  # at h_1, ..., h_T
    nodes = tuple(unit(t, h, left, j) for t in range(1, T + 1))
    edges = tuple(edge for t in range(1, T) for edge in links(t, f, left, j))
    caption = f"dh_{T}/dh_{T - j}: {j} link{'s' * (j != 1)} back, {left[T - j - 1]:.4g} is left"
    words = one_unit_in_words(guess, W_h, f, left, j)
    return Graph(nodes, edges, caption, words, (40, 32), (curves(W_h, left, j),), (1.1, 1.3))


def unit(t, h, left, j):
    text, there = f"$h_{{{t}}}$\n{h[t - 1] + 0:.2f}", t >= T - j
    return Node(t, 0, text, color=BACKWARD, lit=there, fill=left[t - 1] if there else 0)


def links(t, f, left, j):
    """Forward from h_t to the next unit, and back: as wide as the gradient that comes through."""
    there = t >= T - j
    yield Edge(t - 1, t, "", FORWARD, True, 0.1, shift=9)
    text, size = (f"× {f[t]:.2g}", left[t - 1]) if there else ("", 0.05)
    yield Edge(t, t - 1, text, BACKWARD, there, min(size, 1.3), shift=10)


def curves(W_h, left, j):
    t = np.arange(T - j, T + 1)
    bound = Curve(t, np.log10(W_h) * (T - t), color=QUIET, line="--")
    ours = Curve(t, np.log10(left[T - j - 1 :]), marker="o", size=6)
    title = "log$_{10}$ of what is left (−2: a hundredth); dashed: if every tanh' were 1"
    low, high = np.log10(min(left)), max(np.log10(left).max(), (T - 1) * np.log10(W_h))
    near = low > -2.8 and high < 1  # the whole way, whatever j
    limits = dict(xlim=(0.4, T + 0.6), ylim=(-2.9, 1.1) if near else (-8, 3.2))
    ticks = range(1, T + 1), [str(t) for t in range(1, T + 1)]
    return Panel(title, "step", (bound, ours), ticks=ticks, **limits)


def one_unit_in_words(guess, W_h, f, left, j):
    if j == 0:
        text = f"At h_{T} all of it is there."
    else:
        product = " · ".join(f"{v:.2g}" for v in f[: T - j - 1 : -1])
        text = f"{j} link{'s' * (j > 1)} back from h_{T}: {product} = {left[T - j - 1]:.4g} is left"
        text += f" at h_{T - j}. If tanh' were 1, it would be {W_h**j:.4g}."
    asked = factors(1.2, 0.5)[1][1:].prod()
    return text + said(guess, 100 * asked, "at h_1, with W_h = 1.2 and strength 0.5,")


# Two units


X_2 = np.array([[1.0], [-0.5], [0.8], [0.3]])
H_0, TARGET = np.array([0.5, -0.5]), np.array([0.2, -0.1])
REACH, WIDE = 1.9, 1.78  # of the planes; wider than high by so much, so that angles are right


def small(W_12=1.5, W_21=0.0):
    """The network of two units, and its run."""
    W_h, W_x = np.array([[0.5, W_12], [W_21, 0.8]]), np.array([[1.0], [-0.5]])
    net = Params(W_h, W_x, np.zeros(2), np.eye(2), np.zeros(2))
    return net, forward(net, X_2, H_0)


def layouts():
    """The same gradient carried back by Jacobians, and by the two layouts mixed."""
    controls = dict(W_12=Slider(1.5, -1.5, 1.5, 0.1), W_21=Slider(0.0, -1.5, 1.5, 0.1))
    return explorer(compute_layouts, lines, (8.4, 3.0), **controls)


def compute_layouts(W_12, W_21):
    net, run = small(W_12, W_21)
    right, mixed = [run.h[4] - TARGET], [run.h[4] - TARGET]  # rows, at h_4
    for h_t, J_t in zip(run.h[:1:-1], step_jacobians(net, run)[:0:-1]):
        right.append(right[-1] @ J_t)
        mixed.append(mixed[-1] @ net.W_h.T @ np.diag(1 - h_t**2))
    (witness,) = complex_step(lambda p: last_loss(net, p[0]), [run.h[1]])
    titles = (
        "every step: D$_t$ W$_h$, the Jacobian",
        "every step: W$_h$$^T$ D$_t$, as in the lesson",
    )
    panels = tuple(
        plane(title, np.array(way), witness) for title, way in zip(titles, (right, mixed))
    )
    return Lines(panels, layouts_in_words(right[-1], mixed[-1], witness))


def last_loss(net, h_1):
    error = forward(net, X_2[1:], h_1).y[-1] - TARGET
    return 0.5 * (error @ error)


def plane(title, way, witness):
    curves = (
        Curve(*way.T, "dL/dh$_4$, back to dL/dh$_1$", marker="o"),
        Curve(*way[:1].T, "dL/dh$_4$", line="", marker="s", size=9),
        Curve(*witness[:, None], "dL/dh$_1$, measured", REFERENCE, "", "o", 12, True),
    )
    limits = dict(xlim=(-WIDE * REACH, WIDE * REACH), ylim=(-REACH, REACH))
    return Panel(title, "unit 1", curves, ylabel="unit 2", **limits)


def layouts_in_words(right, mixed, witness):
    off = np.linalg.norm(mixed - witness) / np.linalg.norm(witness)
    text = f"Measured: dL/dh_1 = {pair(witness)}. Jacobians: {pair(right)}, the same. The lesson's "
    text += f"factors in the lesson's chain: {pair(mixed)}, "
    return text + (f"off by {100 * off:.3g} % of its length." if off > 1e-9 else "here the same.")


def pair(v):
    return "({:.3f}, {:.3f})".format(*np.round(v, 3) + 0.0)


PICTURES = one_unit, layouts


def _second_use():
    """dL_4/dW_h^(2), and what comes out with something forgotten."""
    net, run = small()
    delta = jacobian_product(step_jacobians(net, run), 4, 2).T @ (run.h[4] - TARGET)
    dz = (1 - run.h[2] ** 2) * delta
    return np.outer(dz, run.h[1]), np.outer(delta, run.h[1]), np.outer(dz, run.h[2])


def _back_one(order):
    net, run = small()
    d, delta = 1 - run.h[4] ** 2, run.h[4] - TARGET
    return [order(net.W_h, d, delta)]


_LAST = small()[1].h[4]
_RIGHT, _NO_SLOPE, _WRONG_STATE = _second_use()

exercise_1 = Exercise(
    "Exercise 1",
    1.2 * (1 - 0.9**2),
    "The factor of a step is W_h times tanh', and the state says what tanh' is.",
    "tanh' = 1 − h_t², and the factor is W_h (1 − h_t²).",
    tempting=(
        (1.2, "That is W_h alone: right at h = 0. At h = 0.9 the unit is nearly saturated."),
        (1 - 0.9**2, "That is tanh' alone. The factor is W_h times it."),
        (1.2 * (1 - np.tanh(0.9) ** 2), "0.9 is the state itself, tanh is already in it: 1 − h²."),
    ),
    tolerance=0.01,
)
exercise_2 = Exercise(
    "Exercise 2",
    _back_one(lambda W, d, delta: W.T @ (d * delta)),
    "First through tanh of step t, then through W_h. Which of its indices is summed?",
    "δ_{t−1} = W_hᵀ D_t δ_t: first times 1 − h_t², entry by entry, then the transpose.",
    tempting=(
        (
            _back_one(lambda W, d, delta: W @ (d * delta)),
            "W_h carries forward. Back it is its transpose.",
        ),
        (_back_one(lambda W, d, delta: d * (W.T @ delta)), "tanh comes first on the way back."),
        (_back_one(lambda W, d, delta: d * (W @ delta)), "That is D_t W_h δ: a step forward."),
        (_back_one(lambda W, d, delta: W.T @ delta), "tanh' is missing."),
    ),
    cases=((small()[0].W_h, _LAST, _LAST - TARGET),),
)
exercise_3 = Exercise(
    "Exercise 3",
    _RIGHT,
    "The same formula one step later: which δ, which tanh' and which state did that use have?",
    "(D_2 δ_2) h_1ᵀ, and δ_2 as a row is dL_dh4 @ J[3] @ J[2].",
    tempting=(
        (_NO_SLOPE, "tanh' of step 2 is missing: D_2 stands between δ_2 and the weight."),
        (_WRONG_STATE, "At step 2 W_h multiplies h_1; h_2 is what comes out."),
        (_RIGHT.T, "That is the transpose: row i belongs to the unit that W_h leads into."),
    ),
)
