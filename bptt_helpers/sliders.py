"""Sliders that move a picture: the only module that knows ipywidgets."""

from decimal import Decimal
from html import escape
from threading import RLock
from typing import NamedTuple

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import display

from .plots.canvas import Canvas, sentence


class Slider(NamedTuple):
    """A number from ``low`` to ``high``, whole if ``value`` and ``step`` are.

    play : milliseconds a step of a play button beside it; 0 for none, whole numbers only.
    """

    value: float
    low: float
    high: float
    step: float = 1
    label: str = ""
    play: int = 0


class Choice(NamedTuple):
    """One of ``options``, as buttons (the only choice whose arrow keys JupyterLab leaves alone)."""

    value: str
    options: tuple
    label: str = ""


LABEL = {"description_width": "7em"}


def _slider(name, spec):
    """The slider, and the row it stands in: a number box of the same name, and perhaps play."""
    label = spec.label or name
    whole = all(isinstance(v, int) for v in (spec.value, spec.step))
    kinds = (widgets.IntSlider, widgets.BoundedIntText)
    if not whole:
        kinds = (widgets.FloatSlider, widgets.BoundedFloatText)
    limits = dict(value=spec.value, min=spec.low, max=spec.high, step=spec.step)
    slider = kinds[0](**limits, readout=False, tooltip=label, layout={"width": "22em"})
    slider.add_class("bptt-slider")
    box = kinds[1](**limits, description=label, style=LABEL, layout={"width": "14em"})
    row = [box, slider]
    if spec.play:
        row.append(widgets.Play(**limits, interval=spec.play, show_repeat=False))
        widgets.jslink((row[-1], "value"), (slider, "value"))

    def follow(_change):
        box.value = _tidy(slider)

    def lead(_change):
        if box.value != _tidy(slider):
            slider.value = box.value

    slider.observe(follow, "value")
    box.observe(lead, "value")
    return slider, widgets.HBox(row)


def _tidy(control):
    """The value of a control; of a slider without the noise that its browser side adds (0.9 arrives
    as 0.8999999999999999)."""
    if not isinstance(control, widgets.FloatSlider):
        return control.value
    return round(control.value, -Decimal(str(control.step)).as_tuple().exponent)


def _choice(name, spec):
    style = LABEL | {"button_width": "initial"}
    buttons = widgets.ToggleButtons(
        value=spec.value,
        options=spec.options,
        description=spec.label or name,
        style=style,
        layout={"display": "flex"},
    )
    return buttons, buttons


class Explorer:
    """Controls, a picture that follows them, and a sentence that says what it shows."""

    def __init__(self, compute, picture, size, specs):
        self.compute = compute
        made = {
            name: (_slider if isinstance(s, Slider) else _choice)(name, s)
            for name, s in specs.items()
        }
        self.inputs = {name: control for name, (control, _) in made.items()}
        self.start, self.held, self.lock = self.values(), False, RLock()
        self.shown_values, self.record = self.start, compute(**self.start)
        self.canvas = Canvas(picture, self.record, size)
        self.status = widgets.HTML()
        self.status.add_class("bptt-status")
        reset = widgets.Button(description="Reset", tooltip="Back to the values at the start")
        reset.on_click(lambda _: self.set(**self.start))
        for control in self.inputs.values():
            control.observe(self._moved, "value")
        rows = [row for _, row in made.values()]
        self.controls = widgets.VBox([*rows, widgets.HBox([reset, self.status])])
        self.controls.add_class("bptt-explorer")
        self._display()

    def values(self):
        """The value of every control, by name."""
        return {name: _tidy(control) for name, control in self.inputs.items()}

    def set(self, **values):
        """Move controls in code; the picture is redrawn once."""
        with self.lock:
            self.held = True
            for name, value in values.items():
                self.inputs[name].value = value
            self.held = False
            self._moved()

    def read(self, **values):
        """Move controls in code, return the sentence that then stands there, and move back.

        Raises RuntimeError where a learner would have seen an error line.
        """
        with self.lock:
            before = self.values()
            self.set(**values)
            text, error = self.record.sentence, self.status.value
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
            self._refresh()
        except Exception as error:  # whatever it is, the learner sees one line and can go on
            text = escape(f"{type(error).__name__}: {error}")
            self.status.value = f'<span role="status" aria-live="polite">{text}</span>'
        else:
            self.status.value = ""

    def _display(self):
        data, metadata = self.canvas.bundle(self.record)
        self.text = data["text/plain"]
        if get_ipython() is None:  # a plain Python process: there is nowhere to show anything
            self.shown = None
            return
        controls = self.controls._repr_mimebundle_()
        values = ", ".join(f"{name} = {value}" for name, value in self.start.items())
        controls["text/plain"] = f"Sliders at {values}. Run this cell to move them."
        display(controls, raw=True)
        self.shown = (
            display(data, metadata=metadata, raw=True, display_id=True),
            display(sentence(self.text), raw=True, display_id=True),
        )

    def _refresh(self):
        data, metadata = self.canvas.bundle(self.record)
        if self.shown:
            self.shown[0].update(data, metadata=metadata, raw=True)
            if data["text/plain"] != self.text:
                self.shown[1].update(sentence(data["text/plain"]), raw=True)
        self.text = data["text/plain"]


def explorer(compute, picture, size=(8.4, 3.4), **sliders):
    """Sliders that move a picture, for a notebook cell.

    compute : ``compute(**values) -> record``, pure. picture : a module of ``bptt_helpers.plots``.
    size : inches, 100 pixels each. sliders : a ``Slider`` or ``Choice`` for each argument of
    ``compute``. Returns the Explorer; its ``read(name=value)`` is a slider without a mouse.
    Raises what ``compute`` raises at the starting values.
    """
    return Explorer(compute, picture, size, sliders)


def progress(iterable, label):
    """The items of ``iterable``, one by one, and a bar that fills while they are worked on."""
    items = list(iterable)
    bar = widgets.IntProgress(max=len(items), description=label, style=LABEL)
    bar.add_class("bptt-progress")
    if get_ipython() is not None:
        text = f"{label}: a bar fills here while the cell runs."  # stored, so always the same
        display(bar._repr_mimebundle_() | {"text/plain": text}, raw=True)
    for item in items:
        yield item
        bar.value += 1
