"""The site in a browser, from a folder, with the network off: what its controls show is what the
kernel would, they can be used by mouse and by keyboard, and the pages can be read without them.

With SITE=site in the environment the pages of that folder are tried, all of them.
"""

import re
from io import BytesIO

import frames
import numpy as np
import pytest
from PIL import Image
from scene_list import PICTURES
from small_site import pages, small_site

from scenes.sliders import Choice, Slider, explorers

TRIED = "05_worked_example", "06_total_gradient", "02_unrolled_graph"
# It would fetch style sheets once more, which a folder does not allow.
AXE = """async () => (await axe.run({ preload: false })).violations.map(
    v => `${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 200)}`)"""
KNOWN = {}  # explorers, which take a second to make


class Figure:
    """One live picture of a page."""

    def __init__(self, page, root):
        self.page, self.root, self.name = page, root, root.get_attribute("id")
        self.image, self.rows = root.locator("img"), root.locator("[data-control]")
        if self.name not in KNOWN:
            (KNOWN[self.name],) = explorers(PICTURES[self.name])
        self.explorer = KNOWN[self.name]
        self.specs = frames.controls(self.explorer.specs)

    def row(self, name):
        return self.root.locator(f'[data-control="{name}"]')

    def values(self):
        """What the controls show; that slider and number agree is checked on the way."""
        found = {}
        for name, spec in self.specs.items():
            if isinstance(spec, Choice):
                chosen = self.row(name).locator("input:checked").input_value()
                found[name] = next(o for o in spec.options if str(o) == chosen)
            else:
                text = self.row(name).locator("input[type=text]").input_value()
                assert float(self.row(name).locator("input[type=range]").input_value()) == float(
                    text
                )
                found[name] = spec.at(round(float(text) / spec.step))
        return found

    def check(self):
        """Picture, its alt and its sentence are those that the kernel has for these values."""
        values = self.explorer.start | self.values()
        assert values == frames.within(self.explorer.specs, values)
        record = self.explorer.compute(**values)
        sentence = self.root.locator(".sentence").inner_text()
        assert sentence == record.sentence == self.image.get_attribute("alt"), self.name
        style = self.image.get_attribute("style")
        under, over = re.search(r"url\(\"?([^)\"]+)", style)[1], self.image.get_attribute("src")
        picture = Image.open(small_site() / under).convert("RGBA")
        picture.alpha_composite(Image.open(small_site() / over).convert("RGBA"))
        wanted = frames.pixels(self.explorer.canvas.png(record))
        assert (np.array(picture) == wanted).all(), f"{self.name} at {values}"
        return values

    def track(self, name, fraction):
        """Where the thumb of a slider is at that part of its way."""
        box = self.row(name).locator("input[type=range]").bounding_box()
        return box["x"] + 8 + fraction * (box["width"] - 16), box["y"] + box["height"] / 2


@pytest.fixture(scope="module")
def offline(window):
    screen = dict(viewport={"width": 1366, "height": 768}, device_scale_factor=2)
    context = window.browser.new_context(**screen)
    context.set_offline(True)
    yield context
    context.close()


@pytest.fixture
def opened(offline):
    """Opens a page; at the end nothing outside was asked for and no script had failed."""
    wrong, made = [], []

    def open_page(name, scheme="light"):
        page = offline.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda r: "ABORTED" in r.failure or wrong.append(r.url))
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or wrong.append(r.url))
        page.emulate_media(color_scheme=scheme)
        page.goto((small_site() / name).as_uri())
        made.append(page)
        return page

    yield open_page
    for page in made:
        page.close()
    assert wrong == []


