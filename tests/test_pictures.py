"""Every picture of every notebook can be read, wherever its sliders stand."""

from pathlib import Path

import pytest
from cells import run
from legible import illegible

from bptt_helpers import sliders
from bptt_helpers.plots import canvas

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"


def ends(explorer):
    """The values at the start, with each control in turn at every end it has."""
    yield explorer.start
    for name, spec in explorer.specs.items():
        far = (spec.low, spec.high) if isinstance(spec, sliders.Slider) else spec.options
        yield from (explorer.start | {name: value} for value in far)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem[:2])
def test_nothing_is_cut_off_or_overlaps(path, monkeypatch):
    made = []

    def kept(cls):
        class Kept(cls):
            def __init__(self, *args):
                super().__init__(*args)
                made.append(self)

        return Kept

    monkeypatch.setattr(canvas, "Canvas", kept(canvas.Canvas))  # of pictures that do not move
    monkeypatch.setattr(sliders, "Explorer", kept(sliders.Explorer))
    run(path)
    for picture in made:
        if isinstance(picture, canvas.Canvas):
            assert not illegible(picture)
            continue
        for values in ends(picture):
            picture.canvas.render(picture.compute(**values))
            assert not illegible(picture.canvas), values
    assert made
