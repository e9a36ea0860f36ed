"""The (t, k) map as data: what colour, what place, what border, and that a move only mends."""

import numpy as np
import pytest
from legible import illegible
from matplotlib import colormaps
from matplotlib.figure import Figure

from bptt_helpers.plots import heat
from bptt_helpers.plots.canvas import Canvas
from bptt_helpers.plots.graph import Edge, Graph, Node
from bptt_helpers.plots.heat import Heat, Map
from bptt_helpers.plots.lines import Curve, Panel

NAN = np.nan
THREE = np.array([[-np.inf, NAN, NAN], [-9.0, -6.0, NAN], [-3.0, 0.0, 2.0]])


def canvas(*maps):
    return Canvas(heat, Heat(maps, "in words"), (4, 3))


def artists(*maps):
    """What ``draw`` returns, mended once; without the layout, which takes three times as long."""
    record = Heat(maps, "in words")
    drawn = heat.draw(Figure((4, 3)), record)
    heat.update(drawn, record)
    return drawn


def colour(log10):
    return colormaps["cividis"]((log10 + 6) / 6, bytes=True)


def test_each_pair_has_the_colour_of_its_number_and_no_number_has_none():
    image = artists(Map("", THREE))[0]
    pixels = image.get_array()
    wanted = [[None, None, None], [-6, -6, None], [-3, 0, 0]]  # beyond the limits: their colours
    for t in range(3):
        for k in range(3):
            right = np.zeros(4) if wanted[t][k] is None else colour(wanted[t][k])
            np.testing.assert_array_equal(pixels[t, k], right, err_msg=f"row {t}, column {k}")


def on_screen(drawn, pixels, x, y):
    across, up = drawn.artists[0].axes.transData.transform((x, y)).astype(int)
    return pixels[len(pixels) - up, across]


def test_the_pixels_on_the_screen_are_those_colours():
    drawn = canvas(Map("", THREE))
    pixels = drawn.render(Heat((Map("", THREE),), ""))
    for t, k, log10 in (2, 1, -6), (3, 1, -3), (3, 2, 0):
        for right, down in (0, 0), (-0.4, 0.4), (0.4, -0.4), (-0.4, -0.4):
            shown = on_screen(drawn, pixels, k + right, t + down)
            np.testing.assert_array_equal(shown, colour(log10))


def test_losses_go_down_and_uses_to_the_right():
    ax = artists(Map("norms", THREE))[0].axes
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("use k", "loss t", "norms")
    assert ax.get_ylim()[0] > ax.get_ylim()[1] and ax.get_aspect() == 1
    other = Heat((Map("", THREE),), "in words", labels=("input k", "output t"))
    ax = Canvas(heat, other, (4, 3)).artists[0].axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("input k", "output t")


CUT = Map("", np.tril(np.full((4, 4), -3.0)), kept_from=np.array([1, 1, 3, 3]))  # chunks of 2


def test_what_is_cut_is_grey_and_darker_and_the_border_goes_round_it():
    image, _, border, _ = artists(CUT)
    red, green, blue, _ = np.moveaxis(image.get_array().astype(float), -1, 0)
    grey = (red == green) & (green == blue)
    lower = np.tri(4, dtype=bool)
    np.testing.assert_array_equal(grey & lower, [[0] * 4] * 2 + [[1, 1, 0, 0]] * 2)
    np.testing.assert_array_equal(border.get_xdata(), [0.5, 0.5, 0.5, 0.5, 2.5, 2.5, 2.5, 2.5])
    np.testing.assert_array_equal(border.get_ydata(), [0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5, 4.5])


def test_of_what_is_cut_the_larger_is_brighter_and_none_as_bright_as_kept():
    sizes = CUT._replace(log10=np.tril(np.linspace(-6, 0, 16).reshape(4, 4)[::-1]))
    shown = artists(sizes)[0].get_array()[2:, :2, 0].astype(int)
    order = np.argsort(sizes.log10[2:, :2].ravel())
    assert (np.diff(shown.ravel()[order]) >= 0).all() and len(set(shown.ravel())) == 4
    assert shown.max() < np.mean(colour(0.0)[:3])


def test_what_is_cut_is_hatched_and_nothing_else():
    drawn = canvas(CUT)
    hatched, ax = drawn.artists[1], drawn.artists[0].axes
    assert hatched.get_hatch()
    for k, t, inside in (1, 3, True), (2, 4, True), (3, 4, False), (1, 2, False), (4, 2, False):
        assert hatched.get_path().contains_point((k, t)) == inside, f"({t}, {k})"
    pixels = drawn.render(Heat((CUT,), "")).copy()
    x, y = ax.transData.transform([(0.6, 4.4), (2.4, 2.6)]).astype(int)[:, :2].T
    rows = pixels[len(pixels) - y[1] : len(pixels) - y[0], x[0] : x[1], :3]
    assert len(np.unique(rows)) > 3  # lines over one grey
    drawn.render(Heat((CUT._replace(kept_from=None),), ""))
    assert not hatched.get_path().contains_point((1, 3))


def test_losses_that_are_not_there_yet_have_no_cut_pairs():
    first = np.array([1, 1, 3, NAN])
    _, hatched, border, _ = artists(CUT._replace(kept_from=first))
    assert hatched.get_xy()[:, 1].max() == 3.5
    assert np.isnan(border.get_xdata()[-2:]).all()


