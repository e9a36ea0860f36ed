"""Notebook 6: its map, its way back and its questions, computed once more by another route.

The witness gives every step a copy of W_h of its own and nudges it in the imaginary direction.
"""

import re

import numpy as np
import pytest

from scenes import total_gradient as scene
from scenes.exercise import same

EPS = 1e-30
FORWARD, BACKWARD, WEIGHT, LOSS = "#0072B2", "#D55E00", "#009E73", "#E69F00"
START = dict(guess=None, T=12, gain=0.9, strength=1.0, t=10, k=5)


def loss(params, x, targets, t, k, move=0, state=0):
    """L_t of many runs (N,): ``move`` (N, 4, 4) added to the copy of W_h at step k, ``state``
    (N, 4) to h_k."""
    h = np.zeros(4, complex)
    for j in range(1, t + 1):
        W_h = params.W_h + (move if j == k else 0)
        h = np.tanh((W_h @ h[..., None])[..., 0] + params.W_x @ x[j - 1] + params.b)
        h = h + (state if j == k else 0)
    return (0.5 * (h @ params.W_y.T + params.b_y - targets[t - 1]) ** 2).sum(-1)


def term(case, t, k):
    nudges = 1j * EPS * np.eye(16).reshape(16, 4, 4)
    return (loss(*case, t, k, move=nudges).imag / EPS).reshape(4, 4)


def at_state(case, t, k):
    return loss(*case, t, k, state=1j * EPS * np.eye(4)).imag / EPS


def numbers(text):
    return [float(found) for found in re.findall(r"(?<![\w_])\d+(?:\.\d+)?(?:e-?\d+)?", text)]


@pytest.mark.parametrize("strength", [0.1, 1.0])
def test_the_map_is_the_norm_of_what_each_copy_gets(strength):
    case = scene.case(12, 0.9, strength)
    shown = scene.compute(**START | dict(strength=strength)).maps[0]
    for t, k in (1, 1), (2, 2), (10, 5), (12, 12), (12, 2):
        right = np.linalg.norm(term(case, t, k))
        assert 10 ** shown.log10[t - 1, k - 1] == pytest.approx(right, rel=1e-9)
    assert not np.isfinite(shown.log10[np.triu_indices(12, 1)]).any()
    assert shown.point == (10, 5) and shown.title == "norm of each term"


@pytest.mark.parametrize("t, k", [(10, 5), (10, 9), (10, 10), (12, 8), (9, 1)])
def test_the_way_is_what_is_left_of_the_gradient_step_by_step(t, k):
    case = scene.case(12)
    shown = scene.compute(**START | dict(t=t, k=k))
    left = [np.linalg.norm(at_state(case, t, j)) for j in range(t, k - 1, -1)]
    end = np.linalg.norm(term(case, t, k))
    back = [edge for edge in shown.beside.edges if edge.color == BACKWARD and edge.lit]
    graph = [node for node in shown.beside.nodes if node.lit]
    assert graph[0].text == f"$L_{{{t}}}$" and graph[1].text == f"$h_{{{t}}}$"
    assert graph[-1].text == "$W_h$" and graph[-2].text == f"$h_{{{k}}}$"
    assert [node.color for node in graph[:: len(graph) - 1]] == [LOSS, WEIGHT]
    assert back[0].text == scene.short(left[0]) and back[0].size == 1
    assert back[-1].size == pytest.approx(end / left[0], rel=1e-9, abs=1e-15)
    assert back[-2].size == pytest.approx(left[-1] / left[0], rel=1e-9)
    factors = [float(edge.text.removeprefix("× ")) for edge in back if edge.text]
    assert np.prod(factors) == pytest.approx(end, rel=0.2, abs=1e-15)  # two digits each
    assert float(shown.beside.caption.rsplit(" ", 1)[1]) == pytest.approx(end, rel=0.5)
    curve, ring = shown.beside.panels[0].curves
    np.testing.assert_array_equal(curve.x, np.arange(t, 0, -1))
    np.testing.assert_allclose(curve.y[: t - k + 1], np.log10(np.array(left) / left[0]), atol=1e-9)
    assert (ring.x, ring.y) == ([k], [curve.y[t - k]])


@pytest.mark.parametrize("gain", (0.0, 0.05, 0.1, 2.0))
def test_what_is_left_stays_in_its_panel_and_the_axis_names_the_floor(gain):
    (panel,) = scene.compute(**START | dict(gain=gain)).beside.panels
    case, floor = scene.case(12, gain), -5
    left = [np.linalg.norm(at_state(case, 10, j)) for j in range(10, 0, -1)]
    with np.errstate(divide="ignore"):
        logs = np.log10(np.array(left) / left[0])
    np.testing.assert_allclose(panel.curves[0].y, np.maximum(logs, floor), atol=1e-9)
    low, high = panel.ylim
    assert low < floor - 0.1 * (high - low)  # a ring on it is whole
    assert panel.xlabel == "step (at −5: that or less)"


