"""Notebook 1's pictures and exercises, held to plain arithmetic and to differences."""

import re
from math import exp, log10, prod, tanh

import numpy as np
import pytest

from scenes import chain_rule as scene

BLUE, ORANGE_RED, YELLOW, BLACK, GREY = "#0072B2", "#D55E00", "#E69F00", "#000000", "#767676"
START = dict(guess=None, W_h=0.9, tanh_prime=0.8, T=5)
PLACES = [{}, dict(W_h=0.3, T=2), dict(W_h=1.5, tanh_prime=1.0, T=12), dict(tanh_prime=0.0, T=7)]


def course(**changed):
    return scene.compute_course(**START | changed)


def chain(W_h, tanh_prime, T):
    """What is left of 1 at h_1, ..., h_T."""
    return [prod([W_h * tanh_prime] * (T - t)) for t in range(1, T + 1)]


def slope(f, x, eps=1e-6):
    return (f(x + eps) - f(x - eps)) / (2 * eps)


@pytest.mark.parametrize("changed", PLACES)
def test_boxes_arrows_and_bars_are_what_is_left_of_the_gradient(changed):
    record, place = course(**changed), START | changed
    W_h, d, T = (place[name] for name in ("W_h", "tanh_prime", "T"))
    left = chain(W_h, d, T)
    sizes = [each / max(1, *left) for each in left]
    assert [node.text for node in record.nodes] == [f"$h_{{{t}}}$" for t in range(1, 13)]
    assert [node.lit for node in record.nodes] == [True] * T + [None] * (12 - T)
    assert [node.fill for node in record.nodes[:T]] == pytest.approx(sizes)
    back = [edge for edge in record.edges if edge.end < edge.start]
    forth = [edge for edge in record.edges if edge.end > edge.start]
    assert [(e.start, e.end) for e in back] == [(t, t - 1) for t in range(1, 12)]
    assert [(e.start, e.end) for e in forth] == [(t - 1, t) for t in range(1, 12)]
    for edges in back, forth:
        assert [edge.lit for edge in edges] == [True] * (T - 1) + [None] * (12 - T)
    for t, edge in enumerate(back[: T - 1], 1):  # into h_t
        assert edge.size == pytest.approx(sizes[t - 1]) and edge.size <= 1
        assert float(edge.text.removeprefix("× ")) == pytest.approx(W_h * d, rel=6e-3)
    assert {edge.text for edge in forth} == {""} and len({edge.size for edge in forth}) == 1
    (panel,) = record.panels
    bars, tops = panel.curves
    assert list(tops.x) == list(range(1, T + 1)) and list(tops.y) == pytest.approx(left)
    corners = np.reshape([bars.x, bars.y], (2, T, 4))
    assert corners[1].max(1) == pytest.approx(left) and (corners[1].min(1) == 0).all()
    assert corners[0].mean(1) == pytest.approx(np.arange(1, T + 1))


def test_colours_and_axes_of_the_course():
    for changed in PLACES:
        record = course(**changed)
        for edge in record.edges:
            assert edge.color == (ORANGE_RED if edge.end < edge.start else BLUE)
        assert {node.color for node in record.nodes} == {ORANGE_RED}
        (panel,) = record.panels
        assert {curve.color for curve in panel.curves} == {ORANGE_RED}
        assert (panel.xlim, panel.xlabel) == ((0.4, 12.6), "unit")
        assert panel.ylim == course().panels[0].ylim or max(panel.curves[1].y) > 2.3
        assert panel.title == "what is left of a gradient of 1"
        assert list(panel.ticks[0]) == [int(text) for text in panel.ticks[1]] == [*range(1, 13)]


@pytest.mark.parametrize("T", (2, 5, 12))
def test_the_bars_stay_in_their_panel(T):
    seen = []
    for W_h in range(0, 151, 5):
        (panel,) = course(W_h=W_h / 100, tanh_prime=1.0, T=T).panels
        low, high = panel.ylim
        seen.append(high)
        assert low < 0 and max(panel.curves[0].y) == max(panel.curves[1].y) < high
        assert max(panel.curves[1].y) > 0.12 * high
    assert len(set(seen)) <= 3 and seen == sorted(seen)


