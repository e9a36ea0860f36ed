"""What a learner could not read in a picture: text that is cut off, or runs into something."""

from itertools import pairwise

import numpy as np
from matplotlib.transforms import Bbox

from bptt_helpers.plots.graph import Graph
from bptt_helpers.plots.style import styled


def ticks(axis):
    """Those that are drawn; inside ``styled()``, since how many fit depends on the letters."""
    axis.get_ticklabels()  # makes as many as there is room for
    low, high = sorted(axis.get_view_interval())
    return [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]


def _texts(ax):
    """(what it is, the Text) for all that stands around ``ax``."""
    for axis in (ax.xaxis, ax.yaxis):
        yield from (("tick", tick.label1) for tick in ticks(axis))
        yield from (("label", axis.label), ("exponent", axis.offsetText))
    yield "title", ax.title


def _words(canvas):
    """What a graph, alone or beside a map, draws its words with."""
    for boxes, words in pairwise(canvas.artists):
        if isinstance(getattr(boxes, "fixed", None), Graph):
            return words


def _outlines(words):
    """The boxes of these words, in pixels."""
    scale = words.get_transform()
    for path, place in zip(
        words.get_paths(), words.get_offset_transform().transform(words.get_offsets())
    ):
        if len(path.vertices):
            yield Bbox(np.ptp(scale.transform(path.vertices), axis=0) * [[-0.5], [0.5]] + place)


def illegible(canvas):
    """One line for each text outside the picture, over another one, or over other axes."""
    return around(canvas) + crowded(canvas)


@styled()
def around(canvas):
    """Of what stands around axes, drawn for it: only then are ticks and labels in their places."""
    canvas.agg.draw()
    width, height = canvas.figure.bbox.size
    axes = canvas.figure.findobj(lambda artist: hasattr(artist, "get_xlim"))
    found, placed = [], []
    for ax in axes:
        for kind, text in _texts(ax):
            if not (said := text.get_text()):
                continue
            box = text.get_window_extent()
            if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height:
                found.append(f"{kind} {said!r} is cut off")
            others = [(repr(name), there) for name, there in placed]
            others += [
                ("other axes", other.bbox) for other in axes if other is not ax and other.axison
            ]
            found += [f"{kind} {said!r} over {name}" for name, o in others if _meet(box, o)]
            placed.append((said, box))
    return found


def crowded(canvas):
    """Of the words of a graph, which are cut off where its part of the picture ends."""
    if (words := _words(canvas)) is None:
        return []
    part, found = words.axes.bbox, []
    for i, box in enumerate(boxes := list(_outlines(words))):
        if box.x0 < part.x0 or box.y0 < part.y0 or box.x1 > part.x1 or box.y1 > part.y1:
            found.append(f"word {i} is cut off")
        found += [f"word {i} over word {j}" for j in range(i) if _meet(box, boxes[j], 3)]
    return found


def unreadable(canvas, record, pixels):
    """One line for each box of a graph that has text but no ink in it, whatever lies over it."""
    pixels = pixels[::-1, :, :3].astype(np.int16)  # row 0 at the bottom
    boxes, scale, found = canvas.artists[1], canvas.figure.dpi / 72, []
    width, height = (int(side * scale / 2) - 6 for side in record.box)
    spots = boxes.get_offset_transform().transform(boxes.get_offsets())
    for node, spot in zip(record.nodes, spots):
        if node.lit is None or not (node.text or node.gradient):
            continue
        x, y = map(int, spot)
        inside = pixels[max(y - height, 0) : y + height, max(x - width, 0) : x + width]
        paper = np.median(inside.reshape(-1, 3), axis=0)
        ink = np.abs(inside - paper).max(-1) > 60
        found += [f"nothing to read in {node.text!r}"] * bool(ink.sum() <= 30)
    return found


def _meet(a, b, slack=1):
    across = a.x0 + slack < b.x1 and b.x0 + slack < a.x1
    return across and a.y0 + slack < b.y1 and b.y0 + slack < a.y1
