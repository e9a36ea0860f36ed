"""What a page without a kernel shows of an explorer: a frame for every place of its controls.

A frame is what ``compute`` and the canvas make of one set of values: a picture and a sentence. The
picture at the start is stored whole and lies under the others, of which only what changed is kept.
Controls that tell the story together are swept together, in a *grid*; every other control is swept
alone, with the rest at their start. What a learner can then reach is the sum of these sweeps, not
their product: some hundred pictures instead of millions.
"""

import hashlib
from functools import reduce
from io import BytesIO
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np
from PIL import Image

from scenes.sliders import Choice, Slider

MOST = 41  # places of a slider that moves alone
GRID = 170  # places of a grid, all its controls together


class Sweep(NamedTuple):
    """Controls that move together, and for each the values that it takes."""

    names: tuple
    values: tuple

    def combinations(self):
        """Each as a dictionary, the last control fastest."""
        return (dict(zip(self.names, each)) for each in product(*self.values))


def places(spec, most):
    """At most so many values of a control, evenly spaced from its start; all of a choice.

    The start and both ends are always among them.
    """
    if isinstance(spec, Choice):
        return spec.options
    low, start, high = (round(v / spec.step) for v in (spec.low, spec.value, spec.high))
    for stride in range(1, high - low + 1):
        inner = {*range(start, low, -stride), *range(start, high, stride)}
        if len(found := sorted({low, start, high} | inner)) <= most:
            break
    else:
        found = sorted({low, start, high})
    return tuple(map(spec.at, found))


def controls(specs):
    """Those that move pictures: a guess does not."""
    return {name: s for name, s in specs.items() if isinstance(s, Slider | Choice)}


def sweeps(specs, together=(), most=MOST, grid_most=GRID):
    """The grid of the controls ``together``, and each control alone unless the grid has it all.

    Without ``together`` all controls are in one grid if it has few enough places, else none.
    most, grid_most : how many places a slider alone has, and a grid (more where its choices have).
    Raises ValueError for a name that is no control.
    """
    specs = controls(specs)
    if unknown := set(together) - set(specs):
        raise ValueError(f"{', '.join(sorted(unknown))}: expected one of {', '.join(specs)}")
    if not together and prod(len(places(spec, most)) for spec in specs.values()) <= grid_most:
        together = tuple(specs)
    choices = prod(len(specs[n].options) for n in together if isinstance(specs[n], Choice))
    sliding = {name for name in together if isinstance(specs[name], Slider)}
    grid = {name: places(specs[name], most) for name in together}
    for fewer in range(most, 2, -1):  # at last three: both ends and the start
        if choices * prod(len(grid[name]) for name in sliding) <= grid_most:
            break
        grid |= {name: places(specs[name], fewer) for name in sliding}
    found = [Sweep(tuple(grid), tuple(grid.values()))] if grid else []
    for name, spec in specs.items():
        if len(alone := places(spec, most)) > len(grid.get(name, ())):
            found.append(Sweep((name,), (alone,)))
    return found


def within(specs, values):
    """``values``, those that others limit at most at their limit: as the notebook's sliders."""
    values = dict(values)
    for name, spec in specs.items():
        if isinstance(spec, Slider) and spec.upto:
            values[name] = min(values[name], max(spec.low, spec.upto(**values)))
    return values


def pixels(png):
    """A PNG file as an array (rows, columns, 4), opaque."""
    return np.array(Image.open(BytesIO(png)).convert("RGBA"))


def changed(picture, base):
    """``picture`` over ``base`` as a lossless WebP file, transparent where they agree.

    It keeps a rim of two equal pixels: shown smaller, neighbouring pixels are mixed, and at the rim
    of a hole they mix with what lies under it. Where most has changed, the whole is smaller.
    """
    new = grown(picture.view("<u4")[..., 0] != base.view("<u4")[..., 0], 2)
    over = lossless(np.where(new[..., None], picture, np.uint8(0)))
    return over if new.mean() < 0.2 else min(over, lossless(picture), key=len)


def grown(mask, rim):
    """``mask`` with a rim of so many pixels around it."""
    wide = np.pad(mask, rim)
    for axis in (0, 1):
        wide = reduce(np.logical_or, (np.roll(wide, n, axis) for n in range(-rim, rim + 1)))
    return wide[rim:-rim, rim:-rim]


def lossless(picture):
    """Pixels as a lossless WebP file: two thirds of the bytes of a PNG."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "webp", lossless=True, quality=60, method=3)
    return file.getvalue()


def name_of(file):
    """What a picture is called: by its content, so that equal ones are stored once."""
    return hashlib.sha256(file).hexdigest()[:16] + ".webp"


class Frame(NamedTuple):
    """One picture and its sentence; ``moved`` are the controls that a limit holds elsewhere."""

    picture: str
    sentence: str
    moved: dict


def manifest(explorer, together, keep, **most):
    """All frames of an explorer as `explorer.js` reads them: lists, numbers and text.

    keep : called with the name and the bytes of every picture. most : see ``sweeps``.

    ``pictures`` are ordered by size,
    each with its kB. A group has the places of each of its controls, as numbers in the control's
    ``values``, and a frame for each combination. A frame is a picture and a sentence, as numbers in
    those lists, and what a limit moves: places by the control's number. The first frame is the
    start, whose picture lies under the others.
    """
    specs, sizes, known = controls(explorer.specs), {}, {}
    base = pixels(explorer.canvas.png(explorer.compute(**explorer.start)))

    def frame(values):
        wanted = explorer.start | values
        real = within(explorer.specs, wanted)
        key = tuple(real.values())
        if key not in known:
            record = explorer.compute(**real)
            picture = pixels(explorer.canvas.png(record))
            file = changed(picture, base) if known else lossless(picture)
            picture = name_of(file)
            keep(picture, file)
            sizes[picture] = len(file)
            known[key] = picture, record.sentence
        return Frame(*known[key], {n: v for n, v in real.items() if v != wanted[n]})

    groups = sweeps(explorer.specs, together, **most)
    frames = [frame({}), *(frame(values) for group in groups for values in group.combinations())]
    seen = [explorer.start, *(f.moved for f in frames)]
    seen += [{name: v} for g in groups for name, vs in zip(g.names, g.values) for v in vs]
    values = {name: _seen(name, spec, seen) for name, spec in specs.items()}
    pictures = sorted(sizes, key=lambda name: (sizes[name], name))
    sentences = list(dict.fromkeys(f.sentence for f in frames))
    names = list(specs)
    return dict(
        controls=[_control(n, s, values[n], explorer.start[n]) for n, s in specs.items()],
        groups=[
            dict(
                controls=[names.index(n) for n in group.names],
                places=[[values[n].index(v) for v in vs] for n, vs in zip(*group)],
            )
            for group in groups
        ],
        frames=[
            [pictures.index(f.picture), sentences.index(f.sentence)]
            + [{names.index(n): values[n].index(v) for n, v in f.moved.items()}] * bool(f.moved)
            for f in frames
        ],
        pictures=[[name, round(sizes[name] / 1000, 1)] for name in pictures],
        sentences=sentences,
    )


def _seen(name, spec, seen):
    if isinstance(spec, Choice):
        return list(spec.options)
    return sorted({values[name] for values in seen if name in values})


def _control(name, spec, values, start):
    if isinstance(spec, Choice):
        return dict(name=name, values=[*map(str, values)], start=values.index(start))
    how = dict(name=name, values=values, start=values.index(start), play=spec.play or 150)
    return how | dict(low=spec.low, high=spec.high, step=spec.step)
