"""Notebook 5's picture and exercises, held to plain loops."""

from math import atanh, log10, sqrt, tanh

import numpy as np
import pytest

from scenes import worked_example as scene

START = dict(guess=None, W_h=0.9, tanh_prime=0.8, T=8, k=3)
PLACES = [
    {},
    dict(W_h=-1.7, tanh_prime=0.5, T=30, k=29),
    dict(W_h=1.5, tanh_prime=1.0, T=60, k=10),
    dict(W_h=0.4, T=1, k=0),
]
ORANGE_RED, BLACK, GREY = "#D55E00", "#000000", "#767676"


def shown(**changed):
    return scene.compute(**START | changed)


def powers(r, T):
    found = [1.0]
    for _ in range(T - 1):
        found.append(found[-1] * r)
    return found


def real_factor(W_h, steps=20000):
    """A unit that runs with the input that gives tanh' = 0.8 at W_h = 0.9; where it ends in a
    cycle of two states, the mean of their factors that two steps have."""
    drive, h = atanh(sqrt(0.2)) - 0.9 * sqrt(0.2), 0.0
    for _ in range(steps):
        before, h = h, tanh(W_h * h + drive)
    return W_h * sqrt((1 - h * h) * (1 - before * before))


@pytest.mark.parametrize("changed", PLACES)
def test_curves_are_powers_and_the_real_unit_has_its_own_factor(changed):
    place = START | changed
    r, T, k = place["W_h"] * place["tanh_prime"], place["T"], place["k"]
    ours, real = powers(r, T), powers(real_factor(place["W_h"]), T)
    left, right = shown(**changed).panels
    honest, sliders, ring = left.curves
    assert list(sliders.y) == pytest.approx(ours)
    assert list(honest.y) == pytest.approx(real, rel=1e-6)
    assert (ring.x, ring.y) == ([k], [sliders.y[k]])
    honest, sliders, ring, half, one_percent = right.curves
    assert 10 ** np.array(sliders.y) == pytest.approx(np.abs(ours))
    assert 10 ** np.array(honest.y) == pytest.approx(np.abs(real), rel=1e-6)
    assert (ring.x, ring.y) == ([k], [sliders.y[k]])
    for panel in left, right:
        assert list(panel.curves[0].x) == list(panel.curves[1].x) == list(range(T))
        assert panel.xlabel == "steps back, k"
    if 0 < abs(r) < 1:
        assert abs(r) ** half.x == pytest.approx(0.5)
        assert abs(r) ** one_percent.x == pytest.approx(0.01)
    assert left.note == f"k = {k}:  {ours[k]:.4g}"
    assert right.note == f"log₁₀ = {log10(abs(ours[k])) + 0:.2f}"


def test_the_real_unit_is_the_lessons_at_its_weight_and_another_one_elsewhere():
    honest, sliders, _ = shown().panels[0].curves
    assert list(honest.y) == pytest.approx(list(sliders.y))
    for W_h in (1.5, 0.5, -1.0, 2.0):
        for d in (0.2, 0.8):
            honest, sliders, _ = shown(W_h=W_h, tanh_prime=d).panels[0].curves
            assert abs(honest.y[1] - sliders.y[1]) > 0.01 and abs(honest.y[1]) < 1


def test_colours_labels_and_axes():
    for changed in PLACES:
        left, right = shown(**changed).panels
        end = {1: 20, 8: 20, 30: 50, 60: 100}[(START | changed)["T"]]
        assert left.xlim == right.xlim == (-0.03 * end, 1.03 * end)
        assert right.ylim == (-0.9 * end, 0.55 * end)
        for panel in left, right:
            assert [c.color for c in panel.curves[:3]] == [BLACK, ORANGE_RED, BLACK]
            assert [c.line for c in panel.curves[:3]] == ["--", "-", ""]
            assert panel.curves[2].hollow
        assert [c.label for c in left.curves] == ["a real unit", "as the sliders say", ""]
        assert [c.label for c in right.curves[3:]] == ["½ left", "1 % left"]
        assert [c.color for c in right.curves[3:]] == [GREY, GREY]
        assert left.title.startswith("gradient left") and "log" in right.title


