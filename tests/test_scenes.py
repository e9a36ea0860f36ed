"""What holds for every scene: wherever its controls stand, a picture, a sentence, no complaint."""

import re
from decimal import Decimal

import pytest
from scene_list import EXERCISES, FOLDER, PICTURES, SCENES, STEMS
from tour import tour

from scenes.exercise import same
from scenes.sliders import Guess, Slider, explorers

pytestmark = pytest.mark.pictures


def test_every_notebook_has_its_scene():
    assert list(SCENES) == STEMS
    modules = {path.stem for path in (FOLDER / "scenes").glob("*.py")}
    assert {stem[3:] for stem in STEMS} <= modules


# What is excused, and why. Each is a wish to the picture.
RESCALED = {("12-sign", "lag"), ("12-sign", "a"), ("13-adam", "case")}  # another experiment
# How often axes change on the whole way of a slider: a drag moves the curve, seldom its axes.
STEPPED = {("04-one_unit", "W_h"): 3, ("05-decay", "W_h"): 6}
OF_THE_PLACE = {"13-ladder"}  # the guess is about whatever ladder is chosen


@pytest.mark.parametrize("picture", PICTURES)
def test_every_control_at_both_ends(picture):
    visits = tour(picture)
    assert visits
    for stop in (stop for visit in visits for stop in visit.stops):
        said = stop.record.sentence
        assert len(said.split()) >= 3 and "nan" not in re.findall(r"\w+", said.lower()), stop.values
        assert stop.contrast > 100, f"nothing is drawn at {stop.values}"
        assert not stop.problems, (stop.values, stop.problems)


@pytest.mark.parametrize("picture", PICTURES)
def test_every_control_moves_picture_and_sentence(picture):
    for visit in tour(picture):
        start = visit.stops[0]
        for name, spec in visit.specs.items():
            moved = [stop for stop in visit.stops if stop.name == name]
            assert any(
                stop.pixels != start.pixels or stop.record.sentence != start.record.sentence
                for stop in moved
            ), f"{name} moves nothing"
            said = {stop.record.sentence for stop in moved} - {start.record.sentence}
            if not said and isinstance(
                spec, Slider
            ):  # both ends may say the same by symmetry, an angle of 0 and 180, say
                middle = spec.at((spec.steps(spec.low) + spec.steps(spec.high)) // 2)
                (explorer,) = explorers(PICTURES[picture])
                said = {explorer.read(**{name: middle})} - {start.record.sentence}
            assert said, f"{name} is not in the sentence"


@pytest.mark.parametrize("picture", PICTURES)
def test_compute_is_pure_and_a_moved_picture_comes_back(picture):
    for visit in tour(picture):
        assert visit.opened.sentence == visit.closed.sentence
        assert visit.first == visit.last, "the picture is not the one at the start"


@pytest.mark.parametrize("picture", PICTURES)
def test_axes_stay_where_they_are(picture):
    """A curve that moves is seen only where its axes do not; T alone may ask for longer ones."""
    for visit in tour(picture):
        for stop in visit.stops:
            if stop.name not in ("", "T") and (picture, stop.name) not in {*RESCALED, *STEPPED}:
                assert stop.limits == visit.stops[0].limits, (stop.name, stop.value)


@pytest.mark.parametrize("picture, name", STEPPED)
def test_axes_in_steps_change_seldom(picture, name):
    (explorer,) = explorers(PICTURES[picture])
    spec = explorer.specs[name]
    values = map(spec.at, range(spec.steps(spec.low), spec.steps(spec.high) + 1))
    records = [explorer.compute(**explorer.start | {name: value}) for value in values]
    limits = [[(panel.xlim, panel.ylim) for panel in record.panels] for record in records]
    changes = sum(a != b for a, b in zip(limits, limits[1:]))
    assert 0 < changes <= STEPPED[picture, name], changes


@pytest.mark.parametrize("picture", PICTURES)
def test_notes_and_captions_say_what_the_sentence_says(picture):
    """Each number with a point or an exponent in them stands in the sentence, there perhaps with
    more digits, or fewer."""
    for stop in (stop for visit in tour(picture) for stop in visit.stops):
        said = NUMBER.findall(plain(stop.record.sentence))
        for text in short_texts(stop.record):
            for found in NUMBER.findall(plain(text)):
                if "." in found or "e" in found:
                    assert any(rounded(found, each) for each in said), (text, stop.record.sentence)


NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def plain(text):
    """With one kind of minus, and without the hyphen between a word and a number."""
    return re.sub(r"(?<=[a-df-z)])-(?=\d)", " ", text.replace("−", "-"))


def short_texts(record):
    if beside := getattr(record, "beside", None):
        yield from short_texts(beside)
    yield getattr(record, "caption", "")
    yield from (panel.note for panel in getattr(record, "panels", ()))


def rounded(a, b):
    """Whether two printed numbers may be one number, each rounded to the digits that it shows."""
    units = [10.0 ** Decimal(text).as_tuple().exponent for text in (a, b)]
    return abs(float(a) - float(b)) <= 0.5001 * max(units)


@pytest.mark.parametrize("picture", PICTURES)
def test_a_guess_is_answered_only_where_it_is_made(picture):
    """The opening state does not tell, and a guess adds its answer, which is the same wherever the
    other controls stand."""
    for visit in tour(picture):
        for name, spec in visit.specs.items():
            if not isinstance(spec, Guess):
                assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
                continue
            assert visit.start[name] is None
            (explorer,) = explorers(PICTURES[picture])
            guess, answers = spec.options[0] if spec.options else 50.0, set()
            for stop in visit.stops:
                without, with_it = (
                    explorer.compute(**stop.values | {name: g}).sentence for g in (None, guess)
                )
                assert with_it.startswith(without) and with_it != without
                answers.add(with_it.removeprefix(without))
            assert len(answers) == 1 or picture in OF_THE_PLACE, answers
            assert "you said" not in visit.opened.sentence.lower()


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
