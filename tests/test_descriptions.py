"""What each picture says is stored as text; beside it colours and pixels that no file can hide."""

import numpy as np
import pytest
from describe import FOLDER, description, path, same_text
from scene_list import PICTURES, ends, explorers

from bptt_helpers.plots import graph, style


def test_every_picture_has_its_description_and_no_other():
    assert {file.name for file in FOLDER.glob("*.txt")} == {path(name).name for name in PICTURES}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_says_what_is_stored(name):
    """Where a change is meant: ``.venv/bin/python tests/describe.py``, and read the diff."""
    stored = path(name).read_text("utf-8").splitlines()
    now = description(name).splitlines()
    for was, is_ in zip(stored, now):
        assert same_text(was, is_), f"stored: {was}\nnow:    {is_}"
    assert len(stored) == len(now)


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


GRAPHS = [
    name for name in PICTURES if any(e.canvas.picture is graph for e in explorers(PICTURES[name]))
]


@pytest.mark.parametrize("name", GRAPHS)
def test_every_box_with_text_has_dark_pixels_in_it(name):
    """Whatever lies over what: the words of a box can be seen in the picture."""
    for explorer in explorers(PICTURES[name]):
        if explorer.canvas.picture is not graph:
            continue
        for values in ends(explorer):
            record = explorer.compute(**values)
            pixels = explorer.canvas.render(record)[::-1, :, :3].astype(int)  # row 0 at the bottom
            boxes = explorer.canvas.artists[1]
            scale = explorer.canvas.figure.dpi / 72
            width, height = (int(side * scale / 2) - 6 for side in record.box)
            spots = boxes.get_offset_transform().transform(boxes.get_offsets())
            for node, spot in zip(record.nodes, spots):
                if node.lit is None or not (node.text or node.gradient):
                    continue
                x, y = map(int, spot)
                inside = pixels[max(y - height, 0) : y + height, max(x - width, 0) : x + width]
                paper = np.median(inside.reshape(-1, 3), axis=0)
                ink = np.abs(inside - paper).max(-1) > 60
                assert ink.sum() > 30, f"nothing to read in {node.text!r} at {values}"
