"""The picture follows its sliders wherever a notebook is opened, and there is never a second one.

Without a kernel, the stored picture and sentence stand there instead.
"""

import subprocess
import sys

import pytest
from lab import Lab

NAME = "05_worked_example.ipynb"


@pytest.fixture(scope="module")
def own(tmp_path_factory, server):
    """A server of its own: these tests save notebooks."""
    with Lab(tmp_path_factory.mktemp("views"), server.copies / NAME) as own:
        yield own


@pytest.fixture
def page(own, window):
    with own.open(window, NAME) as page:
        page.run_all()
        yield page


def visible(root):
    """(pictures, sentences) that stand there."""
    return root.locator("img:visible").count(), root.locator(
        ".bptt-sentence:visible, .bptt-stored:visible"
    ).all_inner_texts()


def follows(root):
    """Type W_h = 0.3: picture and sentence answer, and stay one of each."""
    picture = root.locator(".bptt-explorer img")
    picture.wait_for()
    before, address = _pixels(picture), picture.get_attribute("src")
    box = root.locator(".bptt-control input").first
    box.fill("0.3")
    box.press("Enter")
    root.page.wait_for_function(
        "([image, before]) => image.src !== before && image.complete && image.naturalWidth",
        arg=[picture.element_handle(), address],
    )
    assert _pixels(picture) != before
    root.locator(".bptt-sentence").filter(has_text="r = 0.24").wait_for()
    count, sentences = visible(root)
    assert count == 1 and len(sentences) == 1 and sentences[0].startswith("r = 0.24. After k = 3")


def _pixels(picture):
    return picture.evaluate(
        """async image => { await image.decode();
        const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
        canvas.getContext('2d').drawImage(image, 0, 0);
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
        return [...sum].join(); }"""
    )


def stands_as_stored(root):
    count, sentences = visible(root)
    assert count == 1 and len(sentences) == 1 and sentences[0].startswith("r = 0.72. After k = 3")
    assert root.locator("img:visible").evaluate("i => i.complete && i.naturalWidth") == 1680


def cell(page):
    return page.page.locator(".jp-CodeCell:has(.bptt-stored)").first


def save(page):
    page.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.page.wait_for_function("!lab.panel().content.model.dirty")


def again(page):
    page.page.reload()
    page.attach()


def test_running(page):
    follows(cell(page))


def test_saved_and_loaded_again_with_its_kernel(page):
    save(page)
    again(page)
    cell(page).locator(".bptt-explorer").wait_for()
    follows(cell(page))


def test_saved_and_opened_with_a_new_kernel(page):
    save(page)
    page.page.evaluate("lab.panel().sessionContext.shutdown()")
    again(page)
    cell(page).get_by_text("Error displaying widget").first.wait_for()
    stands_as_stored(cell(page))
    page.run_all()
    follows(cell(page))


def test_two_windows_on_one_kernel(own, window, page):
    save(page)
    with own.open(window, NAME) as second:
        cell(second).locator(".bptt-explorer").wait_for()
        follows(cell(second))
        cell(page).locator(".bptt-sentence").filter(has_text="r = 0.24").wait_for()
        assert visible(cell(page))[0] == 1


def test_new_view_for_output(own, window):
    with own.open(window, NAME, "lab/tree") as page:
        page.run_all()
        page.page.evaluate("lab.panel().content.activeCellIndex = 1")
        page.page.evaluate("window.jupyterapp.commands.execute('notebook:create-output-view')")
        view = page.page.locator(".jp-LinkedOutputView")
        view.locator(".bptt-explorer").wait_for()
        follows(view)


def test_notebook_7(own, window):
    with own.open(window, NAME, "notebooks") as page:
        page.run_all()
        follows(cell(page))


def test_voila(own, window):
    page = window.new_page()
    page.goto(f"{own.url}/voila/render/notebooks/{NAME}", timeout=120_000)
    root = page.locator("body")
    root.locator(".bptt-explorer img").wait_for(timeout=120_000)
    follows(root)
    page.close()


@pytest.mark.parametrize("ran", [False, True])
def test_as_a_web_page_without_a_kernel(own, window, server, tmp_path, ran):
    folder = own.copies if ran else server.copies
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--log-level=ERROR"]
    subprocess.run([*command, f"--output-dir={tmp_path}", str(folder / NAME)], check=True)
    page = window.new_page()
    page.goto((tmp_path / NAME.replace("ipynb", "html")).as_uri())
    stands_as_stored(page.locator(".jp-CodeCell:has(.bptt-stored)").first)
    page.close()


def test_a_narrow_window_keeps_the_shape_of_the_picture(own, window):
    with own.open(window, NAME) as page:
        page.run_all()
        page.page.set_viewport_size({"width": 700, "height": 900})
        box = cell(page).locator(".bptt-explorer img").bounding_box()
        assert box["width"] < 700 and abs(box["width"] / box["height"] - 8.4 / 2.9) < 0.02
