"""Sliders that move a picture: beside the quiz the only module that knows ipywidgets."""

import gc
from base64 import b64encode
from collections.abc import Callable
from contextlib import contextmanager
from decimal import Decimal
from html import escape
from pathlib import Path
from threading import Event, RLock, Thread
from typing import NamedTuple

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import display

from bptt_helpers import checks
from bptt_helpers.plots.canvas import Canvas

from .exercise import number

PAGE = Path(__file__).with_name("explorer.html").read_text("utf-8")
LABEL = {"description_width": "7em"}
FRAME, COLUMN = 3.5, 32  # of a button, of a column of controls, in letters
SENTENCE = "font-size: 14px; line-height: 1.5; min-height: 3em; margin: 0"  # nothing jumps


class Slider(NamedTuple):
    """A multiple of ``step`` from ``low`` to ``high``; a whole number if ``step`` is one.

    play : milliseconds a step of a play button beside it; 0 for none. upto : where other controls
    limit this one, a function of their values (by name), the greatest value now.
    """

    value: float
    low: float
    high: float
    step: float = 1
    play: int = 0
    upto: Callable | None = None

    def steps(self, value):
        """How many steps ``value`` is from 0, rounded: the widget's own number. A slider of floats
        would answer 0.3 with 0.30000000000000004, and late: the kernel may have moved on."""
        return round(value / self.step)

    def at(self, steps):
        """The number at so many steps."""
        return round(steps * self.step, -Decimal(str(self.step)).as_tuple().exponent)

    def place(self, name, value, high):
        """The steps nearest to ``value``, a number or text. Raises ValueError outside its range."""
        given = number(str(value))
        if given is None or not self.low <= given <= high:
            span = f"{self.low} to {high} in steps of {self.step}"
            raise ValueError(f"{name}: expected {span}, got {value}")
        return self.steps(given)


class Choice(NamedTuple):
    """One of ``options``, as buttons, whose arrow keys JupyterLab leaves alone."""

    value: str
    options: tuple


class Guess(NamedTuple):
    """What a learner commits to before the picture tells: a number, or one of ``options``.

    ``compute`` gets it by name, None until then; Reset leaves it. ask : what stands before the box.
    """

    ask: str
    options: tuple = ()


