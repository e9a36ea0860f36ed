"""The (t, k) map as data: what colour, what place, what border, and that a move only mends."""

import numpy as np
import pytest
from legible import illegible
from matplotlib import colormaps

from bptt_helpers.plots import heat
from bptt_helpers.plots.canvas import Canvas
from bptt_helpers.plots.heat import Heat, Map
from bptt_helpers.plots.lines import Curve, Panel

NAN = np.nan
THREE = np.array([[-np.inf, NAN, NAN], [-9.0, -6.0, NAN], [-3.0, 0.0, 2.0]])


def canvas(*maps, panels=()):
    return Canvas(heat, Heat(maps, "in words", panels), (4, 3))


def colour(log10):
    return colormaps["cividis"]((log10 + 6) / 6, bytes=True)


def test_each_pair_has_the_colour_of_its_number_and_no_number_has_none():
    image = canvas(Map("", THREE)).artists[0]
    pixels = image.get_array()
    wanted = [[None, None, None], [-6, -6, None], [-3, 0, 0]]  # beyond the limits: their colours
    for t in range(3):
        for k in range(3):
            right = np.zeros(4) if wanted[t][k] is None else colour(wanted[t][k])
            np.testing.assert_array_equal(pixels[t, k], right, err_msg=f"row {t}, column {k}")
    assert image.get_extent() == [0.5, 3.5, 3.5, 0.5]  # pair (1, 1) top left, centres at 1, 2, 3


def test_the_pixels_on_the_screen_are_those_colours():
    drawn = canvas(Map("", THREE))
    pixels = drawn.render(Heat((Map("", THREE),), ""))
    ax = drawn.artists[0].axes
    for t, k, log10 in (2, 1, -6), (3, 1, -3), (3, 2, 0):
        x, y = ax.transData.transform((k, t)).astype(int)
        np.testing.assert_array_equal(pixels[len(pixels) - y, x], colour(log10))


def test_what_is_not_kept_is_pale_and_the_border_goes_round_it():
    map_ = Map("", np.tril(np.full((4, 4), -6.0)), kept_from=np.array([1, 1, 3, 3]))  # chunks of 2
    image, border, _ = canvas(map_).artists
    pale = image.get_array()[..., :3].min(-1) >= 170
    np.testing.assert_array_equal(pale & np.tri(4, dtype=bool), [[0] * 4] * 2 + [[1, 1, 0, 0]] * 2)
    np.testing.assert_array_equal(border.get_xdata(), [0.5, 0.5, 0.5, 0.5, 2.5, 2.5, 2.5, 2.5])
    np.testing.assert_array_equal(border.get_ydata(), [0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5, 4.5])


def test_the_way_runs_along_row_t_from_the_diagonal_to_k():
    way = canvas(Map("", THREE, point=(3, 1))).artists[2]
    assert (list(way.get_xdata()), list(way.get_ydata())) == ([1, 3], [3, 3])
    assert way.get_markevery() == [0]  # the dot is at k, not on the diagonal


def test_without_point_and_border_nothing_is_drawn_for_them():
    _, border, way = canvas(Map("", THREE)).artists
    assert np.isnan(border.get_xdata()).all() and np.isnan(way.get_xdata()).all()


def big(T, low=-3.0):
    curve = Curve(np.arange(T), np.linspace(0, 1, T))
    map_ = Map("", np.full((T, T), low), (T, 1), np.full(T, 2))
    return Heat((map_, map_), "", (Panel("", "", (curve,), x=(0, 200), y=(0, 1)),))


def test_a_move_within_one_size_keeps_the_background():
    drawn = Canvas(heat, big(16), (6, 3))
    kept = drawn.background
    drawn.render(big(20, -2.0))
    assert drawn.background is kept
    assert drawn.artists[0].axes.get_xlim() == (0.5, 20.5)
    assert drawn.artists[3].get_extent() == [0.5, 20.5, 20.5, 0.5]
    assert len(drawn.artists[6].get_ydata()) == 20


@pytest.mark.parametrize("T, end", [(1, 5.5), (21, 30.5), (200, 200.5), (600, 600.5)])
def test_the_axes_grow_in_steps(T, end):
    drawn = Canvas(heat, big(16), (6, 3))
    kept = drawn.background
    drawn.render(big(T))
    assert drawn.background is not kept
    for image in drawn.artists[0], drawn.artists[3]:
        assert image.axes.get_xlim() == (0.5, end) and image.axes.get_ylim() == (end, 0.5)


@pytest.mark.parametrize("size", [2, 5, 40, 100, 200])
def test_no_map_is_too_large_for_its_labels(size):
    def record(T):
        panels = [Panel(f"panel {i}", "k", (Curve([0, T], [0, T]),)) for i in (1, 2)]
        return Heat((Map("norms", np.zeros((T, T))),), "words", tuple(panels), ratio=(1, 1.15))

    drawn = Canvas(heat, record(40), (10, 3.8))
    drawn.render(record(size))
    assert not illegible(drawn)
