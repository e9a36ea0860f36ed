"""Every picture is visited once, at every end of every control; the tests look at what was seen.

Drawing is what tests of pictures spend their time on, and a visited explorer holds 20 MB: what is
kept of a stop is small.
"""

from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
from describe import shown
from legible import around, crowded, unreadable
from scene_list import PICTURES, far, sent, within

from bptt_helpers.plots import graph
from scenes.sliders import explorers


class Stop(NamedTuple):
    name: str  # the control that was moved; empty at the start, and where all were
    value: object
    values: dict
    record: NamedTuple
    pixels: int  # a checksum
    contrast: int
    limits: tuple  # of all axes
    lines: tuple  # the description
    problems: tuple  # what cannot be read


class Visit(NamedTuple):
    specs: dict
    start: dict
    picture: str  # lines, graph or heat
    first: bytes  # the PNG file that was made when nothing had been moved yet
    opened: NamedTuple  # the record of that
    stops: tuple  # the first is the start
    last: bytes  # the PNG file of the start once more, after all stops
    closed: NamedTuple


@lru_cache(None)
def tour(name):
    """The visits of the explorers of one picture."""
    return tuple(map(visit, explorers(PICTURES[name])))


def visit(explorer):
    stops = [stop(explorer, "", None, explorer.start)]
    moves = [(name, v, {name: v}) for name, values in far(explorer).items() for v in values]
    for i in (0, -1) if explorer.specs else ():
        moves.append(("", None, {name: values[i] for name, values in far(explorer).items()}))
    for name, value, moved in moves:
        stops.append(stop(explorer, name, value, within(explorer, moved), stops[-1].limits))
    picture = explorer.canvas.picture.__name__.rpartition(".")[2]
    again = explorer.compute(**explorer.start)
    last = explorer.canvas.png(again)
    first = sent(explorer), explorer.record
    return Visit(explorer.specs, explorer.start, picture, *first, tuple(stops), last, again)


def stop(explorer, name, value, values, before=()):
    """``before``: the limits at the last stop."""
    canvas, record = explorer.canvas, explorer.compute(**values)
    pixels = canvas.render(record)
    seen = crc32(pixels), int(np.ptp(pixels[::3, ::3, :3]))
    problems = crowded(canvas)
    if canvas.picture is graph:
        problems += unreadable(canvas, record, pixels)
    axes = canvas.figure.findobj(lambda a: hasattr(a, "get_xlim"))
    limits = tuple((*ax.get_xlim(), *ax.get_ylim()) for ax in axes)
    if limits != before:  # only then do ticks move
        problems += around(canvas)
    lines = tuple(shown(canvas, record))
    return Stop(name, value, values, record, *seen, limits, lines, tuple(problems))