def test_what_is_nothing_looks_like_nothing():
    drawn = canvas(Map("", THREE))
    pixels = drawn.render(Heat((Map("", THREE),), ""))
    for t, k in (1, 1), (1, 2), (4, 4):  # -inf; not a number; beyond the last step
        assert (on_screen(drawn, pixels, k, t) == 255).all()


def test_the_colour_bar_says_powers_of_ten_as_numbers():
    record = Heat((Map("", THREE),), "", "norm", (-5, 1))
    bar = Canvas(heat, record, (4, 3)).figure.axes[-1]
    said = [tick.get_text() for tick in bar.get_yticklabels()]
    assert dict(zip(bar.get_yticks(), said)) == {
        1: "10",
        -1: "0.1",
        -3: "$10^{-3}$",
        -5: "$10^{-5}$",
    }
    assert bar.get_ylabel() == "norm"


def test_the_way_runs_along_row_t_from_the_diagonal_to_k():
    way = artists(Map("", THREE, point=(3, 1)))[3]
    assert (list(way.get_xdata()), list(way.get_ydata())) == ([1, 3], [3, 3])
    assert way.get_markevery() == [0]  # the dot is at k, not on the diagonal


def test_without_point_and_border_nothing_is_drawn_for_them():
    _, hatched, border, way = artists(Map("", THREE))
    assert (hatched.get_xy() == 0.5).all()
    assert not hatched.get_visible()  # drawing the pattern of an area of size 0 takes a millisecond
    assert np.isnan(border.get_xdata()).all() and np.isnan(way.get_xdata()).all()


def big(T, low=-3.0):
    curve = Curve(np.arange(T), np.linspace(0, 1, T))
    map_ = Map("", np.full((T, T), low), (T, 1), np.full(T, 2))
    panels = (Panel("", "k", (curve,), xlim=(0, 200), ylim=(0, 1)),)
    nodes, edges = (Node(0, 0, "a"), Node(1, 0, "b")), (Edge(1, 0, f"× {low}"),)
    return Heat((map_, map_), "", beside=Graph(nodes, edges, "way", "", (30, 26), panels))


def test_a_move_within_one_size_keeps_the_background():
    drawn = Canvas(heat, big(16), (6, 3))
    kept = drawn.background
    drawn.render(big(20, -2.0))
    assert drawn.background is kept
    assert drawn.artists[0].axes.get_xlim() == (0.5, 20.5)
    assert drawn.artists[4].get_array().shape == (20, 20, 4)
    assert tuple(on_screen(drawn, drawn.render(big(20, -2.0)), 20.3, 15)) == colour(-2.0)
    assert len(drawn.artists[-2].get_ydata()) == 20  # the curve under the graph beside the maps


@pytest.mark.parametrize(
    "changed, name, came",
    [
        (dict(maps=big(3).maps[:1]), "maps", "expected ['', ''] as drawn, got ['']"),
        (dict(maps=big(3).maps * 2), "maps", "expected ['', ''] as drawn, got ['', '', '', '']"),
        (dict(maps=(Map("new", THREE),) * 2), "maps", "got ['new', 'new']"),
        (dict(scale="norm"), "scale", "expected  as drawn, got norm"),
        (dict(limits=(-5, 1)), "limits", "expected (-6, 0) as drawn, got (-5, 1)"),
        (dict(labels=("k", "t")), "labels", "got ('k', 't')"),
        (dict(beside=None), "beside", "expected True as drawn, got False"),
        (dict(beside=big(3).beside._replace(edges=())), "edges", "expected 1 as drawn, got 0"),
    ],
)
def test_a_record_that_was_not_drawn_like_this_is_named(changed, name, came):
    record = big(3)
    drawn = heat.draw(Figure((6, 3)), record)
    heat.update(drawn, big(4, -2.0))
    with pytest.raises(ValueError) as found:
        heat.update(drawn, record._replace(**changed))
    assert str(found.value).startswith(f"{name}: ") and came in str(found.value)


@pytest.mark.parametrize("T, end", [(1, 5.5), (21, 30.5), (200, 200.5), (600, 600.5)])
def test_the_axes_grow_in_steps(T, end):
    drawn = Canvas(heat, big(16), (6, 3))
    kept = drawn.background
    drawn.render(big(T))
    assert drawn.background is not kept
    for image in drawn.artists[0], drawn.artists[4]:
        assert image.axes.get_xlim() == (0.5, end) and image.axes.get_ylim() == (end, 0.5)


def one(T):
    both = big(T)
    return both._replace(maps=both.maps[:1])


@pytest.mark.parametrize("size", [2, 5, 40, 100, 200])
def test_no_map_is_too_large_for_its_labels(size):
    drawn = Canvas(heat, one(40), (8.4, 2.8))
    drawn.render(one(size))
    assert not illegible(drawn)


def test_a_graph_without_panels_stands_beside_a_map():
    record = one(40)._replace(beside=big(40).beside._replace(panels=()))
    drawn = Canvas(heat, record, (8.4, 2.8))
    map_, boxes = drawn.artists[0], drawn.artists[5]
    assert not illegible(drawn) and len(boxes.get_offsets()) == 2
    assert map_.axes.get_window_extent().x1 < boxes.axes.get_window_extent().x0
