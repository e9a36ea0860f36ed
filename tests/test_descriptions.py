"""What each picture and question says is stored as text; beside it what no file can hide."""

import re

import pytest
from describe import FOLDER, ROUGH, description, path, questions, same_text, shown
from matplotlib.text import Text
from scene_list import EXERCISES, PICTURES
from tour import tour

from bptt_helpers.plots import style
from scenes.sliders import explorers

pytestmark = pytest.mark.pictures

ASKING = {f"{name[:2]}-exercises": [] for name in EXERCISES}
for _name, _ask in EXERCISES.items():
    ASKING[f"{_name[:2]}-exercises"].append(_ask)


def test_every_picture_has_its_description_and_no_other():
    wanted = {path(name).name for name in [*PICTURES, *ASKING]}
    assert {file.name for file in FOLDER.glob("*.txt")} == wanted


@pytest.mark.parametrize("name", [*PICTURES, *ASKING])
def test_a_picture_says_what_is_stored(name):
    """Where a change is meant: ``.venv/bin/python tests/describe.py``, and read the diff."""
    stored = path(name).read_text("utf-8").splitlines()
    now = questions(ASKING[name]) if name in ASKING else description(tour(name))
    for was, is_ in zip(stored, now.splitlines()):
        assert same_text(was, is_, *ROUGH.get(name, ())), f"stored: {was}\nnow:    {is_}"
    assert len(stored) == len(now.splitlines())


@pytest.mark.parametrize(
    "meaning, color",
    [
        ("FORWARD", "#0072B2"),
        ("BACKWARD", "#D55E00"),
        ("WEIGHT", "#009E73"),
        ("TRUNCATION", "#CC79A7"),
        ("LOSS", "#E69F00"),
        ("REFERENCE", "#000000"),
        ("QUIET", "#767676"),
    ],
)
def test_a_colour_means_what_readme_says(meaning, color):
    assert getattr(style, meaning) == color


@pytest.mark.parametrize("name", ["04-one_unit", "05-decay", "12-bias"])
def test_the_ticks_of_a_description_are_those_that_were_drawn(name, monkeypatch):
    """How many there are depends on the style, which is there only while a picture is drawn."""
    drawn, draw = [], Text.draw
    monkeypatch.setattr(
        Text, "draw", lambda self, *a: drawn.append(self.get_text()) or draw(self, *a)
    )
    (explorer,) = explorers(PICTURES[name])
    for line in shown(explorer.canvas, explorer.record):
        if line.startswith("axes"):
            ticks = " ".join(re.findall("ticks ([^;]*)", line)).split()
            assert set(ticks) - {"-"} <= set(drawn), line


def test_two_descriptions_differ_by_words_or_numbers_but_not_by_rounding():
    assert same_text("at 0.5000, 1e-12 wide", "at 0.5004, 0 wide")
    for other in ("at 0.51, 0 wide", "at -0.5, 0 wide", "at 0.5, 0 broad", "at 0.5, 1e-5 wide"):
        assert not same_text("at 0.5, 0 wide", other)
    assert same_text("nan, inf", "nan, inf") and not same_text("inf", "-inf")