def dots(graph):
    """Each node with the arrow that comes back to it."""
    return [(graph.nodes[e.end], e) for e in graph.edges if e.color == BACKWARD and e.lit]


def test_a_short_way_is_drawn_in_full_and_a_long_one_is_abbreviated():
    for lag, names in (
        (0, "L_{10} h_{10} W_h"),
        (4, "L_{10} h_{10} h_{9} h_{8} h_{7} h_{6} W_h"),
        (8, "L_{10} h_{10} h_{9} … h_{3} h_{2} W_h"),
    ):
        graph = scene.compute(**START | dict(k=10 - lag)).beside
        shown = [node.text.strip("$") for node in graph.nodes if node.lit]
        assert shown == names.split()
        assert len(graph.nodes) == scene.SLOTS and len(graph.edges) == 2 * (scene.SLOTS - 1)
        assert all(node.text != "…" or edge.text == "" for node, edge in dots(graph))
        xs = [node.x for node in graph.nodes]
        assert (np.diff(xs) < 0).all()  # time runs to the right, the gradient to the left


def test_arrows_run_both_ways_and_thin_out_backward():
    edges = scene.compute(**START | dict(T=40, t=35, k=25)).beside.edges
    back, forth = (
        [edge for edge in edges if edge.lit and edge.color == color]
        for color in (BACKWARD, FORWARD)
    )
    assert [(e.start, e.end) for e in back] == [(i, i + 1) for i in range(6)]
    assert [(e.start, e.end) for e in forth] == [(i + 1, i) for i in range(6)]
    assert (np.diff([e.size for e in back]) <= 0).all() and back[-1].size < 0.01


@pytest.mark.parametrize("values", [{}, dict(T=40, t=35, k=25), dict(t=12, k=11, gain=1.2)])
def test_the_sentence_says_the_norm_and_the_share_of_its_lags(values):
    values = START | values
    sentence = scene.compute(**values).sentence
    T, t, k = values["T"], values["t"], values["k"]
    case = scene.case(T, values["gain"], values["strength"])
    right = np.linalg.norm(term(case, t, k))
    *factors, norm = numbers(re.search(r"norm (.* = \S+)\. ", sentence)[1])
    assert norm == pytest.approx(right, rel=5e-3) and np.prod(factors) == pytest.approx(
        norm, rel=1e-2
    )
    short = total = 0.0
    params, x, targets = case
    h = [np.zeros(4)]
    for x_j in x:
        h.append(np.tanh(params.W_h @ h[-1] + params.W_x @ x_j + params.b))
    for loss_at in range(1, T + 1):
        delta = params.W_y.T @ (params.W_y @ h[loss_at] + params.b_y - targets[loss_at - 1])
        for use in range(loss_at, 0, -1):
            dz = (1 - h[use] ** 2) * delta
            size = np.linalg.norm(np.outer(dz, h[use - 1]))
            total, short = total + size, short + size * (loss_at - use <= t - k)
            delta = params.W_h.T @ dz
    assert numbers(sentence)[-1] == pytest.approx(100 * short / total, abs=0.051)


def test_sentences_where_there_is_nothing():
    assert "W_h multiplies h_0" in scene.compute(**START | dict(k=1)).sentence
    assert "All terms are 0" in scene.compute(**START | dict(strength=0.0)).sentence
    assert "× 0 × 0 = 0" in scene.compute(**START | dict(gain=0.0)).sentence
    assert "Lag 0 carries 100.0 %" in scene.compute(**START | dict(gain=0.0, k=10)).sentence


def test_a_guess_is_held_against_the_other_network():
    said = scene.compute(**START | dict(guess=90)).sentence.partition("You said")[2]
    params, x, targets = scene.case(40, 1.2, 0.1)
    sizes = [
        [np.linalg.norm(term((params, x, targets), t, k)) for k in range(1, t + 1)]
        for t in range(1, 41)
    ]
    right = 100 * sum(sum(row[-5:]) for row in sizes) / sum(map(sum, sizes))
    assert numbers(said)[:5] == [90, 40, 1.2, 0.1, round(right)]
    assert "3 times too much" in said and 25 < right < 35


def test_t_and_k_end_where_the_text_says():
    view = scene.total()
    with pytest.raises(ValueError, match="k"):
        view.read(t=5, k=6)
    with pytest.raises(ValueError, match="t: expected"):
        view.read(T=5, t=6)
    view.set(T=3)
    assert (view.values()["t"], view.values()["k"]) == (3, 3)


