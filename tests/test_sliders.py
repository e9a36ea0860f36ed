"""The slider layer without a browser; the browser tests drag the same sliders with a mouse."""

import gc
from threading import Barrier, BrokenBarrierError, Event, Thread

import numpy as np
import pytest
from ipywidgets import Widget
from matplotlib.figure import Figure

from bptt_helpers.plots import lines
from bptt_helpers.plots.canvas import Canvas
from bptt_helpers.plots.lines import Curve, Lines, Panel
from scenes import sliders
from scenes.sliders import Choice, Guess, Slider, data_url, explorer, show

START = {"slope": 0.5, "n": 5, "k": 2, "kind": "line", "guess": None}


def compute(slope, n, k, kind, guess=None):
    if slope > 0.95:
        raise ValueError("slope: too steep <here>")
    x = np.arange(n)
    y = slope * x if kind == "line" else slope * x**2
    text = f"{kind} of {n} points, slope {slope}, k {k}"
    return Lines((Panel("", "", (Curve(x, y),)),), text + (f", guess {guess}" if guess else ""))


@pytest.fixture(scope="module")
def canvas():
    return Canvas(lines, compute(**START), (4, 3))


@pytest.fixture
def one_canvas(canvas, monkeypatch):
    """For all pictures of all tests that ask for it: to make one takes longer than most of them."""
    monkeypatch.setattr(sliders, "Canvas", lambda *_: canvas)


@pytest.fixture
def view(one_canvas):
    return explorer(
        compute,
        lines,
        (4, 3),
        slope=Slider(0.5, -1.0, 1.0, 0.01),
        n=Slider(5, 1, 20, play=10),
        k=Slider(2, 0, 19, upto=lambda n, **_: n - 1),
        kind=Choice("line", ("line", "curve", 3)),
        guess=Guess("How steep?"),
    )


def shown(view):
    return view.canvas.artists[0].get_ydata().tolist()


def move(view, name, value):
    """Put a slider there, as the browser does: the widget counts steps."""
    spec = view.specs[name]
    view.inputs[name].value = spec.steps(value) if isinstance(spec, Slider) else value


def play_button(view):
    return next(w for w in _all(view.view) if getattr(w, "icon", "") == "play")


def reset_button(view):
    return next(w for w in _all(view.view) if getattr(w, "description", "") == "Reset")


