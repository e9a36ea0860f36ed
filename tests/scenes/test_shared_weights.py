"""Notebook 3's picture and questions, held to a loop in plain numbers and to finite differences."""

import math

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from bptt_helpers.plots import graph
from bptt_helpers.plots.canvas import Canvas
from bptt_helpers.plots.style import BACKWARD, LOSS, REFERENCE, WEIGHT
from scenes import shared_weights as scene

X, TARGETS = (1.0, -0.5, 0.8, -0.6), (0.0, 1.0, -0.5, 0.8)
START = dict(guess=None, h_0=0.5, W_h=0.9, T=3, group="by losses")
PLACES = [dict(h_0=h_0, W_h=W_h, T=T) for h_0 in (-1.0, 0.5) for W_h in (-0.7, 2.0) for T in (1, 4)]


def shown(**values):
    return scene.compute(**START | values)


def losses(W_h, W_x, h):
    """L_t, with a W_h and a W_x for every step."""
    found = []
    for x, target, w, v in zip(X, TARGETS, W_h, W_x):
        h = math.tanh(w * h + v * x + 0.1)
        found.append((1.2 * h - target) ** 2 / 2)
    return np.array(found)


def nudged(T, W_h, h_0):
    """(T, T): what each loss sends to each use, by central differences on one copy of W_h."""
    columns = []
    for k in range(T):
        eps = 1e-5 * (np.arange(T) == k)
        up, down = (losses(W_h + s * eps, [0.8] * T, h_0) for s in (1, -1))
        columns.append((up - down) / 2e-5)
    return np.array(columns).T


def measure(c):
    """What fills a box, and makes an arrow 10 points wide: the largest number of the table."""
    return max(abs(c).max(), abs(c.sum(0)).max(), abs(c.sum(1)).max(), abs(c.sum()))


def boxes(record):
    """The nodes that are there, by what stands before the colon."""
    return {n.text.split(":")[0]: n for n in record.nodes if n.lit is not None}


def number(node):
    return float(node.text.split(":")[1])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("group", ["by losses", "by uses"])
def test_every_number_in_a_box_is_the_one_that_nudging_a_copy_gives(place, group):
    c, there = nudged(**place), boxes(shown(**place, group=group))
    T = place["T"]
    wanted = {
        f"$L_{t}$, use {k}": c[t - 1, k - 1] for t in range(1, T + 1) for k in range(1, t + 1)
    }
    wanted["$dL/dW_h$"] = c.sum()
    for i in range(1, T + 1):
        if group == "by losses":
            wanted[f"$dL_{i}/dW_h$"] = c[i - 1].sum()
        else:
            wanted[f"use {i}"] = c[:, i - 1].sum()
    assert set(there) == set(wanted)
    for name, value in wanted.items():
        assert number(there[name]) == pytest.approx(value, abs=6e-5), name


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("group", ["by losses", "by uses"])
def test_a_box_is_as_full_as_its_number_is_large(place, group):
    c, there = nudged(**place), boxes(shown(**place, group=group))
    del there["$dL/dW_h$"]  # its digits would drown in a black that is full
    for name, node in there.items():
        assert node.fill == pytest.approx(abs(number(node)) / measure(c), abs=1e-3), name


def test_a_small_and_a_large_contribution_do_not_look_the_same():
    record = shown(T=4)
    there = boxes(record)
    small, large = there["$L_4$, use 1"], there["$L_2$, use 2"]
    assert (number(small), number(large)) == (-0.0095, -0.3825)
    _, drawn, _ = Canvas(graph, record, (8.4, 2.6)).artists
    nodes = list(record.nodes)
    pale, strong = (drawn.get_facecolors()[nodes.index(n)][:3] for n in (small, large))
    to_white = [np.linalg.norm(1 - color) for color in (pale, strong)]
    assert to_white[0] < 0.1 * to_white[1] and to_white[1] > 0.2
    assert np.allclose(np.cross(1 - strong, 1 - np.array(to_rgb(BACKWARD))), 0, atol=1e-9)


@pytest.mark.parametrize("group, color", [("by losses", LOSS), ("by uses", WEIGHT)])
def test_an_arrow_is_as_wide_as_what_is_added_up_so_far(group, color):
    record = shown(T=4, group=group)
    c = nudged(4, 0.9, 0.5)
    most = measure(c)
    drawn = [e for e in record.edges if e.lit is not None and record.nodes[e.end].lit is not None]
    found = {e.start: e for e in drawn}
    assert len(found) == len(drawn) == 10 + 4  # one arrow out of each box but the corner
    pairs = [(t, k) for t in range(1, 5) for k in range(1, t + 1)]
    for at, (t, k) in enumerate(pairs):
        so_far = c[t - 1, :k] if group == "by losses" else c[:t, k - 1]
        assert found[at].size == pytest.approx(abs(so_far.sum()) / most, abs=1e-6)
        assert found[at].color == color
    ends = [e for e in drawn if e.color == REFERENCE]
    added = abs(np.cumsum(c.sum(1 if group == "by losses" else 0))) / most
    assert [e.size for e in ends] == pytest.approx(list(added), abs=1e-6)


