"""What holds for every scene: wherever its controls stand, a picture, a sentence, no complaint."""

import re

import numpy as np
import pytest
from legible import illegible
from scene_list import EXERCISES, FOLDER, PICTURES, SCENES, STEMS, ends, explorers, far, within

from bptt_helpers.exercise import same
from bptt_helpers.sliders import Guess, Slider

pytestmark = pytest.mark.filterwarnings("error")


def test_every_notebook_has_its_scene():
    assert list(SCENES) == STEMS
    modules = {path.stem for path in (FOLDER / "scenes").glob("*.py")}
    assert {stem[3:] for stem in STEMS} <= modules


@pytest.mark.parametrize("picture", PICTURES)
def test_every_control_at_both_ends(picture):
    made = explorers(PICTURES[picture])
    assert made
    for explorer in made:
        for values in ends(explorer):
            record = explorer.compute(**values)
            said = record.sentence
            assert len(said.split()) >= 3 and "nan" not in re.findall(r"\w+", said.lower()), values
            pixels = explorer.canvas.render(record)
            assert np.ptp(pixels[..., :3]) > 100, f"nothing is drawn at {values}"
            assert not (problems := illegible(explorer.canvas)), (values, problems)


@pytest.mark.parametrize("picture", PICTURES)
def test_every_control_moves_picture_or_sentence(picture):
    for explorer in explorers(PICTURES[picture]):
        start = explorer.canvas.png(explorer.compute(**explorer.start)), explorer.record.sentence
        for name, values in far(explorer).items():
            moved = set()
            for value in values:
                record = explorer.compute(**within(explorer, {name: value}))
                moved.add((explorer.canvas.png(record), record.sentence))
            assert moved - {start}, f"{name} moves nothing"


@pytest.mark.parametrize("picture", PICTURES)
def test_compute_is_pure(picture):
    for explorer in explorers(PICTURES[picture]):
        first = explorer.compute(**explorer.start)
        for values in ends(explorer):
            explorer.compute(**values)
        again = explorer.compute(**explorer.start)
        assert again.sentence == first.sentence
        assert explorer.canvas.png(again) == explorer.canvas.png(first)


@pytest.mark.parametrize("picture", PICTURES)
def test_a_guess_is_answered_only_where_it_is_made(picture):
    """The opening state does not tell, and a guess changes what is said or shown."""
    for explorer in explorers(PICTURES[picture]):
        for name, spec in explorer.specs.items():
            if isinstance(spec, Guess):
                assert explorer.start[name] is None
                guess = spec.options[0] if spec.options else 50.0
                told = explorer.compute(**explorer.start | {name: guess}).sentence
                assert told != explorer.record.sentence
            elif isinstance(spec, Slider):
                assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_answers_back(name):
    ask = EXERCISES[name]
    assert ask.reply(None)[0] is None
    assert ask.reply(_giving(ask, ask.expected))[0] is True
    assert len(ask.tempting) >= 2, "the likely wrong answers have their reasons"
    reasons = [why for _, why in ask.tempting]
    assert len(set(reasons)) >= 2
    for wrong, why in ask.tempting:
        right, said = ask.reply(_giving(ask, wrong))
        assert right is False and said.endswith(why)
    nudge, formula = ask.hints
    assert nudge and formula and nudge != formula
    assert not any(same(a, b, ask.tolerance) for a, b in _pairs([w for w, _ in ask.tempting]))


def _giving(ask, values):
    """What a learner would hand in: the values, or a function that gives them."""
    if not ask.cases:
        return values
    found = iter(values)
    return lambda *_case: next(found)


def _pairs(values):
    return ((a, b) for i, a in enumerate(values) for b in values[:i])
