"""Notebook 3: what each loss sends to each use of W_h, and the two sums over it."""

import numpy as np

from bptt_helpers import Params, bptt, contribution_matrices, forward
from bptt_helpers.plots import graph
from bptt_helpers.plots.graph import Edge, Graph, Node
from bptt_helpers.plots.style import BACKWARD, LOSS, REFERENCE, WEIGHT

from .exercise import Exercise
from .sliders import Choice, Guess, Slider, explorer

X = np.array([[1.0], [-0.5], [0.8], [-0.6]])
TARGETS = np.vstack([[[0.0]], X[:-1]])  # say the input of the step before
LARGEST = len(X)
PAIRS = [(t, k) for t in range(1, LARGEST + 1) for k in range(1, t + 1)]
END = LARGEST + 1  # the row and the column of sums
BOX = (106, 20)


def one_unit(W_h):
    """The unit of notebook 2, with the same numbers."""
    return Params(np.array([[W_h]]), np.array([[0.8]]), np.array([0.1]), np.array([[1.2]]), [0.0])


def triangle(T, W_h, h_0=0.0):
    """(T, T): row t - 1, column k - 1 is what loss t sends to use k of W_h; 0 for k > t."""
    run = forward(one_unit(W_h), X[:T], [h_0])
    return contribution_matrices(one_unit(W_h), run, TARGETS[:T])[:, :, 0, 0]


def two_sums():
    """The triangle of all pairs (loss, use), added up across or down."""
    return explorer(
        compute,
        graph,
        (8.4, 2.6),
        guess=Guess("Terms that are not zero:"),
        h_0=Slider(0.5, -1.0, 1.0, 0.1),
        W_h=Slider(0.9, -2.0, 2.0, 0.1),
        T=Slider(3, 1, LARGEST),
        group=Choice("by losses", ("by losses", "by uses")),
    )


def compute(guess, h_0, W_h, T, group):
    c, by_losses = triangle(T, W_h, h_0), group == "by losses"
    nodes, edges = (*cells(c), *sums(c, by_losses)), arrows(c, by_losses)
    caption = r"Across a row: the uses that one loss $L_t$ reaches"
    if not by_losses:
        caption = r"Down a column: the losses that reach one use $k$ of $W_h$"
    return Graph(nodes, edges, caption, in_words(c, by_losses) + answered(guess), BOX)


def number(value):
    return "0" if value == 0 else f"{value:.4f}" if abs(value) >= 5e-5 else f"{value:.0e}"


def largest(c):
    """The number that fills a box: one measure for all boxes and arrows of a picture."""
    return max(abs(c).max(), abs(c.sum(0)).max(), abs(c.sum(1)).max(), abs(c.sum())) or 1


def cells(c):
    for t, k in PAIRS:
        there = t <= len(c)
        value = c[t - 1, k - 1] if there else 0
        text, lit = f"$L_{t}$, use {k}: {number(value)}", bool(value) if there else None
        yield Node(k, -t, text, color=BACKWARD, lit=lit, fill=abs(value) / largest(c))


def sums(c, by_losses):
    for i in range(1, END):
        there = i <= len(c)
        loss, use = (c[i - 1].sum(), c[:, i - 1].sum()) if there else (0, 0)
        left = bool(loss) if there and by_losses else None
        below = bool(use) if there and not by_losses else None
        text = f"$dL_{i}/dW_h$: {number(loss)}"
        yield Node(END, -i, text, color=LOSS, lit=left, fill=abs(loss) / largest(c))
        text = f"use {i}: {number(use)}"
        yield Node(i, -END, text, color=WEIGHT, lit=below, fill=abs(use) / largest(c))
    total, text = c.sum(), f"$dL/dW_h$: {number(c.sum())}"
    yield Node(
        END, -END, text, color=REFERENCE, lit=bool(total), fill=0.6 * abs(total) / largest(c)
    )


def arrows(c, by_losses):
    """Along every row to its sum or down every column, then along the sums to the corner.

    An arrow is as wide as what has been added up so far.
    """
    T, corner = len(c), len(PAIRS) + 2 * LARGEST
    cell = {pair: i for i, pair in enumerate(PAIRS)}
    loss = {i: len(PAIRS) + 2 * i - 2 for i in range(1, END)}
    use = {i: len(PAIRS) + 2 * i - 1 for i in range(1, END)}
    across, down, found = c.cumsum(1), c.cumsum(0), []
    for t, k in PAIRS:
        right = cell.get((t, k + 1), loss[t])
        below = cell.get((t + 1, k), use[k]) if t != T else use[k]
        along_row, along_column = (across, down) if t <= T else np.zeros((2, END, END))
        sent = along_row[t - 1, k - 1] if by_losses else None
        found.append(arrow(c, cell[t, k], right, LOSS, sent))
        sent = None if by_losses else along_column[t - 1, k - 1]
        found.append(arrow(c, cell[t, k], below, WEIGHT, sent))
    ends, added = (loss, c.sum(1)) if by_losses else (use, c.sum(0))
    added = np.append(added.cumsum(), np.zeros(LARGEST - T))
    for i in range(1, END):
        following = ends.get(i + 1, corner) if i != T else corner
        found.append(arrow(c, ends[i], following, REFERENCE, added[i - 1]))
    return tuple(found)


