"""One visual language: what a colour means in every picture.

The palette is that of Okabe and Ito (2008), which colour-blind readers can tell apart.
"""

import re
from contextlib import nullcontext
from functools import lru_cache

import numpy as np
from matplotlib import path, rc_context, rcParams, rcParamsDefault, textpath

FORWARD = "#0072B2"  # states, and all that runs forward in time
BACKWARD = "#D55E00"  # gradients, and all that runs backward
WEIGHT = "#009E73"  # W_h
TRUNCATION = "#CC79A7"  # what a cut drops or keeps
LOSS = "#E69F00"
REFERENCE = "#000000"  # what a curve is held against
QUIET = "#767676"

RC = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titley": 1.0,  # where it is anyway: looking for a place costs a tenth of a full drawing
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "legend.frameon": False,
    "figure.constrained_layout.w_pad": 0.16,
    "lines.linewidth": 2,
}
NOT_STYLE = "backend", "backend_fallback", "interactive", "toolbar"
DEFAULT = {name: value for name, value in rcParamsDefault.items() if name not in NOT_STYLE}


def styled(new=True):
    """A context in which pictures look as they should, whatever style the user has set. What is
    not ``new`` has its style already: there it costs nothing, as long as the user has set none."""
    if not new and all(dict.get(rcParams, name) == value for name, value in DEFAULT.items()):
        return nullcontext()
    return rc_context(DEFAULT | RC)


def span(ax, x, y):
    """Set the limits of ``ax`` only where they change: a change costs a full redraw."""
    if (*x, *y) != (*ax.get_xlim(), *ax.get_ylim()):
        ax.set(xlim=x, ylim=y)


@lru_cache(2**9)
def word(text, size=11):
    """One line of text as an outline with its middle at (0, 0): ten times as fast as a Text, and a
    new number as fast as an old one, since the outline of each letter is kept."""
    text = re.sub(r"(?<=_\{\d)(?=\d)", "}$$_{", text.strip())  # $h_{35}$ is made of $h_{3}$ and 5
    pieces = [_letter(piece, size) for piece in re.findall(r"\$.*?\$ *|. *", text)]
    starts = np.cumsum([0, *(width for _, width in pieces)])
    vertices = np.concatenate([p.vertices + (x, 0) for (p, _), x in zip(pieces, starts)])
    codes = np.concatenate([p.codes for p, _ in pieces])
    return path.Path(vertices - (vertices[:, 0].max() / 2, 0), codes)


@lru_cache(2**10)
def _letter(text, size):
    """The outline of a letter, or of a formula in dollars, and how far it pushes what follows."""
    outline, pushed, bar = (
        textpath.TextPath((0, -0.36 * size), each, size) for each in (text, text + "|", "|")
    )
    return outline, pushed.vertices[:, 0].max() - bar.vertices[:, 0].max()
