"""What stands before a learner without scrolling, on a small laptop, the file browser open."""

import pytest
from lab import NOTEBOOKS

HEIGHT = 768
INSIDE = """root => { const outer = document.querySelector('.jp-WindowedPanel-outer')
    ?? document.querySelector('.jp-NotebookPanel-notebook');
  outer.scrollTop = 0;
  const frame = outer.getBoundingClientRect();
  const box = e => { const { top, bottom, left, right } = e.getBoundingClientRect();
    return { top, bottom, left, right }; };
  const find = name => [...root.querySelectorAll(name)].filter(e => e.offsetParent).map(box);
  return { frame: box(outer), pictures: find('img'), sentences: find('.bptt-sentence'),
    controls: find('.bptt-controls > *') }; }"""


@pytest.fixture(scope="module")
def laptop(window):
    """A window of the same browser with the pixels of a small laptop."""
    context = window.browser.new_context(viewport={"width": 1366, "height": HEIGHT})
    yield context
    context.close()


@pytest.mark.parametrize("name", [n for n in NOTEBOOKS if not n.startswith("08")])
def test_controls_picture_and_sentence_are_in_sight(server, laptop, name):
    with server.open(laptop, name, "lab/tree") as page:
        page.page.locator(".jp-DirListing-item").first.wait_for()  # the file browser is open
        page.run_all()
        first = page.explorers()[0]
        seen = first.root.evaluate(INSIDE)
        for kind in ("controls", "pictures", "sentences"):
            assert seen[kind], f"no {kind}"
            for box in seen[kind]:
                assert box["top"] >= seen["frame"]["top"] and box["left"] >= seen["frame"]["left"]
                assert box["right"] <= seen["frame"]["right"] + 1, f"{kind} cut off at the right"
                below = box["bottom"] - seen["frame"]["bottom"]
                assert below <= 1, f"{kind}: {below:.0f} pixels below the window"
