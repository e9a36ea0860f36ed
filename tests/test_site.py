"""tools/site: which places have a frame, that it is the kernel's picture, what a page holds."""

import importlib
import json
import re
from html.parser import HTMLParser
from io import BytesIO
from itertools import product

import book
import conf
import frames
import nbformat
import numpy as np
import pytest
from PIL import Image
from scene_list import FOLDER, PICTURES, SCENES, STEMS
from small_site import MOST, pages, small_site

from scenes.sliders import Choice, Guess, Slider, explorers

pytestmark = pytest.mark.pictures
SPECS = dict(
    guess=Guess("how many?"),
    a=Slider(0.9, -2.0, 2.0, 0.01),
    b=Slider(3, 0, 9),
    mode=Choice("x", ("x", "y", "z")),
)


@pytest.mark.parametrize("most", [3, 5, 12, 41])
@pytest.mark.parametrize(
    "slider",
    [Slider(0.9, -2.0, 2.0, 0.01), Slider(3, 0, 9), Slider(7, 7, 7), Slider(1.0, 0.1, 200.0, 0.1)],
)
def test_places_are_few_even_and_have_the_ends_and_the_start(slider, most):
    found = frames.places(slider, most)
    assert len(found) <= most and list(found) == sorted(set(found))
    assert {slider.low, slider.value, slider.high} <= set(found)
    assert all(value == slider.at(round(value / slider.step)) for value in found)
    inner = np.diff(found[1:-1]) if len(found) > 3 else np.ones(1)
    assert np.allclose(inner, inner[0]), "between the ends all steps are equal"


def test_a_slider_with_few_places_has_them_all_and_a_choice_its_options():
    assert frames.places(Slider(3, 0, 9), 41) == tuple(range(10))
    assert frames.places(SPECS["mode"], 3) == ("x", "y", "z")


def test_each_control_is_swept_alone_and_the_named_ones_together():
    grid, *alone = frames.sweeps(SPECS, ("a", "b"), most=41, grid_most=60)
    assert grid.names == ("a", "b") and len(list(grid.combinations())) <= 60
    assert [sweep.names for sweep in alone] == [("a",), ("b",), ("mode",)]
    assert {0.9, -2.0, 2.0} <= set(grid.values[0]) and {3, 0, 9} <= set(grid.values[1])
    assert list(grid.combinations())[1] == {"a": grid.values[0][0], "b": grid.values[1][1]}
    assert not any("guess" in sweep.names for sweep in (grid, *alone))


def test_a_grid_that_has_all_places_needs_no_sweep():
    grid, alone = frames.sweeps(SPECS, ("b", "mode"), most=41, grid_most=30)
    assert grid.names == ("b", "mode") and alone.names == ("a",)
    with pytest.raises(ValueError, match="^c: expected one of a, b, mode$"):
        frames.sweeps(SPECS, ("a", "c"))


def test_few_places_are_all_in_one_grid():
    few = {name: SPECS[name] for name in ("b", "mode")}
    (grid,) = frames.sweeps(few, grid_most=30)
    assert grid.names == ("b", "mode") and len(list(grid.combinations())) == 30
    assert [sweep.names for sweep in frames.sweeps(few, grid_most=29)] == [("b",), ("mode",)]


def test_limits_hold_as_in_the_notebook():
    specs = dict(T=Slider(8, 1, 9), k=Slider(3, 0, 8, upto=lambda T, **_: T - 1))
    assert frames.within(specs, dict(T=3, k=7)) == dict(T=3, k=2)
    assert frames.within(specs, dict(T=9, k=7)) == dict(T=9, k=7)


def test_a_picture_over_another_is_that_picture_also_when_both_are_shown_smaller():
    """Of the black box that was there nothing is left, neither in it nor around it."""
    new = np.full((60, 80, 4), 255, np.uint8)
    base = new.copy()
    base[21:30, 31:50, :3] = 0
    over = Image.open(BytesIO(frames.changed(new, base))).convert("RGBA")
    assert over.getextrema()[3] == (0, 255), "what is equal is left out"
    for picture in (base, new):
        file = Image.open(BytesIO(frames.changed(picture, base))).convert("RGBA")
        assert (laid(Image.fromarray(base), file) == picture).all()
    for smaller in (2, 3):
        shown = laid(Image.fromarray(base).reduce(smaller), over.reduce(smaller))
        assert shown[..., :3].min() >= 254


def laid(base, over):
    base = base.copy()
    base.alpha_composite(over)
    return np.array(base)