def test_the_walk_ends_at_the_whole_gradient():
    record = scene.compute_direction(lag=4, gain=0.9, strength=0.3, seed=3)
    case = scene.case(40, 0.9, 0.3, 3)
    sums, norms = {j: np.zeros((4, 4)) for j in (0, 4, 39)}, np.zeros(40)
    for t in range(1, 41):
        for k in range(1, t + 1):
            one = term(case, t, k)
            norms[t - k] += np.linalg.norm(one)
            for j in sums:
                sums[j] += one * (t - k <= j)
    G = sums[39]
    walk, goal, ring = record.panels[1].curves
    for j in sums:
        along = (sums[j] * G).sum() / (G * G).sum()
        aside = np.sqrt(max((sums[j] ** 2).sum() / (G * G).sum() - along**2, 0))
        assert walk.x[j + 1] == pytest.approx(along, abs=1e-7)
        assert walk.y[j + 1] == pytest.approx(aside, abs=1e-6)
    by_size, grown, both = record.panels[0].curves
    assert by_size.y == pytest.approx(norms.cumsum() / norms.sum(), abs=1e-7)
    assert list(grown.y) == list(walk.x[1:]) and list(by_size.x) == list(grown.x) == [*range(40)]
    assert list(both.x) == [4, 4] and list(both.y) == [by_size.y[4], grown.y[4]]
    assert numbers(record.sentence) == pytest.approx(
        [0, 4, 100 * by_size.y[4], 100 * grown.y[4], 100 * walk.y[5]], abs=0.051
    )
    assert (walk.x[0], walk.y[0], *goal.x, *goal.y) == (0, 0, 1, 0)
    assert (ring.x, ring.y) == ([walk.x[5]], [walk.y[5]])
    assert goal.color == WEIGHT and walk.color == BACKWARD


def test_claims_hold_for_other_seeds_than_those_shown():
    others = range(300, 400)
    for gain in 0.5, 0.9, 1.0:
        assert (scene.short_lags(100, gain, 1.0, others) > 50).mean() > 0.95
    for gain in 1.0, 1.2:
        assert (scene.short_lags(100, gain, 0.1, others) < 50).mean() > 0.95
    others = others[:20]
    for T in 6, 30, 100:
        assert scene.overcount(T, others).min() > 0.15
    for strength in 0.3, 1.0:
        assert scene.cancelled(40, 0.9, strength, others).max() < 50


def test_in_most_other_networks_the_mean_of_the_diagonal_falls_beyond_strength_1():
    def mean(seed, strength):
        params, x, targets = scene.case(40, 0.9, strength, seed)
        return np.diagonal(scene.contributions(params, scene.forward(params, x), targets)).mean()

    assert 0.95 < mean(6, 3.0) / mean(6, 1.0) < 1.05, "in this one it hardly moves"
    assert sum(mean(s, 3.0) < mean(s, 1.0) for s in range(100) if s != 6) == 70


def test_the_sum_with_the_total_derivative_is_off_by_what_is_said():
    params, x, targets = case = scene.case(6, seed=3)
    wrong = right = np.zeros((4, 4))
    S = np.zeros((4, 4, 4))
    h = np.zeros(4)
    for k in range(1, 7):
        new = np.tanh(params.W_h @ h + params.W_x @ x[k - 1] + params.b)
        S = np.tensordot(params.W_h, S, axes=1)
        for i in range(4):
            S[i, i] += h
        S, h = (1 - new**2)[:, None, None] * S, new
        for t in range(k, 7):
            wrong = wrong + np.tensordot(at_state(case, t, k), S, axes=1)
            right = right + term(case, t, k)
    off = np.linalg.norm(wrong - right) / np.linalg.norm(right)
    assert scene.overcount(6, [3]) == pytest.approx([off], rel=1e-9)


def test_exercises():
    def use(k):
        return sum(term(scene.case(6), t, k) for t in range(k, 7))

    assert scene.exercise_3.reply(use)[0] is True
    assert scene.exercise_3.reply(lambda k: use(k) - term(scene.case(6), k, k))[1].endswith(
        "use k too."
    )
    assert scene.exercise_3.reply(
        lambda t: sum(term(scene.case(6), t, k) for k in range(1, t + 1))
    )[1].endswith("a row.")
    assert scene.exercise_1.expected == 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10
    again = [(t, j) for t in range(1, 31) for k in range(1, t + 1) for j in range(1, k + 1)]
    assert scene.exercise_4.expected == len(again)
    far = [scene.compute(**START | dict(T=40, t=40, k=k)) for k in range(40, 25, -1)]
    shares = [numbers(record.sentence)[-1] for record in far]
    assert scene.exercise_2.expected == next(j for j, share in enumerate(shares) if share >= 99)
    for exercise in (scene.exercise_1, scene.exercise_2, scene.exercise_3, scene.exercise_4):
        for wrong, _ in exercise.tempting:
            assert not same(wrong, exercise.expected, exercise.tolerance)
