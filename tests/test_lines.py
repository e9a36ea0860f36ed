"""Figures are tested as data: what stands in the artists after an update."""

import re

import numpy as np
import pytest
from legible import illegible
from matplotlib.figure import Figure

from bptt_helpers.plots import lines
from bptt_helpers.plots.canvas import Canvas
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import word

pytestmark = pytest.mark.pictures


def drawn(*panels):
    figure = Figure()
    record = Lines(panels, "words")
    artists = lines.draw(figure, record)
    lines.update(artists, record)
    return figure, artists


def says(note, text):
    return note.get_visible() and note.get_paths()[1] is word(text, 1 / 6)


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
    assert says(note, "k = 3") and not says(note, "k = 4")
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
    assert says(artists[1], "7") and says(artists[3], "14")


TWO = Lines(
    (
        Panel("left", "k", (Curve([0], [1], "a", marker="o"), Curve(None, 0.5)), ylabel="size"),
        Panel("right", "k", (Curve([0, 1], [0, 1], line="fill"),), ticks=([0, 1], ["no", "yes"])),
    ),
    "words",
)


def changed(i, **how):
    """``TWO`` with another panel at place i."""
    return TWO._replace(
        panels=(*TWO.panels[:i], TWO.panels[i]._replace(**how), *TWO.panels[i + 1 :])
    )


def curves(i, j, **how):
    """``TWO`` with another curve at place j of panel i."""
    kept = TWO.panels[i].curves
    return changed(i, curves=(*kept[:j], kept[j]._replace(**how), *kept[j + 1 :]))


@pytest.mark.parametrize(
    "other, name, came",
    [
        (TWO._replace(panels=TWO.panels[:1]), "panels", "expected 2 as drawn, got 1"),
        (TWO._replace(panels=TWO.panels * 2), "panels", "expected 2 as drawn, got 4"),
        (changed(0, curves=TWO.panels[0].curves[:1]), "panels[0].curves", "got [Curve"),
        (changed(1, curves=TWO.panels[1].curves * 2), "panels[1].curves", "got [Curve"),
        (changed(0, title="new"), "panels[0].title", "expected left as drawn, got new"),
        (changed(1, xlabel="j"), "panels[1].xlabel", "expected k as drawn, got j"),
        (changed(0, ylabel=""), "panels[0].ylabel", "expected size as drawn, got "),
        (changed(1, ticks=([0, 1], ["yes", "no"])), "panels[1].ticks", "got [[0, 1], ['yes', "),
        (changed(1, ticks=None), "panels[1].ticks", "as drawn, got None"),
        (changed(1, xlim=(0, 9)), "panels[1].xlim", ""),
        (curves(0, 0, color="red"), "panels[0].curves", "color='red'"),
        (curves(0, 0, label="b"), "panels[0].curves", "label='b'"),
        (curves(0, 0, marker="s"), "panels[0].curves", "marker='s'"),
        (curves(0, 0, size=9), "panels[0].curves", "size=9"),
        (curves(0, 0, hollow=True), "panels[0].curves", "hollow=True"),
        (curves(0, 0, y=None), "panels[0].curves", "y=False"),
        (curves(0, 1, x=[0], y=[1]), "panels[0].curves", "x=True"),
        (curves(1, 0, line=":"), "panels[1].curves", "line=':'"),
    ],
)
def test_a_record_that_was_not_drawn_like_this_is_named(other, name, came):
    """Whatever only a new drawing could show; the data, limits and notes of ``TWO`` may change."""
    artists = lines.draw(Figure(), TWO)
    moved = changed(0, note="7", curves=curves(0, 0, x=[0, 2], y=[1, 3]).panels[0].curves)
    for fits in TWO, moved, changed(1, ylim=(0, 9)):
        lines.update(artists, fits)
    with pytest.raises(ValueError, match=f"^{re.escape(name)}: ") as found:
        lines.update(artists, other)
    assert came in str(found.value)


def test_a_note_stands_on_its_plate_in_the_corner_and_may_be_absent():
    def record(note):
        return Lines((Panel("", "x", (Curve([0, 1], [1, 1]),), note, ylim=(0, 1.05)),), "words")

    canvas = Canvas(lines, record("k = 3"), (4, 3))
    with_note = canvas.render(record("k = 3")).copy()
    _, note = canvas.artists
    ax, (plate, text) = note.axes.get_window_extent(), note.get_paths()
    offset = note.get_offset_transform().transform(note.get_offsets())[0]
    boxes = [offset + 200 * shape.get_extents().get_points() for shape in (plate, text)]
    (left, bottom), (right, top) = boxes[0]
    assert ax.x0 < left < right < ax.x1 and ax.y0 < bottom < top < ax.y1
    assert ax.x1 - right < 0.03 * ax.width and ax.y1 - top < 0.04 * ax.height
    assert (boxes[0][0] < boxes[1][0]).all() and (boxes[1][1] < boxes[0][1]).all()
    without = canvas.render(record("")).copy()
    assert not note.get_visible()
    rows, columns = np.nonzero((with_note != without).any(-1))
    height = with_note.shape[0]
    assert left - 1 <= columns.min() and columns.max() <= right + 1
    assert height - top - 1 <= rows.min() and rows.max() <= height - bottom + 1
    assert np.array_equal(canvas.render(record("k = 3")), with_note)


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


@pytest.mark.parametrize("low", [0, -0.1, -1, -5])
@pytest.mark.parametrize("exponent", range(-4, 5))
def test_no_range_of_numbers_is_cut_off_at_the_left_or_runs_into_the_other_panel(exponent, low):
    def record(low, high):
        panel = Panel("title", "x", (Curve([0, 20], [low, high]),), "note")
        return Lines((panel, panel), "words")

    canvas = Canvas(lines, record(0, 1), (8.4, 3.4))
    for high in (1, 2, 5):
        canvas.render(record(low * 10.0**exponent, high * 10.0**exponent))
        assert not illegible(canvas)
    canvas.render(record(0, 0))
    assert not illegible(canvas)


@pytest.mark.parametrize("values", [(1, 4096), (0, -5), (-7000, 4000), (1, 1), (0, 0)])
def test_no_curve_runs_under_its_note(values):
    panel = Panel("", "x", (Curve([0, 20], values),), "k = 3: 4096")
    canvas = Canvas(lines, Lines((panel,), "words"), (4, 3.4))
    line, note = canvas.artists
    _, highest = line.axes.transData.transform((0, max(values)))
    (_, middle), *_ = note.get_offset_transform().transform(note.get_offsets())
    assert highest < middle + 200 * note.get_paths()[0].get_extents().y0