def _all(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _all(child)


def test_a_moved_slider_moves_picture_record_sentence_and_number_box(view):
    before = view.image.value
    move(view, "slope", 0.25)
    assert shown(view) == [0, 0.25, 0.5, 0.75, 1.0]
    assert view.record.sentence == "line of 5 points, slope 0.25, k 2"
    assert view.record.sentence in view.words.value and view.boxes["slope"].value == "0.25"
    assert view.image.value == data_url(view.canvas.png(view.record)) != before
    move(view, "kind", "curve")
    assert shown(view) == [0, 0.25, 1.0, 2.25, 4.0]
    assert view.image.value == data_url(view.canvas.png(view.record))


def test_the_picture_is_sent_before_the_number(view, monkeypatch):
    png, boxes = view.canvas.png, []

    def look(record):
        boxes.append(view.boxes["slope"].value)
        return png(record)

    monkeypatch.setattr(view.canvas, "png", look)
    move(view, "slope", 0.25)
    assert boxes == ["0.5"] and view.boxes["slope"].value == "0.25"


@pytest.mark.parametrize(
    "name, typed, value, box",
    [
        ("slope", "-0.5", -0.5, "-0.5"),
        ("slope", "−0,25", -0.25, "-0.25"),
        ("slope", "0.253", 0.25, "0.25"),
        ("slope", "0.50", 0.5, "0.5"),
        ("slope", "2e-1", 0.2, "0.2"),
        ("n", "10.7", 11, "11"),
        ("n", "1e1", 10, "10"),
    ],
)
def test_what_is_typed_is_understood(view, name, typed, value, box):
    view.boxes[name].value = typed
    assert view.values()[name] == value and view.boxes[name].value == box
    assert type(view.values()[name]) is type(START[name]) and view.status.value == ""
    assert view.record.sentence == compute(**view.values()).sentence


@pytest.mark.parametrize(
    "name, typed, said",
    [
        ("slope", "7", "slope: expected -1.0 to 1.0 in steps of 0.01, got 7"),
        ("slope", "steep", "slope: expected -1.0 to 1.0 in steps of 0.01, got steep"),
        ("n", "1e2", "n: expected 1 to 20 in steps of 1, got 1e2"),
        ("n", "", "n: expected 1 to 20 in steps of 1, got "),
        ("k", "5", "k: expected 0 to 4 in steps of 1, got 5"),
        ("slope", "<b>", "slope: expected -1.0 to 1.0 in steps of 0.01, got &lt;b&gt;"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_range(view, name, typed, said):
    view.boxes[name].value = typed
    assert view.status.value == f'<span role="status">{said}</span>'  # a screen reader says it
    assert view.values() == START and view.boxes[name].value == str(START[name])
    move(view, "slope", 0.25)
    assert view.status.value == ""


def test_sliders_hold_whole_numbers_of_steps(view):
    """A float set by the kernel comes back from the browser with noise, after the next one."""
    assert all(type(view.inputs[name].value) is int for name in ("slope", "n", "k"))
    for spec in (Slider(0.0, -2.0, 2.0, 0.01), Slider(0.05, 0.005, 0.5, 0.005), Slider(0, 0, 9, 3)):
        places = range(spec.steps(spec.low), spec.steps(spec.high) + 1)
        assert [spec.steps(spec.at(i)) for i in places] == list(places)
        assert (spec.at(places[0]), spec.at(places[-1])) == (spec.low, spec.high)
    assert Slider(0.9, -2.0, 2.0, 0.01).at(90) == 0.9


def test_a_slider_that_another_limits_shows_what_it_is(view):
    move(view, "n", 2)
    assert view.values()["k"] == 1 and view.boxes["k"].value == "1"
    assert view.inputs["k"].max == 1 and "n 2" not in view.record.sentence
    assert view.record.sentence == "line of 2 points, slope 0.5, k 1"
    move(view, "n", 20)
    assert view.inputs["k"].max == 19 and view.values()["k"] == 1
    assert view.read(n=20, k=19) == "line of 20 points, slope 0.5, k 19"
    with pytest.raises(ValueError, match="^k: expected 0 to 2 in steps of 1, got 3$"):
        view.read(n=3, k=3)


def one(spec):
    return explorer(lambda slope: compute(slope, 5, 2, "line"), lines, slope=spec)


@pytest.mark.parametrize(
    "spec", [Slider(0.55, 0.0, 1.0, 0.1), Slider(5, 1, 10, 2), Slider(3, 0, 2), Slider(1, 3, 0)]
)
def test_a_slider_off_its_steps_or_limits_is_said_at_once(spec):
    with pytest.raises(ValueError, match=f"slope: expected multiples of {spec.step}, "):
        one(spec)


@pytest.mark.parametrize("step", [0, -1, np.nan, np.inf, None, "0.1", True])
def test_a_step_that_is_none_is_said_at_once(step):
    wanted = "number > 0" if step in (0, -1) else "(finite )?number"
    with pytest.raises(ValueError, match=f"^slope's step: expected a {wanted}, got '?{step}'?$"):
        one(Slider(0, 0, 3, step))


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("bad", [np.nan, np.inf, None, "1", True])
def test_a_place_that_is_none_is_said_at_once(place, bad):
    numbers = [1, 0, 3]
    numbers[place] = bad
    with pytest.raises(ValueError, match=f"^slope: expected a (finite )?number, got '?{bad}'?$"):
        one(Slider(*numbers))


def test_a_choice_off_its_options_is_said_at_once():
    with pytest.raises(ValueError, match=r"^slope: expected one of \('a', 'b'\), got 'c'"):
        one(Choice("c", ("a", "b")))


def test_what_is_no_control_is_said_by_name():
    with pytest.raises(ValueError, match=r"^slope, size: expected a Slider, Choice or Guess"):
        explorer(compute, lines, slope=0.5, n=Slider(5, 1, 9), size=(3, 4))


@pytest.mark.parametrize("name", ["size", "compute", "picture", "values", "self", "name"])
def test_a_control_may_have_any_name(name):
    slider = {name: Slider(3, 1, 9)}
    view = explorer(lambda **n: compute(0.5, n[name], 2, "line"), lines, **slider)
    assert view.read(**{name: 4}) == "line of 4 points, slope 0.5, k 2"
    move(view, name, 5)
    reset_button(view).click()
    assert view.values() == {name: 3} and view.status.value == ""


def test_an_error_is_one_line_and_the_next_move_recovers(view):
    move(view, "slope", 1.0)
    assert "ValueError: slope: too steep &lt;here&gt;" in view.status.value
    move(view, "slope", 0.5)
    assert view.status.value == "" and shown(view)[-1] == 2.0


def test_reset_puts_all_back_with_one_drawing_and_keeps_the_guess(view):
    view.set(slope=0.1, n=9, k=7, kind="curve", guess=3)
    calls = []
    view.compute = lambda **values: calls.append(values) or compute(**values)
    reset_button(view).click()
    assert calls == [START | {"guess": 3.0}] == [view.values()]
    assert shown(view) == [0, 0.5, 1.0, 1.5, 2.0]


def test_a_guess_is_none_until_it_is_made_and_then_reaches_the_sentence(view):
    assert "guess" not in view.record.sentence
    view.inputs["guess"].value = "12,5 %"
    assert view.record.sentence.endswith("guess 12.5")
    view.inputs["guess"].value = "much"
    assert "much is not a number" in view.status.value and "guess" not in view.record.sentence


def test_a_guess_with_options_starts_with_none_of_them():
    def told(way):
        return compute(0.5, 5, 2, way or "line")

    view = explorer(told, lines, way=Guess("Which way?", ("up", "down")))
    assert view.values() == {"way": None} and view.read(way="up").startswith("up of")
    assert view.values() == {"way": None}


def test_play_goes_to_the_end_and_starts_again_there(view):
    button = play_button(view)
    for start in (18, 20):
        view.set(n=start)
        thread = _pressed(button)
        thread.join(60)
        assert view.values()["n"] == 20 and not button.value and not thread.is_alive()
    assert view.record.sentence == "line of 20 points, slope 0.5, k 0", "n = 1 took k with it"


def _pressed(button):
    """The thread that a press of Play starts."""
    import threading

    before = set(threading.enumerate())
    button.value = True
    (thread,) = set(threading.enumerate()) - before
    return thread


@pytest.mark.parametrize("stop", ["reset", "set", "type", "again"])
def test_whatever_sets_values_stops_play_first(view, stop):
    button = play_button(view)
    thread = _pressed(button)
    if stop == "reset":
        reset_button(view).click()
    elif stop == "set":
        view.set(n=5)
    elif stop == "type":
        view.boxes["slope"].value = "0.25"
    else:
        button.value = False
    n = view.values()["n"]
    thread.join(60)
    assert not thread.is_alive() and view.values()["n"] == n and not button.value


def test_moves_from_two_threads_never_draw_at_once(view):
    """Each thread waits inside ``compute`` for the other one, which must not get there."""
    meet, together = Barrier(2), []

    def slow(**values):
        try:
            meet.wait(0.2)
            together.append(values)
        except BrokenBarrierError:
            meet.reset()
        return compute(**values)

    view.compute = slow
    threads = [Thread(target=move, args=(view, *each)) for each in (("slope", 0.1), ("n", 7))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together
    assert view.record.sentence == "line of 7 points, slope 0.1, k 2"


def test_nothing_comes_between_a_reading_and_its_way_back(view):
    values, other = view.values, Thread(target=view.set, kwargs={"n": 7})

    def values_and_wait():
        found = values()
        if other.ident is None:
            other.start()
            other.join(0.3)  # it has to wait for the way back
        return found

    view.values = values_and_wait
    assert view.read(slope=0.1) == "line of 5 points, slope 0.1, k 2"
    other.join()
    assert view.record.sentence == "line of 7 points, slope 0.5, k 2"


def test_play_adds_no_step_to_what_was_set_meanwhile(view, monkeypatch):
    """Another thread sets n just when a step is about to be made."""

    class Slow(Event):
        def is_set(self):
            answer = super().is_set()
            if other.ident is None:
                other.start()
                other.join(0.3)  # it has to wait for the step
            return answer

    other = Thread(target=view.set, kwargs={"n": 9})
    monkeypatch.setattr(sliders, "Event", Slow)
    _pressed(play_button(view)).join(60)
    other.join()
    assert view.values()["n"] == 9 and view.record.sentence.startswith("line of 9 points")


def test_read_says_what_stands_there_and_moves_back(view):
    assert view.read(slope=0.1, n=3) == "line of 3 points, slope 0.1, k 2"
    assert view.read(slope="0,104", kind="3") == "3 of 5 points, slope 0.1, k 2"
    assert view.values() == START and shown(view) == [0, 0.5, 1.0, 1.5, 2.0]


def test_what_is_read_does_not_depend_on_what_was_moved_before(view):
    said = view.read(k=3), view.read(slope=0.1), view.read()
    view.set(n=2, slope=-0.5, kind="curve")
    moved = view.values()
    assert (view.read(k=3), view.read(slope=0.1), view.read()) == said
    assert view.values() == moved and view.record.sentence.startswith("curve of 2 points")


def test_read_does_not_swallow_an_error(view):
    with pytest.raises(ValueError, match="^ValueError: slope: too steep <here>$"):
        view.read(slope=1.0)
    assert view.status.value == "" and view.values() == START


@pytest.mark.parametrize(
    "bad, said",
    [
        ({"slop": 1}, "^slop: expected one of slope, n, k, kind, guess$"),
        ({"n": 3, "kind": "circle"}, "^kind: expected one of line, curve, 3$"),
        ({"n": 3, "slope": np.nan}, "^slope: expected -1.0 to 1.0 in steps of 0.01, got nan$"),
        ({"n": 99}, "^n: expected 1 to 20 in steps of 1, got 99$"),
        ({"n": None}, "^n: expected 1 to 20 in steps of 1, got None$"),
        ({"n": True}, "^n: expected 1 to 20 in steps of 1, got True$"),
    ],
)
def test_read_and_set_refuse_a_place_that_is_not_there_and_go_on(view, bad, said):
    for call in (view.read, view.set):
        with pytest.raises(ValueError, match=said):
            call(**bad)
        assert view.values() == START
    move(view, "slope", 0.25)
    assert shown(view) == [0, 0.25, 0.5, 0.75, 1.0]


def test_whole_numbers_stay_whole(view):
    assert type(view.values()["n"]) is int and type(view.values()["slope"]) is float


@pytest.mark.pictures
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
        one(Slider(1.0, 0.0, 1.0, 0.1))


class Cell:
    """A stand-in for the running shell: which cell runs, and for the how manieth time."""

    def __init__(self, monkeypatch, with_id=True):
        self.execution_count, self.user_ns, self.with_id = 0, {"In": [""]}, with_id
        monkeypatch.setattr(sliders, "get_ipython", lambda: self)
        monkeypatch.setattr(sliders, "display", lambda data, **how: self.outputs.append(data))

    def get_parent(self):
        return {"metadata": {"cellId": self.id} if self.with_id else {}}

    def run(self, cell, make):
        self.execution_count, self.id, self.outputs = self.execution_count + 1, cell, []
        self.user_ns["In"].append(f"source of {cell}")
        return make()


@pytest.mark.parametrize("with_id", [True, False])
def test_a_cell_that_runs_again_closes_what_it_made_before(one_canvas, monkeypatch, with_id):
    cell, open_ = Cell(monkeypatch, with_id), []
    monkeypatch.setattr(Widget, "close", lambda self: open_.remove(self))
    Widget.on_widget_constructed(None)
    make_widget = Widget.open
    monkeypatch.setattr(Widget, "open", lambda self: open_.append(self) or make_widget(self))

    def two():
        return one(Slider(0.5, 0.0, 1.0, 0.1)), show(lines, compute(0.5, 5, 2, "line"))

    first, _ = cell.run("a", two)
    size = len(open_)
    other = cell.run("b", lambda: one(Slider(0.5, 0.0, 1.0, 0.1)))
    both = len(open_)
    for _ in range(3):
        again, _ = cell.run("a", two)
        assert len(open_) == both and again.image in open_ and first.image not in open_
    assert other.image in open_ and both > size


def test_what_is_shown_and_stored(monkeypatch):
    cell = Cell(monkeypatch)
    view = cell.run("a", lambda: one(Slider(0.5, 0.0, 1.0, 0.1)))
    live, picture, sentence = cell.outputs
    assert live["text/plain"] == "Controls at slope = 0.5. Run this cell to move them."
    assert live["application/vnd.jupyter.widget-view+json"]["model_id"] == view.view.model_id
    assert picture["text/plain"] == sentence["text/plain"] == view.record.sentence
    assert picture["image/png"].startswith("iVBOR") and "bptt-stored" in sentence["text/html"]
    assert not {"text/html", "application/vnd.jupyter.widget-view+json"} & set(picture)


def test_a_sentence_is_escaped():
    view = one(Slider(0.5, 0.0, 1.0, 0.1))
    view.compute = lambda slope: compute(slope, 5, 2, "line")._replace(sentence="r < 1 & <b>")
    move(view, "slope", 0.6)
    assert "r &lt; 1 &amp; &lt;b&gt;</p>" in view.words.value
