"""Boxes and arrows: a network on which numbers appear."""

from typing import NamedTuple

import numpy as np
from matplotlib import collections, patches

from .style import BACKWARD, FORWARD, QUIET, REFERENCE, word


class Node(NamedTuple):
    """A box of text at a place of any unit: all nodes together fill the picture."""

    x: float
    y: float
    text: str  # one or two lines, a name and a number
    gradient: str = ""  # one more line, in the colour of gradients
    color: str = FORWARD
    lit: bool | None = True  # thick and coloured; False: thin and grey; None: not there
    now: bool = False  # filled: here something happens


class Edge(NamedTuple):
    """An arrow between two places in ``nodes``; not there where one of those nodes is not."""

    start: int
    end: int
    text: str = ""
    color: str = REFERENCE
    lit: bool | None = True
    back: bool = False  # dashed: a gradient on its way back
    shift: float = 0  # points to the left of its direction, so that two run side by side


class Graph(NamedTuple):
    """What ``draw`` and ``update`` show. How many nodes and edges there are never changes."""

    nodes: tuple
    edges: tuple
    caption: str  # one line on top, never empty
    sentence: str
    box: tuple = (58, 50)  # points, width and height of every node


def draw(fig, record):
    (x, y), (w, h) = 72 * fig.get_size_inches(), record.box  # all in points
    fig.set_layout_engine("none")
    ax = fig.add_axes((0, 0, 1, 1), xlim=(0, x), ylim=(0, y), frameon=False, xticks=[], yticks=[])
    arrows = [patches.FancyArrowPatch((0, 0), (1, 1), arrowstyle="-|>") for _ in record.edges]
    outline = patches.BoxStyle.Round(pad=0, rounding_size=7)(-w / 2, -h / 2, w, h, 1)
    boxes = ax.scatter([], [], s=max(w, h) ** 2, marker=outline, zorder=3)
    words = collections.PathCollection([], linewidth=0, offset_transform=ax.transData, zorder=4)
    return [*map(ax.add_patch, arrows), boxes, ax.add_collection(words, autolim=False)]


def update(artists, record):
    (*arrows, boxes, words), nodes, box = artists, record.nodes, np.array(record.box)
    size, spots = 72 * boxes.figure.get_size_inches(), np.array([n[:2] for n in nodes], float)
    spots -= (spots.min(0) + spots.max(0)) / 2  # then 8 points all around, 30 for the caption
    spots = (spots / np.maximum(spots.max(0), 1e-9) * (size - box - (16, 46)) + size - (0, 30)) / 2
    spots[[n.lit is None for n in nodes]] = np.nan
    boxes.set(offsets=spots, linewidths=[2.5 if n.lit else 1 for n in nodes])
    boxes.set(edgecolors=[n.color if n.lit else QUIET for n in nodes])
    boxes.set(facecolors=[(n.color, 0.25) if n.now else "white" for n in nodes])
    said = [(word(record.caption, 13), size / 2 + (0, size[1] / 2 - 15), REFERENCE)]
    for n, spot in zip(nodes, spots):
        rows = [(row, REFERENCE if n.lit else QUIET) for row in n.text.split("\n") if row]
        rows += [(n.gradient, BACKWARD)] * bool(n.gradient)
        top = spot + (0, 7.5 * (len(rows) - 1))
        said += [(word(row), top - (0, 15 * i), color) for i, (row, color) in enumerate(rows)]
    for edge, arrow in zip(record.edges, arrows):
        start, way = spots[edge.start], spots[edge.end] - spots[edge.start]
        left = np.array([-way[1], way[0]]) / np.hypot(*way)
        start, color = start + edge.shift * left, edge.color if edge.lit else QUIET
        rim = (box / 2 / np.maximum(np.abs(way), 1e-9)).min()  # the share of it inside a box
        arrow.set_positions(start + rim * way, start + (1 - rim) * way)
        arrow.set(linestyle="--" if edge.back else "-", linewidth=2 if edge.lit else 0.8)
        arrow.set(color=color, visible=edge.lit is not None and np.isfinite(rim), mutation_scale=13)
        if edge.text and arrow.get_visible():
            aside = 4 + abs(left) @ (word(edge.text).vertices[:, 0].max(), 6)
            said.append((word(edge.text), start + way / 2 + aside * left, color))
    words.set(**dict(zip(("paths", "offsets", "facecolors"), zip(*said))))