class Explorer:
    """Controls, a picture that follows them, and a sentence that says what it shows."""

    def __init__(self, compute, picture, size, specs):
        if other := {k: v for k, v in specs.items() if not isinstance(v, Slider | Choice | Guess)}:
            raise ValueError(f"{', '.join(other)}: expected a Slider, Choice or Guess, got {other}")
        self.compute, self.specs, self.inputs, self.boxes = compute, specs, {}, {}
        self.held, self.lock, self.playing, self.problem = False, RLock(), Event(), ""
        with of_this_cell(self):
            make = {Slider: self._slider, Choice: self._choice, Guess: self._guess}
            rows = {name: make[type(spec)](name, spec) for name, spec in specs.items()}
            self._limit()
            self.start = self.values()
            self.shown_values, self.record = self.start, compute(**self.start)
            self.canvas = Canvas(picture, self.record, size)
            first, (width, height) = self.canvas.png(self.record), self.canvas.shape
            shape = {"width": str(width), "height": str(height)}
            self.image = widgets.Image(value=data_url(first), format="url", **shape)
            self.words, self.status = widgets.HTML(_sentence(self.record)), widgets.HTML()
            self.status.add_class("bptt-status")
            reset = widgets.Button(description="Reset", tooltip="Back to the values at the start")
            reset.on_click(self._reset)
            top = [rows.pop(name) for name in specs if isinstance(specs[name], Guess)]
            top = widgets.HBox([*top, reset, self.status]).add_class("bptt-wide")
            controls = [widgets.VBox([top, *rows.values()]).add_class("bptt-controls")]
            parts = [*controls * bool(specs), self.image, self.words, widgets.HTML(PAGE)]
            self.view = widgets.VBox(parts).add_class("bptt-explorer")
        self._display(first)

    def _slider(self, name, spec):
        checks.number(f"{name}'s step", spec.step, above=0)
        for v in spec[:3]:
            checks.number(name, v)
        ends = {"min": spec.steps(spec.low), "max": spec.steps(spec.high)}
        for v in (spec.value, spec.low, spec.high):
            if spec.at(spec.steps(v)) != v or not spec.low <= v <= spec.high:
                span = f"{spec.low} to {spec.high}"
                raise ValueError(f"{name}: expected multiples of {spec.step}, {span}, got {v}")
        slider = widgets.IntSlider(spec.steps(spec.value), **ends, readout=False)
        how = dict(description_allow_html=True, continuous_update=False, style=LABEL)
        span = f"{spec.low} to {spec.high} in steps of {spec.step}"
        how["description"] = f'<span title="{span}">{name}</span>'
        box = widgets.Text(str(spec.value), **how, layout={"width": "12em", "flex": "none"})
        self.inputs[name], self.boxes[name] = slider, box
        row = [box, slider.add_class("bptt-slider")]

        def lead(change):
            if change["new"] != str(self.values()[name]):
                self._try(**{name: change["new"]})
                box.value = str(self.values()[name])  # the nearest place, or where it was

        slider.observe(self._moved, "value")
        box.observe(lead, "value")
        if spec.play:
            row.append(widgets.ToggleButton(icon="play", tooltip=f"Play {name}"))
            row[-1].layout = {"width": "2.5em", "flex": "none"}
            row[-1].observe(lambda change: self._play(name, row[-1]), "value")
        return widgets.HBox(row).add_class("bptt-control")

    def _choice(self, name, spec):
        if spec.value not in spec.options:
            raise ValueError(f"{name}: expected one of {spec.options}, got {spec.value!r}")
        how = dict(description=name, tooltip=name, layout={"display": "flex"})
        how["style"] = LABEL | {"button_width": "initial"}
        options = [(str(option), option) for option in spec.options]
        buttons = widgets.ToggleButtons(options=options, value=spec.value, **how)
        if sum(len(text) + FRAME for text, _ in options) > COLUMN:  # else they fill two rows of one
            buttons.add_class("bptt-wide")
        buttons.observe(self._moved, "value")
        self.inputs[name] = buttons
        return buttons

    def _guess(self, name, spec):
        how = dict(description=spec.ask, layout={"display": "flex", "width": "auto"})
        how["style"] = {"description_width": "initial", "button_width": "initial"}
        if spec.options:
            box = widgets.ToggleButtons(options=spec.options, value=None, **how)
        else:
            how |= dict(placeholder="a number, then Enter", continuous_update=False)
            del how["style"]["button_width"]
            box = widgets.Text("", **how)
        self.inputs[name] = box
        box.observe(lambda change: self._guessed(name, change["new"]), "value")
        return box

    def _guessed(self, name, text):
        self._moved()
        if text and self.values()[name] is None:
            self._say(f"{text} is not a number. Write it like 12.5 or 1e-3.")

    def values(self):
        """The value of every control, by name."""
        return {name: self._value(name, spec) for name, spec in self.specs.items()}

    def _value(self, name, spec):
        value = self.inputs[name].value
        if isinstance(spec, Slider):
            return spec.at(value)
        return number(value or "") if isinstance(spec, Guess) and not spec.options else value

    def set(self, /, **values):
        """Move controls in code, one redraw, each to the place nearest to its value.

        Raises ValueError for a name that is no control, or a value outside its range.
        """
        self._set({}, values)

    def _set(self, first, values):
        """What others limit may stand past its limit in ``first``, but not in ``values``."""
        self.playing.set()  # whatever sets values while a slider plays stops it first
        with self.lock:
            before, self.held = {k: w.value for k, w in self.inputs.items()}, True
            try:
                self._limit(free=True)
                for name, value in (first | values).items():
                    self._put(name, value)
                self._limit(values)
            except ValueError:
                for name, value in before.items():
                    self.inputs[name].value = value
                raise
            finally:
                self._limit()
                self.held = False
                self._moved()

    def _put(self, name, value):
        spec = self.specs.get(name)
        if spec is None:
            raise ValueError(f"{name}: expected one of {', '.join(self.specs)}")
        if isinstance(spec, Slider):
            value = spec.place(name, value, spec.high)
        elif options := spec.options:
            known = {str(option): option for option in options} | {"None": None}
            if str(value) not in known:
                raise ValueError(f"{name}: expected one of {', '.join(map(str, options))}")
            value = known[str(value)]
        else:
            value = "" if value is None else str(value)
        self.inputs[name].value = value

    def _limit(self, asked=(), free=False):
        """Where other controls limit a slider, its end moves, and it with its end."""
        for name, spec in self.specs.items():
            if isinstance(spec, Slider) and spec.upto:
                high = spec.high if free else min(spec.high, spec.upto(**self.values()))
                if name in asked:
                    spec.place(name, asked[name], high)
                self.inputs[name].max = max(spec.steps(high), self.inputs[name].min)

    def _try(self, /, **values):
        try:
            self.set(**values)
            self._say(self.problem)
        except ValueError as error:
            self._say(str(error))

    def _say(self, problem=""):
        self.status.value = problem and f'<span role="status">{escape(problem)}</span>'

    def _reset(self, _button=None):
        still = [name for name, spec in self.specs.items() if isinstance(spec, Guess)]
        self._try(**{name: value for name, value in self.start.items() if name not in still})

    def read(self, /, **values):
        """Move controls in code, the others to where they began; return the sentence that then
        stands there, and move all back: what it says does not depend on what was moved before.

        Raises ValueError as ``set`` does, and where a learner would have seen an error line.
        """
        with self.lock:
            before = self.values()
            try:
                self._set(self.start, values)
                text, problem = self.record.sentence, self.problem
            finally:
                self.set(**before)
        if problem:
            raise ValueError(problem)
        return text

    def _play(self, name, button):
        """Step a slider to its end, in a thread of its own."""
        self.playing.set()
        if not button.value:
            return
        self.playing = stop = Event()
        slider, seconds = self.inputs[name], self.specs[name].play / 1000
        if slider.value == slider.max:
            slider.value = slider.min

        def run():
            while not stop.wait(seconds):
                with self.lock:
                    if stop.is_set() or slider.value >= slider.max:
                        break
                    slider.value += 1
            button.value = False

        Thread(target=run, daemon=True).start()

    def _moved(self, _change=None):
        with self.lock:  # JupyterLab runs the callbacks of one kernel in two threads
            if self.held:
                return
            self.held = True
            self._limit()
            self.held = False
            values = self.values()
            if values != self.shown_values:
                self.shown_values = values
                self._follow()

    def _follow(self):
        try:
            self.record = self.compute(**self.shown_values)
            self.image.value = data_url(self.canvas.png(self.record))
            self.words.value, self.problem = _sentence(self.record), ""
        except Exception as error:  # whatever it is, the learner sees one line and can go on
            self.problem = f"{type(error).__name__}: {error}"
        self._say(self.problem)
        for name, box in self.boxes.items():  # last: a browser busy with them is late for the rest
            box.value = str(self.shown_values[name])

    def _display(self, png):
        if get_ipython() is None:  # a plain Python process: there is nowhere to show anything
            return
        values = ", ".join(f"{k} = {v}" for k, v in self.start.items() if v is not None)
        text = f"Controls at {values}. Run this cell to move them." if values else "A picture."
        display(self.view._repr_mimebundle_() | {"text/plain": text}, raw=True)
        # Stored for a reader without a kernel; hidden as long as the live picture is there.
        data = {"image/png": b64encode(png).decode(), "text/plain": self.record.sentence}
        display(data, metadata={"image/png": {"width": self.canvas.shape[0]}}, raw=True)
        data = {
            "text/html": _sentence(self.record, "bptt-stored"),
            "text/plain": data["text/plain"],
        }
        display(data, raw=True)