def arrow(c, start, end, color, sent):
    lit, size = (None, 0) if sent is None else (bool(sent), abs(sent) / largest(c))
    return Edge(start, end, "", color, lit, size)


def in_words(c, by_losses):
    parts = c.sum(1 if by_losses else 0)
    name = "loss L_{}" if by_losses else "use {}"
    each = ", ".join(f"{name.format(i)} gives {number(v)}" for i, v in enumerate(parts, 1))
    pairs = len(c) * (len(c) + 1) // 2
    text = f"By {'losses' if by_losses else 'uses'}: {each}; together dL/dW_h = {number(c.sum())}."
    return text + f" Not zero: {np.count_nonzero(c)} of the {pairs} pairs (loss, use)."


def answered(guess):
    if guess is None:
        return ""
    alive = np.count_nonzero(triangle(3, 0.9).sum(1))
    text = f" You said {guess:g}; at h_0 = 0 and T = 3 it is {alive}."
    return text + " L_1 has seen one use of W_h, and that use multiplies W_h by 0."


PICTURES = (two_sums,)

TABLE = triangle(4, 0.9, 0.5)
RUN = forward(one_unit(0.9), X[:3])
DELTA = bptt(one_unit(0.9), RUN, TARGETS[:3]).h[:, 0]
SLOPE = 1 - RUN.h[:, 0] ** 2

exercise_1 = Exercise(
    "Exercise 1",
    [TABLE[2].sum(), TABLE[:, 1].sum()],
    "One of the two is a sum across a row, the other down a column. Which is which?",
    "Loss 3 is row 2, use 2 is column 1 (Python counts from 0).",
    tempting=(
        ([TABLE[:, 1].sum(), TABLE[2].sum()], "Both are there: first the loss, then the use."),
        (
            [TABLE[2].sum(), TABLE[1].sum()],
            "The first is right. Row 1 is a loss; use 2 is a column.",
        ),
        ([TABLE[:, 2].sum(), TABLE[1].sum()], "Rows are losses, columns are uses."),
        ([TABLE[3].sum(), TABLE[:, 2].sum()], "Python counts from 0: loss 3 is row 2."),
        ([TABLE[2, 2], TABLE[1, 1]], "That is one entry each; a loss reaches several uses."),
    ),
    tolerance=0.01,
)
exercise_2 = Exercise(
    "Exercise 2",
    sum(1 for t in range(1, 101) for k in range(2, t + 1)),
    "Count the pairs with k ≤ t. Then ask which use multiplies W_h by 0.",
    "All pairs k ≤ t are T (T + 1) / 2; the column k = 1, one pair for each loss, is lost.",
    tempting=(
        (5050, "Those are all pairs k ≤ t. Use 1 multiplies W_h by h_0 = 0."),
        (5049, "Not only one pair is lost: each of the 100 losses reaches back to use 1."),
        (10000, "A loss cannot reach a use after it: only k ≤ t."),
        (9900, "A loss cannot reach a use after it: only k ≤ t."),
        (99, "Those are the uses, or the losses, that count. The question asks for pairs."),
    ),
)
exercise_3 = Exercise(
    "Exercise 3",
    SLOPE[1] * DELTA[1] * X[0, 0],
    "As for W_h: what arrives at z_1, times what W_x was multiplied with at that step.",
    "(1 - h_1²) δ_1 x_1; h[1] and delta[1] belong to step 1, x_1 is x[0].",
    tempting=(
        (0.0, "h_0 = 0 silences W_h's use at step 1. W_x is multiplied with x_1, not with h_0."),
        (DELTA[1] * X[0, 0], "The gradient passes tanh before it gets to W_x: 1 - h_1²."),
        (DELTA[0] * X[0, 0] * SLOPE[0], "delta[0] and h[0] belong to the start, h_0."),
        (SLOPE[1] * DELTA[1] * RUN.h[1, 0], "W_x was multiplied with x_1, not with h_1."),
        (
            SLOPE[1] * DELTA[1] * 0.8,
            "That is what goes on to x_1. W_x itself was multiplied with x_1.",
        ),
    ),
    tolerance=0.003,
)
