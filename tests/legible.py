"""What a learner could not read in a picture: text that is cut off, or runs into something."""

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.transforms import Bbox


def _texts(ax):
    """(what it is, the Text) for all that stands around ``ax``."""
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if low <= tick.get_loc() <= high:
                yield "tick", tick.label1
        yield from (("label", axis.label), ("exponent", axis.offsetText))
    yield "title", ax.title


def _words(canvas):
    """The boxes of the words that a graph draws as outlines, in pixels."""
    if canvas.picture.__name__.rpartition(".")[2] != "graph":
        return
    words = next(a for a in canvas.artists[2:] if isinstance(a, PathCollection))
    scale = words.get_transform()
    for path, place in zip(
        words.get_paths(), words.get_offset_transform().transform(words.get_offsets())
    ):
        if len(path.vertices):
            yield Bbox(np.ptp(scale.transform(path.vertices), axis=0) * [[-0.5], [0.5]] + place)


def illegible(canvas):
    """One line for each text outside the picture, over another one, or over other axes."""
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
    for i, box in enumerate(boxes := list(_words(canvas))):
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height:
            found.append(f"word {i} is cut off")
        found += [f"word {i} over word {j}" for j in range(i) if _meet(box, boxes[j], 3)]
    return found


def _meet(a, b, slack=1):
    across = a.x0 + slack < b.x1 and b.x0 + slack < a.x1
    return across and a.y0 + slack < b.y1 and b.y0 + slack < a.y1
