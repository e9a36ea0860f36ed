"""What a learner sees around and in a picture: controls and their labels, what is stored, and that
everything in a record is drawn where and as it says."""

import time
from base64 import b64decode
from io import BytesIO
from threading import Event

import numpy as np
import pytest
from matplotlib import image
from matplotlib.colors import to_hex, to_rgba
from scene_list import sent

from bptt_helpers.plots import graph, heat, lines
from bptt_helpers.plots.canvas import Canvas
from bptt_helpers.plots.graph import Edge, Graph, Node
from bptt_helpers.plots.heat import Heat, Map
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import word
from scenes import sliders
from scenes.sliders import Choice, Guess, Slider, explorer

BLUE, ORANGE_RED, GREEN, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#767676"


# Controls


def compute(slope, n, kind, guess):
    x = np.arange(5.0)
    curves = (Curve(x, slope * x + n, kind),)
    return Lines(
        (Panel("", "", curves, xlim=(0, 4), ylim=(-9, 9)),), f"<{kind}> {slope} {n} {guess}"
    )


def made():
    return explorer(
        compute,
        lines,
        (5, 2),
        slope=Slider(0.5, -1.0, 1.0, 0.01),
        guess=Guess("How steep is it?"),
        n=Slider(2, 1, 4, play=50),
        kind=Choice("line", ("line", "curve")),
    )


