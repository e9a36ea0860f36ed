"""Sliders that move a picture: the only module that knows ipywidgets."""

from decimal import Decimal
from html import escape
from threading import RLock
from typing import NamedTuple

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import display

from .plots.canvas import Canvas, sentence

LABEL = {"description_width": "7em"}


class Slider(NamedTuple):
    """A multiple of ``step`` from ``low`` to ``high``; a whole number if ``step`` is one.

    play : milliseconds a step of a play button beside it; 0 for none.
    """

    value: float
    low: float
    high: float
    step: float = 1
    label: str = ""
    play: int = 0

    def count(self, value):
        """How many steps ``value`` is from 0, rounded: the widget's own number. A slider of floats
        would answer 0.3 with 0.30000000000000004, and late: the kernel may have moved on."""
        return round(value / self.step)

    def at(self, count):
        """The number at so many steps."""
        return round(count * self.step, -Decimal(str(self.step)).as_tuple().exponent)


class Choice(NamedTuple):
    """One of ``options``, as buttons (the only choice whose arrow keys JupyterLab leaves alone)."""

    value: str
    options: tuple
    label: str = ""

    count = at = staticmethod(lambda value: value)


def _slider(name, spec, moved):
    """The slider, and the row it stands in: a number box of the same name, and perhaps play."""
    label, low, high = spec.label or name, spec.low, spec.high
    for v in (spec.value, low, high):
        if spec.at(spec.count(v)) != v or not low <= v <= high:
            raise ValueError(f"{name}: expected multiples of {spec.step}, {low} to {high}, got {v}")
    counts = dict(zip(("value", "min", "max"), map(spec.count, (spec.value, low, high))))
    slider = widgets.IntSlider(**counts, readout=False, layout={"width": "22em"})
    limits = dict(value=spec.value, min=low, max=high, step=spec.step, style=LABEL)
    limits["tooltip"] = f"{low} to {high} in steps of {spec.step}"
    kind = widgets.BoundedIntText if isinstance(spec.step, int) else widgets.BoundedFloatText
    box = kind(**limits, description=label, layout={"width": "14em"})
    row = [box, slider.add_class("bptt-slider")]
    if spec.play:
        row.append(widgets.Play(**counts, interval=spec.play, show_repeat=False))
        widgets.jslink((row[-1], "value"), (slider, "value"))

    def follow(_change):
        box.value = spec.at(slider.value)

    def lead(_change):
        slider.value = spec.count(box.value)
        box.value = spec.at(slider.value)  # the nearest one, where something between was typed

    slider.observe(moved, "value")  # first: a browser busy with the number is late for the picture
    slider.observe(follow, "value")
    box.observe(lead, "value")
    return slider, widgets.HBox(row)


def _choice(name, spec, moved):
    how = dict(style=LABEL | {"button_width": "initial"}, layout={"display": "flex"})
    how["description"] = how["tooltip"] = spec.label or name
    buttons = widgets.ToggleButtons(value=spec.value, options=spec.options, **how)
    buttons.observe(moved, "value")
    return buttons, buttons


class Explorer:
    """Controls, a picture that follows them, and a sentence that says what it shows."""

    def __init__(self, compute, picture, size, specs):
        make = {Slider: _slider, Choice: _choice}
        if other := {name: spec for name, spec in specs.items() if type(spec) not in make}:
            raise ValueError(f"{', '.join(other)}: expected a Slider or a Choice, got {other}")
        made = {name: make[type(spec)](name, spec, self._moved) for name, spec in specs.items()}
        self.inputs = {name: control for name, (control, _) in made.items()}
        self.compute, self.specs, self.held, self.lock = compute, specs, False, RLock()
        self.start = self.values()
        self.shown_values, self.record = self.start, compute(**self.start)
        self.canvas = Canvas(picture, self.record, size)
        self.status = widgets.HTML().add_class("bptt-status")
        reset = widgets.Button(description="Reset", tooltip="Back to the values at the start")
        reset.on_click(lambda _: self.set(**self.start))
        rows = [*(row for _, row in made.values()), widgets.HBox([reset, self.status])]
        self.controls = widgets.VBox(rows).add_class("bptt-explorer")
        self._display()

    def values(self):
        """The value of every control, by name."""
        return {name: self.specs[name].at(control.value) for name, control in self.inputs.items()}

    def set(self, **values):
        """Move controls in code, one redraw. Raises ValueError for a value between its steps."""
        with self.lock:
            self.held = True
            try:
                for name, value in values.items():
                    self.inputs[name].value = self.specs[name].count(value)
                    if self.values()[name] != value:
                        raise ValueError(f"{name}: expected a place on its slider, got {value!r}")
            finally:
                self.held = False
                self._moved()

    def read(self, **values):
        """Move controls in code, return the sentence that then stands there, and move back.

        Raises RuntimeError where a learner would have seen an error line.
        """
        with self.lock:
            before = self.values()
            try:
                self.set(**values)
                text, error = self.record.sentence, self.status.value
            finally:
                self.set(**before)
        if error:
            raise RuntimeError(error)
        return text

    def _moved(self, _change=None):
        with self.lock:  # JupyterLab runs the callbacks of one kernel in two threads
            values = self.values()
            if not self.held and values != self.shown_values:
                self.shown_values = values
                self._follow()

    def _follow(self):
        try:
            self.record = self.compute(**self.shown_values)
            data, metadata = self.canvas.bundle(self.record)
            if self.shown:
                self.shown.update(data, metadata=metadata, raw=True)
            self.words.value, self.status.value = sentence(self.record.sentence)["text/html"], ""
        except Exception as error:  # whatever it is, the learner sees one line and can go on
            text = escape(f"{type(error).__name__}: {error}")
            self.status.value = f'<span role="status" aria-live="polite">{text}</span>'

    def _display(self):
        data, metadata = self.canvas.bundle(self.record)
        said, self.shown = sentence(data["text/plain"]), None
        self.words = widgets.HTML(said["text/html"])  # a display is searched for formulas: slow
        if get_ipython() is None:  # a plain Python process: there is nowhere to show anything
            return
        values = ", ".join(f"{name} = {value}" for name, value in self.start.items())
        text = {"text/plain": f"Sliders at {values}. Run this cell to move them."}
        display(self.controls._repr_mimebundle_() | text, raw=True)
        self.shown = display(data, metadata=metadata, raw=True, display_id=True)
        display(self.words._repr_mimebundle_() | said, raw=True)


def explorer(compute, picture, size=(8.4, 3.4), **sliders):
    """Sliders that move a picture, for a notebook cell.

    compute : ``compute(**values) -> record``, pure. picture : a module of ``bptt_helpers.plots``.
    size : inches, 100 pixels each. sliders : a ``Slider`` or ``Choice`` for each argument of
    ``compute``. Returns the Explorer; its ``read(name=value)`` is a slider without a mouse.
    Raises ValueError for a slider off its steps, and what ``compute`` raises at the start.
    """
    return Explorer(compute, picture, size, sliders)


def progress(iterable, label):
    """The items of ``iterable``, one by one, and a bar that fills while they are worked on."""
    items = list(iterable)
    bar = widgets.IntProgress(max=len(items), description=label, style=LABEL)
    if get_ipython() is not None:
        text = f"{label}: a bar fills here while the cell runs."  # stored, so always the same
        display(bar.add_class("bptt-progress")._repr_mimebundle_() | {"text/plain": text}, raw=True)
    for item in items:
        yield item
        bar.value += 1
