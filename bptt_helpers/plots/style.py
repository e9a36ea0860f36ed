"""One visual language: what a colour means in every picture.

The palette is that of Okabe and Ito (2008), which colour-blind readers can tell apart.
"""

FORWARD = "#0072B2"  # states, and all that runs forward in time
BACKWARD = "#D55E00"  # gradients, and all that runs backward
WEIGHT = "#009E73"  # W_h
TRUNCATION = "#CC79A7"  # what a cut drops or keeps
LOSS = "#E69F00"
REFERENCE = "#000000"  # what a curve is held against
QUIET = "#767676"

PLATE = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2}  # behind a text

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
    "figure.constrained_layout.w_pad": 0.12,
    "lines.linewidth": 2,
}


def span(ax, x=None, y=None):
    """Set the limits of ``ax`` only where they change: a change costs a full redraw."""
    if x is not None and tuple(x) != ax.get_xlim():
        ax.set_xlim(x)
    if y is not None and tuple(y) != ax.get_ylim():
        ax.set_ylim(y)