def figures(page):
    """Those with controls, all sections opened."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = page.locator("figure.explorer:has(form)")
    return [Figure(page, found.nth(i)) for i in range(found.count())]


def limit(figure, name):
    """The greatest value that the other controls allow."""
    values = figure.explorer.start | figure.values()
    return frames.within(figure.explorer.specs, values | {name: figure.specs[name].high})[name]


@pytest.mark.parametrize("stem", TRIED)
def test_every_control_by_mouse(opened, stem):
    for figure in figures(opened(f"{stem}.html")):
        start = figure.check()
        for name, spec in figure.specs.items():
            figure.row(name).scroll_into_view_if_needed()
            if isinstance(spec, Slider):
                for fraction in (1.0, 0.0):
                    mouse = figure.page.mouse
                    mouse.move(*figure.track(name, 1 - fraction))
                    mouse.down()
                    mouse.move(*figure.track(name, fraction), steps=5)
                    mouse.up()
                    assert figure.check()[name] != start[name] or spec.value in (
                        spec.low,
                        spec.high,
                    )
            else:
                for option in spec.options:
                    figure.row(name).get_by_label(str(option), exact=True).check()
                    assert figure.check()[name] == option
            figure.root.get_by_role("button", name="Reset").click()
            assert figure.check() == start


@pytest.mark.parametrize("stem", TRIED)
def test_every_control_by_keyboard(opened, stem):
    for figure in figures(opened(f"{stem}.html")):
        press = figure.page.keyboard.press
        for name, spec in figure.specs.items():
            if isinstance(spec, Choice):
                figure.row(name).locator("input:checked").focus()
                before = spec.options.index(figure.check()[name])
                press("ArrowRight")
                assert spec.options.index(figure.check()[name]) == (before + 1) % len(spec.options)
                continue
            figure.root.get_by_role("button", name="Reset").click()
            figure.row(name).locator("input[type=range]").focus()
            seen = []
            for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowLeft"):
                press(key)
                seen.append(figure.check()[name])
            low, one, two, back, high, last = seen
            assert low == spec.low and low < one < two and back == one and last < high, seen
            box = figure.row(name).locator("input[type=text]")
            box.fill(str(spec.low).replace("-", "−"))
            press("Enter")
            assert figure.check()[name] == spec.low
            box.fill("a lot")
            press("Enter")
            problem = figure.root.locator(".problem").inner_text()
            assert problem == f"{name} goes from {spec.low:g} to {spec.high:g}."
            assert figure.check()[name] == spec.low


def test_what_is_in_one_grid_stays_and_the_rest_goes_back(opened):
    figure = figures(opened("05_worked_example.html"))[0]
    start = figure.check()
    figure.row("T").locator("input[type=range]").fill("100")
    assert figure.check()["T"] == 100
    for name in ("W_h", "tanh_prime"):
        figure.row(name).locator("input[type=range]").focus()
        figure.page.keyboard.press("Home")
    both = figure.check()
    assert (both["W_h"], both["tanh_prime"]) == (-2.0, 0.0) and both["T"] == start["T"]
    figure.row("k").locator("input[type=range]").focus()
    figure.page.keyboard.press("Home")
    assert figure.check() == start | {"k": 0}
    line = figure.root.locator(".together").inner_text()
    assert line.startswith("On this page W_h and tanh_prime move together.")


def test_a_limit_holds_a_control_as_in_the_notebook(opened):
    figure = figures(opened("06_total_gradient.html"))[0]
    figure.row("T").locator("input[type=range]").focus()
    figure.page.keyboard.press("Home")
    values = figure.check()
    assert values["T"] == values["t"] == values["k"] == 1


def test_play_goes_to_the_end_and_stops(opened):
    figure = figures(opened("05_worked_example.html"))[0]
    play = figure.root.get_by_role("button", name="Play T", exact=True)
    play.click()
    assert play.get_attribute("aria-pressed") == "true"
    figure.page.wait_for_function("e => e.ariaPressed === 'false'", arg=play.element_handle())
    assert figure.check()["T"] == 100
    play.click()  # from the start again, and stopped on the way
    figure.page.wait_for_function("e => e.value !== '100'", arg=range_of(figure, "T"))
    figure.root.get_by_role("button", name="Reset").click()
    assert play.get_attribute("aria-pressed") == "false"
    assert figure.check() == figure.explorer.start | figure.values()


def range_of(figure, name):
    return figure.row(name).locator("input[type=range]").element_handle()


def test_the_screen_shows_those_pixels(opened):
    """In its own size, on a screen with two pixels to one of the layout."""
    page = opened("05_worked_example.html")
    figure = figures(page)[0]
    page.add_style_tag(content="figure img { position: fixed; inset: 0; width: 840px !important; "
                       "max-width: none !important; z-index: 999 }")  # fmt: skip
    for value in ("0.9", "-2", "2"):
        figure.row("W_h").locator("input[type=range]").fill(value)
        record = figure.explorer.compute(**figure.explorer.start | figure.values())
        figure.image.evaluate("image => image.decode()")
        clip = dict(x=0, y=0, width=840, height=figure.explorer.canvas.shape[1])
        shot = np.array(Image.open(BytesIO(page.screenshot(clip=clip))).convert("RGBA"))
        wanted = frames.pixels(figure.explorer.canvas.png(record))
        assert (shot == wanted).all(), f"W_h = {value}"


def test_the_sentence_is_said_once_when_a_drag_is_over(opened):
    figure = figures(opened("05_worked_example.html"))[0]
    said = figure.root.locator(".said")
    assert said.get_attribute("role") == "status" and said.inner_text() == ""
    said.evaluate("""said => { window.told = []; new MutationObserver(
        () => told.push(said.textContent)).observe(said, { childList: true }); }""")
    for value in ("-2", "2", "-2", "2"):
        figure.row("W_h").locator("input[type=range]").fill(value)
    figure.page.wait_for_function("told.length")
    assert figure.page.evaluate("told") == [figure.root.locator(".sentence").inner_text()]


def test_a_guess_stands_beside_the_picture_and_nothing_more_is_said(opened):
    figure = figures(opened("05_worked_example.html"))[0]
    before = figure.check()
    figure.root.locator(".guess input").fill("12")
    figure.page.keyboard.press("Enter")
    assert figure.root.locator(".guess output").inner_text() == "You said: 12."
    assert figure.check() == before


def test_pictures_are_loaded_near_the_screen_the_smallest_first_and_all_when_reached_for(offline):
    page, asked = offline.new_page(), []
    page.on("request", lambda r: "/frames/" in r.url and asked.append(r.url.rpartition("/")[2]))
    page.goto((small_site() / "06_total_gradient.html").as_uri())
    figure = figures(page)[0]
    figure.root.scroll_into_view_if_needed()
    page.wait_for_function("f => f.dataset.loaded", arg=figure.root.element_handle())
    size = {path.name: path.stat().st_size for path in (small_site() / "frames").iterdir()}
    first = asked[2:]  # after the pictures of the page
    assert [size[name] for name in first[:9]] == sorted(size[name] for name in first[:9])
    assert sum(size[name] for name in first) < 600_000
    figure.row("T").locator("input[type=range]").focus()
    page.wait_for_function("f => f.dataset.loaded === 'all'", arg=figure.root.element_handle())
    page.close()


@pytest.mark.parametrize("stem", TRIED)
def test_a_page_reads_without_scripts(window, stem):
    plain = window.browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto((small_site() / f"{stem}.html").as_uri())
    figure = page.locator("figure.explorer").first
    assert figure.locator("img").is_visible() and figure.locator(".sentence").is_visible()
    assert not figure.locator("form").is_visible()
    shot = Image.open(BytesIO(figure.locator("img").screenshot())).convert("RGB")
    assert len(shot.getcolors(10**6)) > 50, "the picture is there"
    deeper = page.locator("details.deeper")
    assert not deeper.locator("p").first.is_visible()
    deeper.locator("summary").first.click()
    assert deeper.locator("p").first.is_visible()
    plain.close()


def test_solutions_and_answers_wait_behind_a_click(opened):
    page = opened("05_worked_example.html")
    solution = page.locator("details", has_text="Solution").first
    code = solution.locator("code").first
    assert not code.is_visible()
    solution.locator("summary").focus()
    page.keyboard.press("Enter")
    assert code.is_visible()
    page = opened("08_quiz.html")
    answer = page.get_by_text("D is right.")
    assert not answer.first.is_visible()


def test_the_search_finds_a_page(opened):
    page = opened("search.html")
    page.goto((small_site() / "search.html").as_uri() + "?q=vanish")
    page.locator(".search li a").first.wait_for()
    assert page.locator(".search li a").count() >= 2


def test_axe_finds_nothing(opened):
    from axe_playwright_python.base import AXE_SCRIPT

    found = {}
    for name in pages():
        for scheme in ("light", "dark"):
            page = opened(name, scheme)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            page.evaluate(AXE_SCRIPT)
            if wrong := page.evaluate(AXE):
                found[name, scheme] = wrong
            page.close()
    assert found == {}


def test_a_phone_scrolls_no_page_sideways(window):
    phone = window.browser.new_context(viewport={"width": 390, "height": 844})
    for name in pages():
        page = phone.new_page()
        page.goto((small_site() / name).as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        page.close()
    phone.close()
