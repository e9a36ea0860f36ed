"""Notebook 4's pictures and exercises, held against numbers found by another route."""

from math import log10, tanh

import numpy as np
import pytest

from scenes import chain_through_time as scene

X = 1.0, -0.5, 0.8, 0.3, -1.2, 0.4, 1.5, -0.7, 0.2, 0.9
START = dict(guess=None, W_h=1.2, strength=0.5, j=2)
CASES = [(1.2, 0.5), (1.2, 0.0), (0.5, 1.0), (2.0, 1.0), (1.0, 0.35)]


def end(W_h, strength, first, h):
    """h_10, where h_{first - 1} is h."""
    for x in X[first - 1 :]:
        h = tanh(W_h * h + strength * x)
    return h


def state(W_h, strength, t):
    h = 0.0
    for x in X[:t]:
        h = tanh(W_h * h + strength * x)
    return h


def left(W_h, strength, t):
    """dh_10/dh_t by a difference."""
    h, eps = state(W_h, strength, t), 1e-5
    ahead, behind = (end(W_h, strength, t + 1, h + e) for e in (eps, -eps))
    return (ahead - behind) / (2 * eps)


def one_unit(**changed):
    return scene.compute_one_unit(**(START | changed))


@pytest.mark.parametrize("W_h, strength", CASES)
def test_the_curve_is_what_moving_an_early_state_does(W_h, strength):
    record = one_unit(W_h=W_h, strength=strength, j=9)
    bound, curve = record.panels[0].curves
    for t, log in zip(curve.x, curve.y):
        assert 10**log == pytest.approx(left(W_h, strength, t), rel=1e-5, abs=1e-9)
        assert bound.y[t - 1] == pytest.approx((10 - t) * log10(W_h), abs=1e-12)
    assert list(curve.x) == list(bound.x) == list(range(1, 11))
    low, high = record.panels[0].ylim
    assert low < min(curve.y) and max(*curve.y, *bound.y) < high
    assert all(
        one_unit(W_h=W_h, strength=strength, j=j).panels[0].ylim == (low, high) for j in (0, 5)
    )


def test_the_fall_is_seen_at_the_opening():
    (panel,) = one_unit().panels
    assert np.ptp(panel.curves[1].y) > 0.12 * np.ptp(panel.ylim)


@pytest.mark.parametrize("W_h, strength", CASES)
def test_boxes_hold_the_states_and_arrows_the_factors(W_h, strength):
    record = one_unit(W_h=W_h, strength=strength, j=9)
    for t, node in enumerate(record.nodes, 1):
        h = state(W_h, strength, t)
        assert node.text == f"$h_{{{t}}}$\n{h + 0:.2f}"
        assert node.fill == pytest.approx(left(W_h, strength, t), rel=1e-5, abs=1e-9)
    back = [edge for edge in record.edges if edge.end < edge.start]
    assert [edge.end for edge in back] == list(range(9))
    for t, edge in enumerate(back, 1):  # from h_{t + 1} back to h_t
        eps, h, x = 1e-6, state(W_h, strength, t), strength * X[t]
        factor = (tanh(W_h * (h + eps) + x) - tanh(W_h * (h - eps) + x)) / (2 * eps)
        assert float(edge.text.removeprefix("× ")) == pytest.approx(factor, rel=0.06, abs=1e-6)
        assert edge.size == pytest.approx(min(left(W_h, strength, t), 1.3), rel=1e-5, abs=1e-9)


def test_what_the_gradient_has_not_reached_is_thin_and_grey():
    record = one_unit(j=3)
    assert [node.lit for node in record.nodes] == [False] * 6 + [True] * 4
    back = [edge for edge in record.edges if edge.end < edge.start]
    assert [edge.lit for edge in back] == [False] * 6 + [True] * 3
    assert [bool(edge.text) for edge in back] == [False] * 6 + [True] * 3
    assert all(node.fill == 0 for node in record.nodes[:6])
    assert all(edge.size == 0.05 for edge in back[:6])
    assert list(record.panels[0].curves[1].x) == [7, 8, 9, 10]