@pytest.mark.parametrize("changed", PLACES)
def test_caption_note_and_sentence_of_the_course(changed):
    record, place = course(**changed), START | changed
    r, T = place["W_h"] * place["tanh_prime"], place["T"]
    left = chain(place["W_h"], place["tanh_prime"], T)[0]
    assert record.caption == f"{T} units in a row; backward, each link multiplies by {r:.4g}"
    assert record.panels[0].note == f"left at $h_1$:  {left:.4g}"
    assert record.sentence == (
        f"A gradient of 1 at h_{T} arrives at h_1 as {r:.4g}^{T - 1} = {left:.4g}, "
        f"{'8,650' if T == 12 else f'{100 * left:.3g}'} % of it, {T - 1} link{'s' * (T > 2)} back."
    )


def test_a_guess_is_held_against_the_lessons_twelve_units():
    right = 100 * chain(0.9, 0.8, 12)[0]
    assert f"{right:.2g}" == "2.7"
    for changed in {}, dict(W_h=1.5, T=3):
        said = course(guess=27.0, **changed).sentence.removeprefix(course(**changed).sentence)
        assert said == (
            " You said 27 %; at T = 12, W_h = 0.9 and tanh' = 0.8 it is 2.7 %: 10 times too much."
        )
    assert course(guess=2.7).sentence.endswith("as good as right.")
    assert course(guess=0.27).sentence.endswith("10 times too little.")


# The example


@pytest.mark.parametrize("h2", [0.5, -1.3, 0.0, 3.0])
@pytest.mark.parametrize("step", range(1, 7))
def test_the_example_shows_what_its_step_has_reached(h2, step):
    record = scene.compute_example(h2, step)
    values = h2, tanh(h2), tanh(h2) ** 2
    back = slope(lambda x: tanh(x) ** 2, h2), slope(lambda x: x * x, values[1]), 1.0
    local = slope(tanh, h2), slope(lambda x: x * x, values[1])
    for i, (node, name) in enumerate(zip(record.nodes, ("h2", "h3", "L"))):
        assert node.text.split("\n")[0] == name and node.lit == (step >= i + 1)
        assert node.color == (YELLOW if name == "L" else BLUE)
        if step >= i + 1:
            assert float(node.text.split("\n")[1]) == pytest.approx(values[i], abs=6e-5)
        assert ("\n" in node.text) == (step >= i + 1)
        if step >= 6 - i:  # L at step 4, h3 at 5, h2 at 6
            start, number = node.gradient.split(" = ")
            assert start == f"dL/d{name}" and float(number) == pytest.approx(back[i], abs=6e-5)
        else:
            assert node.gradient == ""
        assert (node.fill > 0) == (step in (i + 1, 6 - i))
    for i, name in enumerate(("tanh", "square")):
        forth, arrow = record.edges[2 * i : 2 * i + 2]
        assert (forth.start, forth.end, forth.text, forth.color) == (i, i + 1, name, BLUE)
        assert (arrow.start, arrow.end, arrow.color) == (i + 1, i, ORANGE_RED)
        assert forth.lit == (step >= i + 2) and arrow.lit == (step >= 6 - i)
        if arrow.lit:
            assert float(arrow.text.removeprefix("× ")) == pytest.approx(local[i], abs=6e-5)
            assert arrow.size == pytest.approx(abs(back[i]), abs=1e-8)
        else:
            assert arrow.text == "" and arrow.size == 0.1


def test_each_step_of_the_example_has_its_caption_and_its_sentence():
    wanted = (
        "1  forward: h2",
        "2  forward: h3",
        "3  forward: L",
        "4  backward: start with dL/dL = 1",
        "5  backward: times the slope of the square",
        "6  backward: times the slope of tanh",
    )
    said = []
    for step, start in enumerate(wanted, 1):
        record = scene.compute_example(0.5, step)
        assert record.caption.startswith(start)
        said.append(record.sentence)
    whole = (
        "Forward: h2 = 0.5000, h3 = 0.4621, L = 0.2136. Backward: dL/dL = 1, "
        "times 0.9242 is dL/dh3 = 0.9242, times 0.7864 is dL/dh2 = 0.7269."
    )
    assert said[5] == whole and said[0] == "Forward: h2 = 0.5000."
    assert said[2] == "Forward: h2 = 0.5000, h3 = 0.4621, L = 0.2136."
    for shorter, longer in zip(said, said[1:]):
        assert longer.startswith(shorter[:-1]) and len(longer) > len(shorter)


# The step size