def within(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from within(child)


def test_every_control_is_there_once_under_its_own_name():
    view = made()
    parts = list(within(view.view))
    for each in (*view.inputs.values(), *view.boxes.values(), view.status, view.image, view.words):
        assert parts.count(each) == 1
    for name, span in (("slope", "-1.0 to 1.0 in steps of 0.01"), ("n", "1 to 4 in steps of 1")):
        box, slider, *_ = next(
            p.children for p in parts if view.boxes[name] in getattr(p, "children", ())
        )
        assert (box, slider) == (view.boxes[name], view.inputs[name])
        assert box.description == f'<span title="{span}">{name}</span>'
        assert box.description_allow_html and box.value == str(view.start[name])
    assert view.status.value == "" and not view.problem, "nothing is said before a slip"
    assert view.inputs["kind"].description == "kind"
    assert view.inputs["guess"].description == "How steep is it?"
    assert [label for label, _ in view.inputs["kind"].options] == ["line", "curve"]
    (reset,) = (p for p in parts if getattr(p, "description", "") == "Reset")
    (play,) = (p for p in parts if getattr(p, "icon", "") == "play")
    assert play.tooltip == "Play n" and reset.tooltip == "Back to the values at the start"


def test_controls_stand_over_the_picture_and_its_sentence_below():
    view = made()
    controls, picture, sentence, _ = view.view.children
    assert picture is view.image and sentence is view.words
    assert {*view.inputs.values()} <= {*within(controls)}
    top = controls.children[0]
    assert view.inputs["guess"] in top.children and view.status in top.children


def test_buttons_that_do_not_fit_into_a_column_get_a_row_of_their_own():
    """Else the last one stands below the others, alone."""
    options = {  # seen in a window of 1366 pixels: wide or not
        tuple("12345678"): True,
        ("every step", "last step", "tiny"): True,
        ("plain 0.03", "plain 1", "Adam 0.01"): True,
        ("carry", "reset", "across ends"): False,
        (0.01, 0.03, 0.1, 0.3): False,
    }
    for each, wide in options.items():
        view = explorer(lambda of: compute(0, 1, "line", of), lines, of=Choice(each[0], each))
        assert ("bptt-wide" in view.inputs["of"]._dom_classes) == wide, each


def test_every_control_is_put_back_by_reset():
    view = made()
    view.set(slope=-0.3, n=4, kind="curve")
    (reset,) = (p for p in within(view.view) if getattr(p, "description", "") == "Reset")
    reset.click()
    assert view.values() == view.start and view.image.value == made().image.value
    assert [box.value for box in view.boxes.values()] == ["0.5", "2"]
    assert "&lt;line&gt; 0.5 2 None" in view.words.value


def test_a_picture_is_shown_at_its_size():
    view = made()
    assert (view.image.width, view.image.height) == ("500", "200")
    assert image.imread(BytesIO(sent(view)), format="png").shape[:2] == (400, 1000)


def test_what_is_stored_is_what_is_live(monkeypatch):
    class Shell:
        execution_count, user_ns = 1, {"In": ["cell"]}

        def get_parent(self):
            return {"metadata": {"cellId": "of this test"}}

    shown = []
    monkeypatch.setattr(sliders, "get_ipython", Shell)
    monkeypatch.setattr(sliders, "display", lambda data, **how: shown.append((data, how)))
    view = made()
    (_, _), (picture, how), (sentence, _) = shown
    assert b64decode(picture["image/png"]) == sent(view)
    assert how["metadata"]["image/png"]["width"] == 500
    stored, live = sentence["text/html"], view.words.value
    assert stored.replace("bptt-stored", "bptt-sentence") == live and "&lt;line&gt; 0.5 2" in live


def test_play_goes_one_step_at_a_time_and_as_fast_as_it_says(monkeypatch):
    waits = []

    class Noted(Event):
        def wait(self, timeout=None):
            waits.append(timeout)
            return super().wait(timeout)

    monkeypatch.setattr(sliders, "Event", Noted)
    view, seen = made(), []
    view.inputs["n"].observe(lambda change: seen.append(change["new"]), "value")
    (play,) = (p for p in within(view.view) if getattr(p, "icon", "") == "play")
    view.set(n=1)
    seen.clear()
    start = time.perf_counter()
    play.value = True
    while play.value and time.perf_counter() < start + 20:
        time.sleep(0.005)
    assert seen == [2, 3, 4] and set(waits) == {0.05}
    assert not play.value and view.boxes["n"].value == "4"
    assert "&lt;line&gt; 0.5 4" in view.words.value


# Curves


def two_panels(last=1.0):
    x = np.array([0.0, 1.0, 2.0])
    left = (
        Curve(x, x**2, "rising", BLUE, "--"),
        Curve(x, -x, "falling", ORANGE_RED, "", "o", 9, hollow=True),
        Curve(1.5, None, "here", GREY, ":"),
    )
    right = (
        Curve(x, 3 * x * last, "falling", ORANGE_RED, "-", "s", 3),
        Curve(None, -2.0, "", PINK, "-."),
        Curve([0, 1, 1], [0, 0, 4 * last], "area", GREEN, "fill"),
    )
    ticks = ([0, 1, 2], ["none", "one", "two"])
    return Lines(
        (
            Panel("first", "across", left, "a = 1", (-1, 3), (-4, 5), ylabel="up"),
            Panel("second", "along", right, f"b = {last}", (-2, 4), (-6, 9), ticks, "height"),
        ),
        "words",
    )


@pytest.mark.parametrize("last", [1.0, 2.0])
def test_every_panel_shows_its_own_titles_limits_and_curves(last):
    canvas = Canvas(lines, two_panels(), (8, 3))
    record = two_panels(last)
    canvas.render(record)
    artists = iter(canvas.artists)
    for ax, panel in zip(canvas.figure.axes, record.panels):
        assert (ax.get_title(), ax.get_xlabel()) == (panel.title, panel.xlabel)
        assert ax.get_ylabel() == panel.ylabel
        assert (ax.get_xlim(), ax.get_ylim()) == (panel.xlim, panel.ylim)
        for curve in panel.curves:
            drawn = next(artists)
            assert drawn.axes is ax
            if curve.line == "fill":
                assert drawn.get_xy()[:3].tolist() == np.transpose([curve.x, curve.y]).tolist()
                assert to_rgba(drawn.get_facecolor()) == to_rgba(curve.color, 0.25)
                continue
            assert to_hex(drawn.get_color()).upper() == curve.color
            assert drawn.get_linestyle() == (curve.line or "None")
            assert drawn.get_marker() == (curve.marker or ("" if curve.line else "None"))
            if curve.marker:
                assert drawn.get_markersize() == curve.size
                assert (drawn.get_fillstyle() == "none") == curve.hollow
            if curve.x is not None and curve.y is not None:
                assert list(drawn.get_xdata()) == list(curve.x)
                assert list(drawn.get_ydata()) == list(curve.y)
            elif curve.y is None:
                assert list(drawn.get_xdata()) == [curve.x] * 2
            else:
                assert list(drawn.get_ydata()) == [curve.y] * 2
        note = next(artists)
        assert note.axes is ax and note.get_paths()[1] is word(panel.note, 1 / 6)
        assert note.get_zorder() > max(a.get_zorder() for a in ax.lines)
    left, right = canvas.figure.axes
    assert [t.get_text() for t in right.get_xticklabels()] == ["none", "one", "two"]


def test_every_label_is_in_the_legend_once_beside_its_own_look():
    figure = Canvas(lines, two_panels(), (8, 3)).figure
    (legend,) = figure.legends
    entries = dict(zip([t.get_text() for t in legend.get_texts()], legend.legend_handles))
    assert list(entries) == ["rising", "falling", "here", "area"]
    rising, falling, here, area = entries.values()
    assert [to_hex(h.get_color()).upper() for h in (rising, falling, here)] == [
        BLUE,
        ORANGE_RED,
        GREY,
    ]
    assert [h.get_linestyle() for h in (rising, falling, here)] == ["--", "None", ":"]
    assert falling.get_marker() == "o" and to_hex(area.get_facecolor()).upper() == GREEN


def test_a_curve_lies_over_what_was_drawn_before_it_and_the_old_one_is_gone():
    def record(y):
        curves = Curve([0, 4], [y, y], "", BLUE), Curve([0, 4], [0, 0], "", ORANGE_RED)
        return Lines((Panel("", "", curves, xlim=(0, 4), ylim=(-2, 2)),), "words")

    canvas = Canvas(lines, record(1.0), (4, 3))
    (ax,) = canvas.figure.axes

    def at(pixels, y):
        across, up = ax.transData.transform((2, y)).astype(int)
        return to_hex(pixels[pixels.shape[0] - 1 - up, across, :3] / 255).upper()

    assert at(canvas.render(record(1.0)), 1.0) == BLUE
    moved = canvas.render(record(-1.0))
    assert at(moved, 1.0) != BLUE and at(moved, -1.0) == BLUE
    assert at(canvas.render(record(0.0)), 0.0) == ORANGE_RED, "the later one lies on top"


# Boxes, arrows and maps


def test_a_box_and_its_arrow_in_pixels():
    nodes = (
        Node(0, 0, "from", color=BLUE, fill=1),
        Node(1, 0, "to", "0.5", color=ORANGE_RED, lit=True),
    )
    record = Graph(nodes, (Edge(0, 1, "× 2", ORANGE_RED, size=1.0),), "caption", "Words.")
    canvas = Canvas(graph, record, (6, 2))
    pixels = canvas.render(record)[::-1, :, :3].astype(int)
    boxes = canvas.artists[1]
    (a, b) = boxes.get_offset_transform().transform(boxes.get_offsets()).astype(int)
    (x, y) = (a + b) // 2
    orange = np.array(to_rgba(ORANGE_RED)[:3]) * 255
    assert np.abs(pixels[y, x] - orange).max() < 3, "the shaft of the arrow"
    column = np.abs(pixels[:, x - 20] - orange).max(-1) < 3
    assert column.sum() == pytest.approx(10 * 200 / 72, abs=2), "ten points"
    for spot in a, b:
        inside = pixels[spot[1] - 30 : spot[1] + 30, spot[0] - 40 : spot[0] + 40]
        assert (inside.max(-1) < 60).sum() > 30, "black letters lie on top"


SHARES = np.array([[-1.0, np.nan, np.nan], [-4.0, -2.0, np.nan], [-5.0, -3.0, 0.0]])


def test_loss_3_use_1_stands_bottom_left_in_pixels():
    maps = Map("one", SHARES, (3, 2), np.array([1.0, 1.0, 2.0])), Map("two", SHARES)
    panel = Panel("", "k", (Curve([0, 1], [0, 1]),), xlim=(0, 1), ylim=(0, 1))
    beside = Graph((Node(0, 0, "a"), Node(1, 0, "b")), (Edge(0, 1),), "way", "", panels=(panel,))
    record = Heat(maps, "Words.", "what it means", beside=beside)
    canvas = Canvas(heat, record, (8.4, 3))
    pixels = canvas.render(record)[::-1]
    for i, wanted in ((0, "one"), (1, "two")):
        ax = canvas.artists[4 * i].axes
        assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == (wanted, "use k", "loss t")

        def seen(t, k, ax=ax):
            x, y = ax.transData.transform((k + 0.35, t - 0.35)).astype(int)
            return pixels[y, x, :3].astype(int)

        left, right = ax.get_window_extent().x0, ax.get_window_extent().x1
        x, y = ax.transData.transform((1, 3))
        assert x - left < right - x and y < ax.transData.transform((1, 1))[1]
        free = ((3, 2),) * (wanted == "two")  # else the dot lies there
        brightness = [seen(t, k).sum() for t, k in ((3, 3), (1, 1), (2, 2), *free, (2, 1))]
        assert (np.diff(brightness) < 0).all(), "cividis: the larger the brighter"
        assert (seen(1, 3) > 250).all() and (seen(1, 2) > 250).all()
    assert list(canvas.artists[3].get_xdata()) == [2, 3]
    assert "what it means" in {ax.get_ylabel() for ax in canvas.figure.axes} | {
        ax.get_ylabel() for sub in canvas.figure.subfigs for ax in sub.axes
    }