def test_backward_is_orange_red_and_forward_blue():
    record = one_unit(j=9)
    for edge in record.edges:
        assert edge.color == ("#D55E00" if edge.end < edge.start else "#0072B2")
    assert {node.color for node in record.nodes} == {"#D55E00"}
    bound, curve = record.panels[0].curves
    assert (bound.color, bound.line, curve.color) == ("#767676", "--", "#D55E00")


@pytest.mark.parametrize("j", range(10))
def test_caption_and_sentence_say_the_number(j):
    record, number = one_unit(j=j), left(1.2, 0.5, 10 - j)
    links = "1 link back" if j == 1 else f"{j} links back"
    assert record.caption.startswith(f"dh_10/dh_{10 - j}: {links}, ")
    said = float(record.caption.split(", ")[1].split()[0])
    assert said == pytest.approx(number, rel=1e-3)
    if j:
        listed = record.sentence.split(": ")[1].split(" = ")[0].split(" · ")
        assert len(listed) == j
        assert np.prod([float(v) for v in listed]) == pytest.approx(number, rel=0.1)
        assert f"= {said:.4g} is left at h_{10 - j}." in record.sentence
        assert f"it would be {1.2**j:.4g}." in record.sentence
    else:
        assert record.sentence == "At h_10 all of it is there."


def test_a_guess_is_held_against_the_opening_question_wherever_the_sliders_stand():
    asked = 100 * left(1.2, 0.5, 1)
    assert asked == pytest.approx(2.327, abs=1e-3)
    for values in (dict(), dict(W_h=2.0, strength=0.0, j=9)):
        text = one_unit(guess=516, **values).sentence
        assert "You said 516 %" in text and f"it is {asked:.2g} %" in text
        assert f"{round(516 / asked, -1):.0f} times too much" in text
    assert "You said" not in one_unit().sentence


def test_what_the_notebook_says_you_saw():
    found = {round(W, 2): left(W, 0.5, 1) for W in np.arange(0.5, 2.01, 0.05)}
    assert max(found, key=found.get) == 1.0 and found[1.0] == pytest.approx(0.065, abs=5e-4)
    assert left(1.2, 0.0, 1) == pytest.approx(5.16, abs=1e-3)
    factors = {t: 1.2 * (1 - state(1.2, 0.5, t) ** 2) for t in range(2, 11)}
    assert min(factors, key=factors.get) == 7 and f"{factors[7]:.2g}" == "0.3"
    assert f"{state(1.2, 0.5, 7):.2f}" == "0.87"


# Two units

INPUTS = np.array([1.0, -0.5, 0.8, 0.3])
H_0, TARGET = np.array([0.5, -0.5]), np.array([0.2, -0.1])


def walk(W, h, first):
    """h_{first - 1} = h, h_first, ..., h_4."""
    found = [np.asarray(h)]
    for x in INPUTS[first - 1 :]:
        found.append(np.tanh(W @ found[-1] + x * np.array([1.0, -0.5])))
    return found


def at_h(W, t):
    """dL_4/dh_t by differences."""
    h, eps = walk(W, H_0, 1)[t], 1e-5

    def loss(h):
        return 0.5 * np.sum((walk(W, h, t + 1)[-1] - TARGET) ** 2)

    return np.array([(loss(h + e) - loss(h - e)) / (2 * eps) for e in eps * np.eye(2)])


def weights(W_12=1.5, W_21=0.0):
    return np.array([[0.5, W_12], [W_21, 0.8]])


GRID = [(1.5, 0.0), (0.0, 0.0), (1.5, 1.5), (-1.5, 0.7), (0.3, -1.5)]