def test_no_curve_leaves_the_left_panel_and_its_axis_seldom_changes():
    for T in (8, 20, 100):
        seen = []
        for W_h in range(-200, 201, 5):
            low, high = (panel := shown(W_h=W_h / 100, T=T, k=0).panels[0]).ylim
            values = np.concatenate([curve.y for curve in panel.curves])
            room = 0.04 * (high - low)  # half of the largest marker
            assert low + room < values.min() and values.max() + room < high
            assert values.max() - values.min() > 0.1 * (high - low)  # nor is it a flat line
            seen.append(high)
        steps = {later / now for now, later in zip(seen[40:], seen[41:])} - {1}
        assert seen.count(1.6) > len(seen) / 2 and all(step > 3 for step in steps)


def test_the_sentence():
    assert shown().sentence == (
        "r = 0.72. After k = 3 steps back 0.3732 of the gradient is left (log10 -0.43). "
        "One half is left after 2.1 steps, 1 % after 14.0."
    )
    assert 0.72**2.1 == pytest.approx(0.5, abs=0.01) and 0.72**14 == pytest.approx(0.01, abs=1e-3)
    assert "already leaves nothing" in shown(tanh_prime=0.0).sentence
    assert "never falls to one half" in shown(W_h=1.5, tanh_prime=1.0).sentence
    said = shown(guess=50.0, W_h=2.0).sentence.partition(" You said ")[2]
    assert said == "50 %; from h_20 back to h_1, at r = 0.72, it is 0.19 %: 260 times too much."
    assert f"{100 * powers(0.72, 20)[19]:.2g}" == "0.19"


def test_k_ends_at_the_first_state():
    view = scene.decay()
    with pytest.raises(ValueError, match="k: expected 0 to 4"):
        view.read(T=5, k=5)
    assert view.read(T=5, k=4).startswith("r = 0.72. After k = 4")


def why(ask, answer):
    right, said = ask.reply(answer)
    assert right is False
    return said


def test_exercise_1():
    ask = scene.exercise_1
    assert powers(0.8 * ask.expected, 101)[-1] == pytest.approx(0.01)
    assert ask.reply(1.19)[0] and not ask.reply(1.2)[0]
    assert "the factor r" in why(ask, 0.955) and "W_h > 0" in why(ask, -1.194)
    assert "everything is left" in why(ask, 1.25)


def test_exercise_2():
    ask = scene.exercise_2

    def steps(r, share):
        return next(k for k in np.arange(0, 500, 0.001) if r**k <= share)

    assert [steps(r, 0.5) for (r,) in ask.cases] == pytest.approx(ask.expected, abs=2e-3)
    assert "exponent" in why(ask, lambda r: 0.5 / r)
    assert "Upside down" in why(ask, lambda r: np.log(r) / np.log(0.5))
    assert "1 % horizon" in why(ask, lambda r: np.log(0.01) / np.log(r))


def test_exercise_3():
    h = 0.1
    for _ in range(2000):
        h = tanh(1.5 * h)
    ask = scene.exercise_3
    assert ask.reply(1.5 * (1 - h * h))[0]
    assert "tanh' alone" in why(ask, 1 - h * h) and "the state h" in why(ask, h)
    assert "lesson's example" in why(ask, 1.2) and "At h = 0" in why(ask, 1.5)


@pytest.mark.parametrize(
    "W_h, tanh_prime, k",
    [(1.5, 1.0, 3), (-2.0, 0.9, 7), (1.25, 0.8, 5), (2.0, 0.0, 3), (0.0, 0.8, 1), (0.0, 0.0, 0)],
)
def test_what_is_said_of_a_factor_of_at_least_one_and_of_none(W_h, tanh_prime, k):
    record = shown(W_h=W_h, tanh_prime=tanh_prime, k=k)
    r = W_h * tanh_prime
    left = powers(r, 8)[k]
    said = f"r = {r:.4g}. After k = {k} steps back {left:.4g} of the gradient is left"
    said += f" (log10 {log10(abs(left)):.2f})." if left else "."
    end = "It never falls to one half." if r else "One step back already leaves nothing."
    assert record.sentence == f"{said} {end}"
    note = f"log₁₀ = {log10(abs(left)):.2f}" if left else "nothing left"
    assert [panel.note for panel in record.panels] == [f"k = {k}:  {left:.4g}", note]