@pytest.mark.parametrize("T", [1, 2, 3, 4])
@pytest.mark.parametrize("group", ["by losses", "by uses"])
def test_arrows_lead_across_or_down_to_the_corner(T, group):
    record = shown(T=T, group=group)
    names = [n.text.split(":")[0] for n in record.nodes]
    there = {i for i, n in enumerate(record.nodes) if n.lit is not None}
    way = {e.start: e.end for e in record.edges if e.lit is not None and {e.start, e.end} <= there}
    assert set(way) == there - {len(names) - 1}
    for start, end in way.items():
        a, b = record.nodes[start], record.nodes[end]
        cell = names[start].startswith("$L_")
        across = cell == (group == "by losses")
        assert (a.y == b.y) if across else (a.x == b.x)


def test_what_is_exactly_zero_is_grey_and_empty_and_what_the_question_asks_is_not_shown():
    assert scene.two_sums().start == START
    assert all(n.lit for n in boxes(shown()).values())  # at the start nothing is grey
    there = boxes(shown(h_0=0.0))
    grey = [name for name, n in there.items() if not n.lit]
    assert grey == ["$L_1$, use 1", "$L_2$, use 1", "$L_3$, use 1", "$dL_1/dW_h$"]
    assert all(there[name].text.endswith(": 0") and there[name].fill == 0 for name in grey)
    record = shown(h_0=0.0)
    grey_arrows = [e for e in record.edges if e.lit is False and e.start in (0, 1, 3)]
    assert len(grey_arrows) == 3 and all(e.size == 0 for e in grey_arrows)
    there = boxes(shown(W_h=0.0))  # no loss gets past its own step
    alive = {name for name, n in there.items() if n.lit and name.startswith("$L_")}
    assert alive == {f"$L_{i}$, use {i}" for i in (1, 2, 3)}


def test_the_sentence_adds_up_and_counts():
    c = nudged(3, 0.9, 0.5)
    by_losses, by_uses = shown().sentence, shown(group="by uses").sentence
    for i in range(3):
        assert f"loss L_{i + 1} gives {c[i].sum():.4f}" in by_losses
        assert f"use {i + 1} gives {c[:, i].sum():.4f}" in by_uses
    for text in (by_losses, by_uses):
        assert f"together dL/dW_h = {c.sum():.4f}." in text and "6 of the 6 pairs" in text
    assert "loss L_1 gives 0," in shown(h_0=0.0).sentence
    assert "Not zero: 3 of the 6 pairs" in shown(h_0=0.0).sentence


def test_each_kind_of_box_has_its_colour_and_the_caption_says_which_way():
    colors = {"$L_": BACKWARD, "$dL_": LOSS, "use": WEIGHT, "$dL/": REFERENCE}
    for group in "by losses", "by uses":
        for name, node in boxes(shown(group=group)).items():
            assert node.color == next(c for start, c in colors.items() if name.startswith(start))
    assert shown().caption == "Across a row: the uses that one loss $L_t$ reaches"
    down = "Down a column: the losses that reach one use $k$ of $W_h$"
    assert shown(group="by uses").caption == down


def test_a_guess_is_answered_by_the_number_of_terms():
    alive = np.count_nonzero(abs(nudged(3, 0.9, 0.0).sum(1)) > 1e-9)
    assert f"You said 3; at h_0 = 0 and T = 3 it is {alive}." in shown(guess=3.0).sentence
    assert "You said" not in shown().sentence


def test_the_exercises_expect_what_differences_and_counting_give():
    c = nudged(4, 0.9, 0.5)
    assert scene.exercise_1.expected == pytest.approx([c[2].sum(), c[:, 1].sum()], rel=1e-6)
    assert np.allclose(scene.triangle(4, 0.9, 0.5), c, atol=1e-8)
    assert scene.exercise_2.expected == 5050 - 100
    eps = 1e-5 * np.array([1, 0, 0])
    up, down = (losses([0.9] * 3, 0.8 + s * eps, 0.0).sum() for s in (1, -1))
    assert scene.exercise_3.expected == pytest.approx((up - down) / 2e-5, rel=1e-6)


@pytest.mark.parametrize(
    "exercise, answer, right",
    [
        (scene.exercise_1, [0.683, -0.090], True),  # the solution's own rounding
        (scene.exercise_1, [0.68, -0.09], True),
        (scene.exercise_1, [-0.090, 0.683], False),
        (scene.exercise_2, 4950, True),
        (scene.exercise_2, 4949, False),
        (scene.exercise_3, 0.459, True),
        (scene.exercise_3, 0, False),
    ],
)
def test_answers_as_a_learner_may_write_them(exercise, answer, right):
    assert exercise.reply(answer)[0] is right