@pytest.mark.parametrize("W_12, W_21", GRID)
def test_the_chain_of_jacobians_walks_along_the_true_gradients(W_12, W_21):
    right, mixed = scene.compute_layouts(W_12, W_21).panels
    W = weights(W_12, W_21)
    true = np.array([at_h(W, t) for t in (4, 3, 2, 1)])
    np.testing.assert_allclose(np.transpose(right.curves[0][:2]), true, atol=1e-8)
    for panel in (right, mixed):
        np.testing.assert_allclose(np.ravel(panel.curves[1][:2]), true[0], atol=1e-8)
        np.testing.assert_allclose(np.ravel(panel.curves[2][:2]), true[3], atol=1e-8)
    way, h = [true[0]], walk(W, H_0, 1)
    for t in (4, 3, 2):  # entry by entry: sum over i of g_i W_ji (1 - h_j^2)
        way.append([sum(way[-1][i] * W[j, i] for i in (0, 1)) for j in (0, 1)])
        way[-1] = way[-1] * (1 - h[t] ** 2)
    np.testing.assert_allclose(np.transpose(mixed.curves[0][:2]), way, atol=1e-8)


def test_only_units_that_do_not_hear_each_other_hide_the_mixture():
    same = []
    for W_12 in np.round(np.arange(-1.5, 1.51, 0.3), 1):
        for W_21 in np.round(np.arange(-1.5, 1.51, 0.3), 1):
            if "here the same" in scene.compute_layouts(W_12, W_21).sentence:
                same.append((W_12, W_21))
    assert same == [(0.0, 0.0)]


def test_the_sentence_measures_how_far_off_it_is():
    record = scene.compute_layouts(1.5, 0.0)
    true = at_h(weights(), 1)
    mixed = np.transpose(record.panels[1].curves[0][:2])[-1]
    off = 100 * np.linalg.norm(mixed - true) / np.linalg.norm(true)
    assert f"off by {off:.3g} % of its length" in record.sentence
    assert "({:.3f}, {:.3f})".format(*true) in record.sentence


def test_no_path_leaves_the_plane_and_angles_are_right():
    for W_12 in np.arange(-1.5, 1.51, 0.25):
        for W_21 in np.arange(-1.5, 1.51, 0.25):
            for panel in scene.compute_layouts(W_12, W_21).panels:
                x, y = (np.abs(np.concatenate([c[i] for c in panel.curves])).max() for i in (0, 1))
                assert x < panel.xlim[1] and y < panel.ylim[1]
    view = scene.layouts()
    for ax in view.canvas.figure.axes:
        box = ax.get_window_extent()
        (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
        assert box.width / (x1 - x0) == pytest.approx(box.height / (y1 - y0), rel=0.01)


# Exercises


def copy_gradient(k):
    """dL_4/dW_h of the use at step k alone, by differences."""
    W, eps = weights(), 1e-5
    h = walk(W, H_0, 1)

    def loss(copy):
        h_k = np.tanh(copy @ h[k - 1] + INPUTS[k - 1] * np.array([1.0, -0.5]))
        return 0.5 * np.sum((walk(W, h_k, k + 1)[-1] - TARGET) ** 2)

    E = eps * np.eye(4).reshape(4, 2, 2)
    return np.reshape([(loss(W + e) - loss(W - e)) / (2 * eps) for e in E], (2, 2))


def test_exercise_1():
    z, eps = np.arctanh(0.9), 1e-6  # z = W_h h: a step of W_h in h changes z by 1.2 of it
    slope = (tanh(z + 1.2 * eps) - tanh(z - 1.2 * eps)) / (2 * eps)
    assert scene.exercise_1.expected == pytest.approx(slope, rel=1e-8)
    assert scene.exercise_1.reply(0.228)[0] and scene.exercise_1.reply(0.23)[0]
    assert not scene.exercise_1.reply(0.24)[0]


def test_exercise_2():
    assert scene.exercise_2.expected[0] == pytest.approx(at_h(weights(), 3), abs=1e-8)
    right = scene.exercise_2.reply(lambda W, h, d: ((1 - h * h) * d) @ W)
    assert right[0]
    wrong = scene.exercise_2.reply(lambda W, h, d: W @ ((1 - h * h) * d))
    assert not wrong[0] and "W_h carries forward" in wrong[1]


def test_exercise_3():
    np.testing.assert_allclose(scene.exercise_3.expected, copy_gradient(2), atol=1e-8)
    assert scene.exercise_3.reply(np.round(copy_gradient(2), 5))[0]
    assert "transpose" in scene.exercise_3.reply(copy_gradient(2).T)[1]