def data_url(png):
    """The picture inside its own address: a browser shows it some 4 ms sooner than one sent as a
    file, for which it makes a blob and fetches that."""
    return b"data:image/png;base64," + b64encode(png)


def _sentence(record, kind="bptt-sentence"):
    return f'<p class="{kind}" style="{SENTENCE}">{escape(record.sentence)}</p>'


_cells = {}


@contextmanager
def of_this_cell(owner):
    """What is made inside belongs to the running cell, and is closed when that cell runs again."""
    made, shell = [], get_ipython()
    widgets.Widget.on_widget_constructed(made.append)
    try:
        yield
    finally:
        widgets.Widget.on_widget_constructed(None)
    if shell is not None:
        source = shell.user_ns.get("In", [""])[-1]
        cell = shell.get_parent().get("metadata", {}).get("cellId") or source
        run, kept = _cells.get(cell, (0, []))
        if run != shell.execution_count:
            for old, parts in kept:
                old.canvas = None
                for widget in parts:
                    widget.close()
            if kept:
                gc.collect()  # a figure is full of cycles, and 10 MB large
            kept = []
        _cells[cell] = shell.execution_count, [*kept, (owner, made)]


def explorer(compute, picture, size=(8.4, 3.4), /, **controls):
    """Sliders that move a picture, for a notebook cell.

    compute : ``compute(**values) -> record``, pure. picture : a module of ``bptt_helpers.plots``.
    size : inches, 100 pixels each. controls : a ``Slider``, ``Choice`` or ``Guess`` for each
    argument of ``compute``; its name is its label. Returns the Explorer; its ``read(name=value)``
    is a slider without a mouse. Raises ValueError for a slider off its steps, and what ``compute``
    raises at the start.
    """
    return Explorer(compute, picture, size, controls)


def show(picture, record, size=(8.4, 3.4)):
    """``record`` as a picture that does not move, with its sentence underneath."""
    Explorer(lambda: record, picture, size, {})


def explorers(make):
    """The explorers that a picture's function makes, also where it returns none."""
    made, init = [], Explorer.__init__

    def kept(self, *args, **how):
        made.append(self)
        init(self, *args, **how)

    Explorer.__init__ = kept
    try:
        make()
    finally:
        Explorer.__init__ = init
    return made
