"""Boxes and arrows: a network on which numbers appear. The wider an arrow, the more comes by it."""

from typing import NamedTuple

import numpy as np
from matplotlib import collections, colors, patches, transforms

from .. import checks
from . import lines
from .style import BACKWARD, FORWARD, QUIET, REFERENCE, word


class Node(NamedTuple):
    """A box of text at a place of any unit: all nodes together fill the picture."""

    x: float
    y: float
    text: str  # lines, a name and a number, say
    gradient: str = ""  # one more line, in the colour of gradients
    color: str = FORWARD
    lit: bool | None = True  # thick and coloured; False: thin and grey; None: not there
    fill: float = 0  # how strongly it is filled with its colour, 0 to 1


class Edge(NamedTuple):
    """An arrow between two places in ``nodes``; not there where one of those nodes is not."""

    start: int
    end: int
    text: str = ""
    color: str = REFERENCE
    lit: bool | None = True
    size: float | None = 0.2  # what comes by: 1 is 10 points wide, 0.05 to 1.6; None: cut, a bar
    shift: float = 0  # points to the left of its direction, so that two run side by side


class Graph(NamedTuple):
    """What ``draw`` and ``update`` show. How many nodes and edges there are never changes."""

    nodes: tuple
    edges: tuple
    caption: str  # one line on top, never empty
    sentence: str
    box: tuple = (58, 50)  # points, width and height of every node
    panels: tuple = ()  # of ``lines``, under the graph
    ratio: tuple = (1, 1)  # height of the graph to height of the panels


def draw(fig, record):
    upper = fig
    if record.panels:
        upper, lower = fig.subfigures(2, 1, height_ratios=record.ratio)
    elif fig is fig.get_figure(root=True):  # a subfigure is laid out with the others
        fig.set_layout_engine("none")
    (x, y), (w, h) = _points(upper), record.box
    ax = upper.add_axes((0, 0, 1, 1), xlim=(0, x), ylim=(0, y), frameon=False)
    ax.set(xticks=[], yticks=[])
    outline = patches.BoxStyle.Round(pad=0, rounding_size=7)(-w / 2, -h / 2, w, h, 1)
    arrows = ax.add_collection(collections.PolyCollection([], linewidth=0), autolim=False)
    boxes = ax.scatter([], [], s=max(w, h) ** 2, marker=outline, zorder=3)
    points = transforms.Affine2D().scale(1 / 72) + fig.dpi_scale_trans
    how = dict(transform=points, offset_transform=ax.transData, linewidth=0, zorder=4)
    words = ax.add_collection(collections.PathCollection([], **how), autolim=False)
    boxes.fixed = _fixed(record)
    return [arrows, boxes, words] + (lines.draw(lower, record) if record.panels else [])


def _fixed(record):
    counts = {name: len(getattr(record, name)) for name in ("nodes", "edges", "panels")}
    return record._replace(**counts, caption="", sentence="")


def _points(figure):
    return 72 * np.array(figure.bbox.size) / figure.dpi


def update(artists, record):
    arrows, boxes, words, *others = artists
    checks.as_drawn(_fixed(record), boxes.fixed)
    nodes, box, size = record.nodes, np.array(record.box), _points(boxes.get_figure(root=False))
    spots = np.array([n[:2] for n in nodes], float)
    spots -= (spots.min(0) + spots.max(0)) / 2  # then 8 points all around, 30 for the caption
    spots = (spots / np.maximum(spots.max(0), 1e-9) * (size - box - (16, 46)) + size - (0, 30)) / 2
    spots[[n.lit is None for n in nodes]] = np.nan
    boxes.set(offsets=spots, linewidths=[2.5 if n.lit else 1 for n in nodes])
    boxes.set(edgecolors=[n.color if n.lit else QUIET for n in nodes])
    boxes.set(facecolors=[_mixed(n.color, n.fill) for n in nodes])
    said = [(word(record.caption, 13), size / 2 + (0, size[1] / 2 - 15), REFERENCE)]
    for n, spot in zip(nodes, spots):
        rows = [(row, REFERENCE if n.lit else QUIET) for row in n.text.split("\n") if row]
        rows += [(n.gradient, BACKWARD)] * bool(n.gradient)
        top = spot + (0, 7.5 * (len(rows) - 1))
        said += [(word(row), top - (0, 15 * i), color) for i, (row, color) in enumerate(rows)]
    drawn = []
    for edge in record.edges:
        start, way = spots[edge.start], spots[edge.end] - spots[edge.start]
        if edge.lit is None or not np.isfinite(way).all():
            continue
        length, color = np.hypot(*way), edge.color if edge.lit else QUIET
        left = np.array([-way[1], way[0]]) / length
        rim = (box / 2 / np.maximum(np.abs(way), 1e-9)).min()  # the share of it inside a box
        start, cut = start + edge.shift * left, edge.size is None
        width = 20 if cut else 10 * min(max(edge.size, 0.05), 1.6)
        rim, shape = (0.5 - 2 / length, _bar) if cut else (rim, _arrow)
        drawn.append((shape(start + rim * way, start + (1 - rim) * way, left, width), color))
        if edge.text:
            aside = 6 + width / 2 + abs(left) @ (word(edge.text).vertices[:, 0].max(), 6)
            said.append((word(edge.text), start + way / 2 + aside * left, color))
    arrows.set(verts=[shape for shape, _ in drawn], facecolors=[color for _, color in drawn])
    words.set(**dict(zip(("paths", "offsets", "facecolors"), zip(*said))))
    lines.update(others, record)


def _arrow(start, end, left, width):
    """The outline of an arrow: its shaft ``width`` points wide, its head wider."""
    way, side, head = end - start, width / 2 * left, (4 + 0.7 * width) * left
    neck = end - way * min((8 + 1.4 * width) / np.hypot(*way), 0.6)
    back = [neck - head, neck - side, start - side]
    return [start + side, neck + side, neck + head, end, *back]


def _bar(start, end, left, width):
    side = width / 2 * left
    return [start + side, end + side, end - side, start - side]


def _mixed(color, share):
    """``color`` mixed with white, so that black digits stay legible on it."""
    return np.append(1 - 0.55 * min(max(share, 0), 1) * (1 - np.array(colors.to_rgb(color))), 1)
