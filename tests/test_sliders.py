"""The slider layer without a browser; the browser tests drag the same sliders with a mouse."""

import gc
from threading import Thread
from time import sleep

import numpy as np
import pytest
from matplotlib.figure import Figure
from traitlets import TraitError

from bptt_helpers import sliders
from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.sliders import Choice, Slider, explorer, progress


def compute(slope, n, kind):
    if slope > 0.95:
        raise ValueError("slope: too steep <here>")
    x = np.arange(n)
    y = slope * x if kind == "line" else slope * x**2
    return Lines((Panel("", "", (Curve(x, y),)),), f"{kind} of {n} points, slope {slope}")


@pytest.fixture
def view():
    return explorer(
        compute,
        lines,
        (4, 3),
        slope=Slider(0.5, -1.0, 1.0, 0.01),
        n=Slider(5, 1, 20, play=100),
        kind=Choice("line", ("line", "curve")),
    )


def shown(view):
    return view.canvas.artists[0].get_ydata().tolist()


def box(view, row):
    return view.controls.children[row].children[0]


def move(view, name, value):
    """Put a slider there, as the browser does: the widget counts steps."""
    view.inputs[name].value = view.specs[name].count(value)


def test_a_moved_slider_moves_picture_record_and_number_box(view):
    move(view, "slope", 0.25)
    assert shown(view) == [0, 0.25, 0.5, 0.75, 1.0]
    assert view.record.sentence == "line of 5 points, slope 0.25"
    assert box(view, 0).value == 0.25
    move(view, "kind", "curve")
    assert shown(view) == [0, 0.25, 1.0, 2.25, 4.0]


def test_the_picture_is_sent_before_the_number(view, monkeypatch):
    bundle, boxes = view.canvas.bundle, []

    def look(record):
        boxes.append(box(view, 0).value)
        return bundle(record)

    monkeypatch.setattr(view.canvas, "bundle", look)
    move(view, "slope", 0.25)
    assert boxes == [0.5] and box(view, 0).value == 0.25


def test_the_number_box_moves_the_slider(view):
    box(view, 0).value = -0.5
    assert view.inputs["slope"].value == -50
    assert shown(view) == [0, -0.5, -1.0, -1.5, -2.0]


def test_a_number_between_two_steps_goes_to_the_nearest(view):
    for typed in (0.253, 0.25, 0.247):
        box(view, 0).value = typed
        assert view.values()["slope"] == box(view, 0).value == 0.25
    box(view, 0).value = 7
    assert view.values()["slope"] == box(view, 0).value == 1.0


def test_sliders_hold_whole_numbers_of_steps(view):
    """A float set by the kernel comes back from the browser with noise, after the next one."""
    assert all(type(view.inputs[name].value) is int for name in ("slope", "n"))
    for spec in (Slider(0.0, -2.0, 2.0, 0.01), Slider(0.05, 0.005, 0.5, 0.005), Slider(0, 0, 9, 3)):
        counts = range(spec.count(spec.low), spec.count(spec.high) + 1)
        assert [spec.count(spec.at(i)) for i in counts] == list(counts)
        assert (spec.at(counts[0]), spec.at(counts[-1])) == (spec.low, spec.high)
    assert Slider(0.9, -2.0, 2.0, 0.01).at(90) == 0.9


@pytest.mark.parametrize(
    "spec", [Slider(0.55, 0.0, 1.0, 0.1), Slider(5, 1, 10, 2), Slider(3, 0, 2), Slider(1, 3, 0)]
)
def test_a_slider_off_its_steps_or_limits_is_said_at_once(spec):
    with pytest.raises(ValueError, match=f"slope: expected multiples of {spec.step}, "):
        explorer(compute, lines, slope=spec, n=Slider(5, 1, 9), kind=KIND)


def test_what_is_no_control_is_said_by_name():
    with pytest.raises(ValueError, match=r"^slope, kind: expected a Slider or a Choice, got .*0.5"):
        explorer(compute, lines, slope=0.5, n=Slider(5, 1, 9), kind="curve")


