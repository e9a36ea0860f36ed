"""Figures are tested as data: what stands in the artists after an update."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel


def drawn(*panels):
    figure = Figure()
    record = Lines(panels, "words")
    artists = lines.draw(figure, record)
    lines.update(artists, record)
    return figure, artists


def test_every_kind_of_curve_shows_its_data():
    x, y = np.arange(4), np.array([1.0, 0.5, 0.25, 0.125])
    curves = (
        Curve(x, y, "points", marker="o"),
        Curve(2.5, None),
        Curve(None, -0.5),
        Curve([0, 1, 1], [0, 0, 1], line="fill"),
    )
    figure, (line, upright, level, area, note) = drawn(Panel("title", "x", curves, "k = 3"))
    assert np.array_equal(line.get_ydata(), y) and np.array_equal(line.get_xdata(), x)
    assert list(upright.get_xdata()) == [2.5, 2.5] and list(level.get_ydata()) == [-0.5, -0.5]
    assert area.get_xy()[:3].tolist() == [[0, 0], [1, 0], [1, 1]]
    assert note.get_text() == "k = 3"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["points"]


def test_update_moves_what_draw_made():
    def record(n):
        panels = (
            Panel("left", "x", (Curve(np.arange(n), np.ones(n)),), f"{n}"),
            Panel("right", "x", (Curve(np.arange(n), -np.arange(n)),), f"{2 * n}"),
        )
        return Lines(panels, f"{n}")

    artists = lines.draw(Figure(), record(3))
    lines.update(artists, record(7))
    assert artists[0].get_ydata().tolist() == [1] * 7
    assert artists[2].get_ydata().tolist() == [0, -1, -2, -3, -4, -5, -6]
    assert [artists[1].get_text(), artists[3].get_text()] == ["7", "14"]


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([0.3], 0, 0.5),
        ([1.0, 0.0], 0, 1),
        ([-3.0, 0.1], -5, 0.1),
        ([1.6e20], 0, 2e20),
        ([np.inf, -np.inf, np.nan, 4.0], 0, 5),
    ],
)
def test_automatic_limits_come_in_coarse_steps(values, low, high):
    _, (line, _) = drawn(Panel("", "", (Curve(np.arange(len(values)), np.array(values)),)))
    bottom, top = line.axes.get_ylim()
    margin = 0.06 * (high - low)
    assert (bottom, top) == pytest.approx((low - margin, high + margin))


def test_a_curve_that_need_not_fit_does_not_move_the_limits():
    far = Curve([0, 1], [0, -1e6], fit=False)
    _, artists = drawn(Panel("", "", (Curve([0, 1], [0, 1]), far)))
    assert artists[0].axes.get_ylim() == pytest.approx((-0.06, 1.06))


def test_nothing_at_all_still_has_axes():
    _, artists = drawn(Panel("", "", (Curve([], []),)))
    low, high = artists[0].axes.get_ylim()
    assert low < high