@pytest.mark.parametrize("h2, log10_eps", [(0.5, -1), (-1.2, -3), (2.0, 0), (0.5, -20)])
def test_secant_and_errors_of_the_three_ways(h2, log10_eps):
    record, eps = scene.compute_step_size(h2, log10_eps), 10.0**log10_eps
    left, right = record.panels
    curve, line, ring = left.curves
    assert list(curve.y) == pytest.approx([tanh(x) ** 2 for x in curve.x])
    ends = h2 - eps, h2 + eps
    assert list(ring.x) == pytest.approx(ends)
    assert list(ring.y) == pytest.approx([tanh(x) ** 2 for x in ends])
    measured = (tanh(ends[1]) ** 2 - tanh(ends[0]) ** 2) / (2 * eps)
    rise = (line.y[-1] - line.y[0]) / (line.x[-1] - line.x[0])
    assert rise == pytest.approx(measured, abs=1e-9)
    assert np.interp(h2, line.x, line.y) == pytest.approx(tanh(h2) ** 2, abs=1e-9)
    assert f"the measured slope is {measured + 0:.4f}." in record.sentence
    assert (curve.label, line.label) == ("L(h2)", "measured slope")
    assert (curve.color, line.color, ring.color) == (BLUE, ORANGE_RED, BLACK)
    by_label = {c.label: c for c in right.curves}
    truth = 2 * tanh(h2) * (1 - tanh(h2) ** 2)
    forward = abs((tanh(h2 + eps) ** 2 - tanh(h2) ** 2) / eps - truth)
    central = abs(measured - truth)
    exact = abs((np.tanh(h2 + 1j * eps) ** 2).imag / eps - truth)
    names = "forward difference", "central difference", "complex step"
    ring, said = by_label[""], re.split(r"[,:] ", record.sentence.rstrip("."))[-3:]
    for name, error, y, text in zip(names, (forward, central, exact), ring.y, said):
        assert y == pytest.approx(log10(max(error, 1e-17)), abs=0.4 if error < 1e-9 else 1e-4)
        at = list(by_label[name].x).index(log10_eps)
        assert by_label[name].y[at] == y
        number = text.removeprefix(name + " ")
        assert text.startswith(name)
        if error > 1e-9:
            assert float(number) == pytest.approx(error, rel=0.5)
    assert list(ring.x) == [log10_eps] * 3
    assert [by_label[n].line for n in names] == [":", "--", "-"]
    assert [by_label[n].color for n in names] == [GREY, ORANGE_RED, BLACK]
    assert (left.xlabel, right.xlabel) == ("h2", "log$_{10}$ ε")
    assert right.title.startswith("log$_{10}$ of the error")


# The exercises


def why(ask, answer):
    right, said = ask.reply(answer)
    assert right is False
    return said


def test_exercise_1_is_where_the_slope_is_largest():
    grid = np.linspace(-3, 3, 60001)
    top = abs(grid[np.argmax(2 * np.tanh(grid) * (1 - np.tanh(grid) ** 2))])
    ask = scene.exercise_1
    assert ask.expected == pytest.approx(top, abs=2e-4)
    assert ask.reply(0.66)[0] and not ask.reply(0.7)[0]
    assert "flat" in why(ask, 0) and "saturated" in why(ask, 3.0)
    assert "That is h3" in why(ask, tanh(top))


def test_exercise_2_to_4_against_differences():
    ask = scene.exercise_2
    right = slope(lambda w: tanh(w * 0.5) ** 2, 0.9)
    assert ask.reply(right)[0]
    assert "dL/dz" in why(ask, right / 0.5) and "dL/dh:" in why(ask, right / 0.5 * 0.9)
    ask = scene.exercise_3
    assert ask.reply(lambda h: slope(lambda x: exp(tanh(x)), h))[0]
    assert "exp alone" in why(ask, lambda h: exp(tanh(h)))
    assert "exp gets tanh(h), not h" in why(ask, lambda h: exp(h) * slope(tanh, h))
    ask = scene.exercise_4
    first, second = tanh(0.5), 0.5 * slope(tanh, 0.5)
    assert ask.reply(slope(lambda h: h * tanh(h), 0.5))[0] and ask.reply(first + second)[0]
    assert "inside tanh" in why(ask, first) and "factor in front" in why(ask, second)
    assert "not multiplied" in why(ask, first * second)