def test_an_error_is_one_line_and_the_next_move_recovers(view):
    move(view, "slope", 1.0)
    assert "ValueError: slope: too steep &lt;here&gt;" in view.status.value
    move(view, "slope", 0.5)
    assert view.status.value == "" and shown(view)[-1] == 2.0


def test_reset_puts_all_back_with_one_drawing(view):
    view.set(slope=0.1, n=9, kind="curve")
    calls = []
    view.compute = lambda **values: calls.append(values) or compute(**values)
    view.controls.children[-1].children[0].click()
    assert calls == [{"slope": 0.5, "n": 5, "kind": "line"}]
    assert shown(view) == [0, 0.5, 1.0, 1.5, 2.0]


def test_moves_from_two_threads_never_draw_at_once(view):
    busy, overlaps = [], []

    def slow(**values):
        overlaps.extend(busy)
        busy.append(1)
        sleep(0.002)
        busy.pop()
        return compute(**values)

    def drag(name, places):
        for place in places:
            move(view, name, place)

    view.compute = slow
    drags = [("slope", [i / 100 for i in range(40)]), ("n", [2 + i % 9 for i in range(40)])]
    threads = [Thread(target=drag, args=each) for each in drags]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not overlaps
    assert view.record.sentence == compute(**view.values()).sentence


def test_read_says_what_stands_there_and_moves_back(view):
    assert view.read(slope=0.1, n=3) == "line of 3 points, slope 0.1"
    assert view.values() == {"slope": 0.5, "n": 5, "kind": "line"}
    assert shown(view) == [0, 0.5, 1.0, 1.5, 2.0]


def test_read_does_not_swallow_an_error(view):
    with pytest.raises(RuntimeError, match="too steep"):
        view.read(slope=1.0)
    assert view.status.value == ""


@pytest.mark.parametrize(
    "bad", [{"slop": 1}, {"n": 3, "kind": "circle"}, {"n": 3, "slope": np.nan}, {"n": 99}]
)
def test_read_and_set_refuse_a_place_that_is_not_there_and_go_on(view, bad):
    for call in (view.read, view.set):
        with pytest.raises((KeyError, TraitError, ValueError)):
            call(**bad)
        view.set(slope=0.5, n=5)
        assert view.values() == {"slope": 0.5, "n": 5, "kind": "line"}
    move(view, "slope", 0.25)
    assert shown(view) == [0, 0.25, 0.5, 0.75, 1.0]


def test_whole_numbers_stay_whole(view):
    assert type(view.values()["n"]) is int and type(view.values()["slope"]) is float


def test_five_hundred_moves_make_no_figure_and_no_artist(view):
    def living(kind):
        gc.collect()
        return sum(isinstance(thing, kind) for thing in gc.get_objects())

    figures, artists = living(Figure), len(view.canvas.figure.findobj())
    for i in range(500):
        move(view, "slope", (i % 90) / 100)
    assert living(Figure) == figures
    assert len(view.canvas.figure.findobj()) == artists


def test_a_bad_start_is_said_at_once():
    with pytest.raises(ValueError, match="too steep"):
        explorer(compute, lines, slope=Slider(1.0, 0.0, 1.0, 0.1), n=Slider(5, 1, 9), kind=KIND)


KIND = Choice("line", ("line",))


def test_progress_fills_item_by_item_and_stores_the_same_text_each_time(monkeypatch):
    bars, texts = [], []
    make = sliders.widgets.IntProgress
    monkeypatch.setattr(
        sliders.widgets, "IntProgress", lambda **how: bars.append(make(**how)) or bars[-1]
    )
    monkeypatch.setattr(sliders, "get_ipython", lambda: True)
    monkeypatch.setattr(sliders, "display", lambda data, raw: texts.append(data["text/plain"]))
    for _ in range(2):
        seen = [(item, bars[-1].value, bars[-1].max) for item in progress("abc", "work")]
        assert seen == [("a", 0, 3), ("b", 1, 3), ("c", 2, 3)]
        assert bars[-1].value == 3 and bars[-1].description == "work"
    assert texts == ["work: a bar fills here while the cell runs."] * 2


def test_progress_is_silent_outside_a_notebook(capsys):
    assert list(progress(iter([1, 2]), "work")) == [1, 2]
    assert capsys.readouterr() == ("", "")
