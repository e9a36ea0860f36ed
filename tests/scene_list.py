"""The scenes behind the notebooks: their modules, their pictures, their exercises."""

import importlib
from base64 import b64decode
from pathlib import Path

from scenes.exercise import Exercise
from scenes.sliders import Choice, Guess, Slider

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
STEMS = [path.stem for path in sorted(FOLDER.glob("[0-9]*.ipynb"))]
SCENES = {
    stem: importlib.import_module(f"scenes.{stem[3:]}")
    for stem in STEMS
    if (FOLDER / "scenes" / f"{stem[3:]}.py").exists()
}
PICTURES = {
    f"{stem[:2]}-{make.__name__}": make
    for stem, scene in SCENES.items()
    for make in getattr(scene, "PICTURES", ())
}
EXERCISES = {
    f"{stem[:2]}-{name}": value
    for stem, scene in SCENES.items()
    for name, value in vars(scene).items()
    if isinstance(value, Exercise)
}


def far(explorer):
    """For each control the values at its ends; all options of a choice; some guesses."""
    found = {}
    for name, spec in explorer.specs.items():
        if isinstance(spec, Slider):
            found[name] = (spec.low, spec.high)
        elif isinstance(spec, Choice) or spec.options:
            found[name] = spec.options
        else:
            assert isinstance(spec, Guess)
            found[name] = (0.0, -3.0, 1e-9, 50.0, 1e9)
    return found


def ends(explorer):
    """The values at the start, with each control in turn at every end it has, and all at an end."""
    yield explorer.start
    for name, values in far(explorer).items():
        yield from (within(explorer, {name: value}) for value in values)
    for i in (0, -1):
        yield within(explorer, {name: values[i] for name, values in far(explorer).items()})


def within(explorer, values):
    """All values, with those that others limit at most at their limit."""
    values = explorer.start | values
    for name, spec in explorer.specs.items():
        if isinstance(spec, Slider) and spec.upto:
            values[name] = min(values[name], max(spec.low, spec.upto(**values)))
    return values


def sent(explorer):
    """The PNG file that the browser was sent last."""
    file = bytes(explorer.image.value).removeprefix(b"data:image/png;base64,")
    return b64decode(file, validate=True)
