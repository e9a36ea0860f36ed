"""What stands before a learner without scrolling, on a small laptop, the file browser open."""

import pytest

INSIDE = """root => { const outer = document.querySelector('.jp-WindowedPanel-outer')
    ?? document.querySelector('.jp-NotebookPanel-notebook');
  outer.scrollTop = 0;
  const frame = outer.getBoundingClientRect();
  const box = e => { const { top, bottom, left, right } = e.getBoundingClientRect();
    return { top, bottom, left, right }; };
  const find = name => [...root.querySelectorAll(name)].filter(e => e.offsetParent).map(box);
  return { frame: box(outer), pictures: find('img'), sentences: find('.bptt-sentence'),
    controls: find('.bptt-controls > *') }; }"""


def test_controls_picture_and_sentence_are_in_sight(explorers):
    if not explorers[0].sliders:
        pytest.skip("a quiz: its pictures stand beside the questions")
    seen = explorers[0].root.evaluate(INSIDE)
    for kind in ("controls", "pictures", "sentences"):
        assert seen[kind], f"no {kind}"
        for box in seen[kind]:
            assert box["top"] >= seen["frame"]["top"] and box["left"] >= seen["frame"]["left"]
            assert box["right"] <= seen["frame"]["right"] + 1, f"{kind} cut off at the right"
            below = box["bottom"] - seen["frame"]["bottom"]
            assert below <= 1, f"{kind}: {below:.0f} pixels below the window"