@pytest.mark.parametrize("name", ["05-decay", "06-total", "02-experiment"])
def test_a_frame_is_what_the_kernel_shows(name):
    """Every frame of a few: its picture over the first one, pixel for pixel, and its sentence."""
    (explorer,) = explorers(PICTURES[name])
    files, together = {}, book.TOGETHER.get(f"{PICTURES[name].__module__[7:]}.{name[3:]}", ())
    found = frames.manifest(explorer, together, files.__setitem__, **MOST)
    assert json.loads(json.dumps(found))["frames"], "lists, numbers and text"
    assert [name for name, _ in found["pictures"]] == sorted(
        files, key=lambda name: (len(files[name]), name)
    )
    opened = [Image.open(BytesIO(files[name])).convert("RGBA") for name, _ in found["pictures"]]
    base, count = opened[found["frames"][0][0]], 1
    for values, frame in reached(explorer, found):
        record = explorer.compute(**values)
        assert found["sentences"][frame[1]] == record.sentence
        assert (laid(base, opened[frame[0]]) == frames.pixels(explorer.canvas.png(record))).all()
        count += 1
    assert count == len(found["frames"])


def reached(explorer, found):
    """For each frame but the first the values that the page's controls then show."""
    number, specs = 0, list(frames.controls(explorer.specs).items())
    for group in found["groups"]:
        for chosen in product(*group["places"]):
            number += 1
            place = [control["start"] for control in found["controls"]]
            for control, at in zip(group["controls"], chosen):
                place[control] = at
            frame = found["frames"][number]
            for control, at in (frame[2] if len(frame) > 2 else {}).items():
                place[int(control)] = at
            values = {
                name: spec.options[at] if isinstance(spec, Choice) else control["values"][at]
                for (name, spec), control, at in zip(specs, found["controls"], place)
            }
            yield explorer.start | values, frame


@pytest.mark.parametrize("stem", [stem for stem in STEMS if stem in SCENES])
def test_every_picture_of_every_notebook_becomes_a_figure(stem):
    cells = nbformat.read(FOLDER / f"{stem}.ipynb", 4).cells
    drawn = [
        cell
        for cell in cells
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", ()))
    ]
    assert all(book.shown(stem, cell) for cell in drawn)
    found = {book.shown(stem, cell) for cell in cells if cell.cell_type == "code"} - {None}
    assert found == {make.__name__ for make in getattr(SCENES[stem], "PICTURES", ())}


@pytest.mark.parametrize("picture", book.TOGETHER)
def test_what_moves_together_are_controls_of_a_picture(picture):
    scene, name = picture.split(".")
    (explorer,) = explorers(getattr(importlib.import_module(f"scenes.{scene}"), name))
    assert frames.sweeps(explorer.specs, book.TOGETHER[picture])


@pytest.mark.parametrize(
    "text, wanted",
    [
        (r"\Big\|x\Big\|", "‖</mo><mi>x</mi>"),
        (r"\mathcal N", "𝒩"),
        (r"\text{max\_norm}", "max_norm"),
    ],
)
def test_formulas_that_the_converter_leaves_half_done(text, wanted):
    assert wanted in conf.mathml(text, "inline")
    with pytest.raises(ValueError, match="^no MathML for"):
        conf.mathml(r"\Big\nonsense", "inline")


class Tags(HTMLParser):
    """All tags of a page with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.all = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.all.append((tag, dict(attributes)))


def tags(name):
    return Tags((small_site() / name).read_text("utf-8")).all


def test_no_page_asks_for_anything_outside():
    for name in pages():
        for tag, found in tags(name):
            asked = [found.get(a) or "" for a in ("src", "srcset", "poster", "data", "style")]
            asked += [found.get("href") or ""] * (tag == "link")
            assert not any(re.search("//", text) for text in asked), (name, tag, found)
    for file in small_site().rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", file.read_text("utf-8")), file


def test_a_page_shows_its_first_picture_before_any_script():
    for name in pages():
        inside = tags(name)
        for number, (tag, found) in enumerate(inside):
            if tag == "figure" and found.get("class") == "explorer":
                here = inside[number + 1 :]
                picture = next(found for tag, found in here if tag == "img")
                assert (small_site() / picture["src"]).exists() and picture["alt"]
            if tag == "form" and "hidden" not in found:
                assert "sidebar-search" in found.get("class", "") or name == "search.html", found


def test_what_only_a_kernel_can_do_is_not_promised():
    for name in pages():
        text = (small_site() / name).read_text("utf-8")
        assert not any(words in text for words in (*book.LIVE_ONLY, "Run All Cells")), name


def test_every_formula_became_mathml():
    text = (small_site() / "05_worked_example.html").read_text("utf-8")
    assert text.count("<math") > 10 and "$" not in re.sub(
        r"<(pre|script).*?</\1>", "", text, flags=re.S
    )


def test_equal_pictures_are_stored_once():
    files = [path.read_bytes() for path in (small_site() / "frames").iterdir()]
    assert len(files) == len(set(files)) > 50
