"""What stands at the axes, in the titles and in the legends, written down by hand.

Each name was read against what the curve is: no file that a command writes can hide a wrong one.
"""

import pytest
from scene_list import PICTURES
from tour import tour

pytestmark = pytest.mark.pictures

NAMES = {"#0072B2": "blue", "#D55E00": "orange-red", "#009E73": "green", "#CC79A7": "pink"}
NAMES |= {"#E69F00": "yellow", "#000000": "black", "#767676": "grey"}
UNITS = "unit 1", "unit 2"

# A panel: a piece of its title, both axes, and each label with its colour and line.
LOG_SIZE = "log$_{10}$ |dh$_T$/dh$_1$|"
PANELS = {
    "01-course": [("what is left of a gradient of 1", "unit", "")],
    "01-step_size": [
        ("L(h2), from h2 − ε to h2 + ε", "h2", ""),
        ("log$_{10}$ of the error", "log$_{10}$ ε", ""),
    ],
    "02-experiment": [("20 seeds", "trained with this gradient", "explained, %")],
    "04-one_unit": [("log$_{10}$ of what is left", "step", "")],
    "04-layouts": [("D$_t$ W$_h$, the Jacobian", *UNITS), ("W$_h$$^T$ D$_t$, as in", *UNITS)],
    "05-decay": [
        ("gradient left, r$^k$", "steps back, k", ""),
        ("the same as log$_{10}$ |r$^k$|", "steps back, k", ""),
    ],
    "06-total": [("", "step (at −5: that or less)", "left, log$_{10}$")],
    "06-direction": [
        ("share of lags 0 to j", "j", ""),
        ("on its way to G", "along G, / |G|", "aside, / |G|"),
    ],
    "07-bias": [("length / full length", "K", ""), ("angle to it, in degrees", "K", "")],
    "08-links": [("local derivatives", "h2", "")],
    "08-kept": [("lags below K, %", "K", "")],
    "09-plane": [("two sliders", "W$_h$", "tanh'"), ("comes to rest", "W$_h$", "state h")],
    "09-starts": [
        ("where it ends: h$_T$", "start h$_1$", ""),
        ("log$_{10}$ |dh$_T$/dh$_1$|", "start h$_1$", ""),
        ("log$_{10}$ |dh$_t$/dh$_1$|", "step t", ""),
    ],
    "09-fold": [
        ("next state over state", "s, the sum of the states", ""),
        ("log$_{10}$ of the gradient", "steps back, j", ""),
    ],
    "09-few": [("gradient above M", "log$_{10}$ M", "log$_{10}$ of the share")],
    "09-fifty": [
        ("rate a step (natural log)", "gain", ""),
        ("log$_{10}$ of the gradient", "steps back, j", ""),
    ],
    "10-growth": [
        ("one step back", "for unit 1", "for unit 2"),
        ("many steps back: length", "steps back, j", ""),
    ],
    "10-network": [
        ("where the network is", *UNITS),
        ("log$_{10}$ of what is kept", "steps back, j", ""),
    ],
    "10-hundred_steps": [("singular values of dh$_T$/dh$_{T-j}$", "steps back, j", "")],
    "11-training": [
        ("while it trains", "steps of the sequence", "0: perfect, 1: nothing"),
        ("for each K, after so many steps", "K (dotted: K = lag)", ""),
    ],
    "11-recording": [("test error on the EEG", "what the network may do", "error / same as last")],
    "11-passes": [
        ("test error while it trains", "passes over the recording", "error / same as last"),
        ("test error for each K", "K", ""),
    ],
    "11-steps_back": [("recall the first of T inputs", "updates", "networks of 20")],
    "12-sign": [("gradient for w, by input", "steps back", ""), ("loss over that of w", "w", "")],
    "12-bias": [
        ("log$_{10}$ of the error / full length", "K", ""),
        ("angle to the full gradient, degrees", "K", ""),
    ],
    "12-threshold": [
        ("signs right", "K", ""),
        ("best read-out", "K", ""),
        ("places with credit", "K", ""),
    ],
    "12-random_cut": [
        ("spread / mean, one draw", "T", "log$_{10}$"),
        ("error, M averaged", "log$_{10}$ M", "log$_{10}$"),
        ("draws like chunks", "r", "log$_{10}$"),
    ],
    "13-ladder": [
        (f"{LOG_SIZE}, and bit / noise in h$_T$", "noise", ""),
        ("named rightly after training, %", "noise", ""),
    ],
    "13-adam": [(LOG_SIZE, "update", ""), ("right answers, per cent", "update", "")],
    "13-before_after": [("the same after training", f"{LOG_SIZE} before training", "")],
    "13-cliff": [
        ("the map: b over W$_h$", "W$_h$", "b"),
        ("h$_T$ over b at the start's W$_h$", "b", ""),
        ("log$_{10}$ loss", "update", ""),
    ],
    "13-lengths": [("thrown, per cent", "T", "")],
    "13-gates": [
        ("factor a step", "value that is held", ""),
        ("log$_{10}$ of what is left", "steps back, j", ""),
    ],
    "14-trial": [
        ("log$_{10}$ of the relative error", "exhibit", ""),
        ("angle to the true gradient, degrees", "exhibit", ""),
    ],
    "14-growth": [
        ("log$_{10}$ added share", "steps back", ""),
        ("log$_{10}$ error", "T", ""),
        ("angle, degrees", "T", ""),
    ],
}
LABELS = {
    "01-step_size": {
        "L(h2)": "blue -",
        "measured slope": "orange-red --",
        "complex step": "black -",
        "forward difference": "grey :",
        "central difference": "orange-red --",
    },
    "02-experiment": {"you said": "yellow --", "median": "black -"},
    "04-layouts": {
        "dL/dh$_4$, back to dL/dh$_1$": "orange-red -",
        "dL/dh$_4$": "orange-red ",
        "dL/dh$_1$, measured": "black ",
    },
    "05-decay": {
        "a real unit": "black --",
        "as the sliders say": "orange-red -",
        "½ left": "grey -.",
        "1 % left": "grey :",
    },
    "06-direction": {
        "by size": "black --",
        "along G": "orange-red -",
        "G, the whole gradient": "green ",
    },
    "07-bias": {"chunks": "pink -", "sliding window": "blue --", "full BPTT": "black :"},
    "08-links": {
        "dL/dh3": "yellow -",
        "dh3/dh2": "orange-red --",
        "A": "grey :",
        "B": "grey -.",
        "C": "grey -",
    },
    "08-kept": {
        "K = 5": "pink :",
        "network A": "orange-red -",
        "network B": "black --",
        "network C": "grey -.",
    },
    "09-plane": {
        "no stable unit": "grey fill",
        "real, from 0 to this W$_h$": "blue -",
        "as the sliders say": "orange-red ",
        "the real unit": "black ",
        "can rest, stable": "black -",
        "can rest, unstable": "black :",
        "ends here": "blue ",
    },
    "09-starts": {
        "any start": "blue -",
        "its gradient": "orange-red -",
        "the marked start": "black ",
        "21 other starts": "grey -",
        "marked starts of 20 seeds": "orange-red -",
    },
    "09-fold": {
        "the steps of one run": "grey -",
        "one unit": "black --",
        "two units": "blue -",
        "two units, 20 starts": "orange-red -",
        "one unit, 20 starts": "black ",
        "next = now": "grey :",
    },
    "09-few": {
        "the bound 1/M": "black --",
        "20 random units and inputs": "grey -",
        "W$_h$ = 2, no input, T = 21": "orange-red -",
    },
    "09-fifty": {
        "no input, 20 networks": "grey ",
        "input 1, 20 networks": "blue ",
        "eigenvalues": "black --",
        "this network": "orange-red ",
        "the gradient": "orange-red -",
    },
    "10-growth": {
        "its radii: the singular values": "green -",
        "eigenvalues alone: radius$^j$": "black --",
        "the longest gradient": "orange-red -",
    },
    "10-network": {
        "states $h_1$ to $h_T$": "blue ",
        "$h_T$": "blue ",
        "singular values of W$_h$": "green fill",
        "eigenvalues": "black --",
        "largest": "orange-red -",
        "smallest": "orange-red :",
    },
    "10-hundred_steps": {
        "all of them, right": "orange-red -",
        "svd of the product": "grey ",
        "length of one gradient": "black --",
    },
    "11-training": {
        "middle half of 20 seeds": "green fill",
        "W$_h$ frozen": "black --",
        "W$_h$ trained": "green -",
        "the least possible": "pink :",
    },
    "11-recording": {
        "one seed": "grey ",
        "same as last": "grey :",
        "linear, 1 sample": "black -.",
        "linear, 2 samples": "black --",
    },
    "11-passes": {
        "least to most": "yellow fill",
        "mean of 20 seeds": "yellow -",
        "same as last": "grey :",
        "linear, 2 samples": "black --",
    },
    "11-steps_back": {
        "T = 10": "blue -",
        "T = 20": "green -",
        "T = 30": "yellow -",
        "T = 50": "orange-red -",
    },
    "12-sign": {
        "no cut": "orange-red -",
        "chunks of K": "pink ",
        "signs differ": "grey fill",
        "start": "black ",
    },
    "12-bias": {
        "chunks of K": "pink -",
        "sliding window of K": "orange-red --",
        "falls like 1/K": "grey :",
        "90°: gains nothing": "black :",
        "10$^{-6}$ or less": "black -.",
    },
    "12-threshold": {
        "W$_h$ trained": "green -",
        "W$_h$ frozen": "grey --",
        "chance": "black :",
        "reaches W$_h$": "pink -",
        "reaches W$_x$": "pink :",
        "blown up": "black -.",
    },
    "12-random_cut": {
        "cut at random": "orange-red -",
        "chunks of 1/c": "pink --",
        "no number is enough": "black :",
        "as close": "black ",
    },
    "13-ladder": {
        "backward": "orange-red -",
        "forward": "blue -",
        "each network": "grey ",
        "learned, share of 20": "green -",
    },
    "13-adam": {"20 networks": "grey -", "their median": "orange-red -, green -"},
    "13-before_after": {"unchanged": "black --", "does not recall": "grey ", "recalls": "green "},
    "13-cliff": {
        "h$_T$ above −0.9, −0.5, 0, 0.4, 0.9": "blue fill",
        "loss 0": "yellow -",
        "not clipped": "orange-red -",
        "clipped": "black --",
        "start": "black ",
    },
    "13-lengths": {
        "rate 0.01": "grey -",
        "rate 0.02": "blue --",
        "rate 0.05": "black -.",
        "rate 0.1": "green :",
        "rate 0.2": "orange-red -",
    },
    "13-gates": {
        "tanh unit": "orange-red -",
        "r = 0.72": "orange-red -",
        "gate, bias 0": "green :",
        "gate, bias 1": "green -.",
        "gate, bias 2": "green --",
        "gate, bias 4": "green -",
    },
    "14-trial": {"error shows": "orange-red ", "passes the test": "grey "},
    "14-growth": {"true": "black --", "exhibit": "orange-red -", "90°": "grey :"},
}
WORDS = {  # what stands in boxes and over them, at the start
    "03-two_sums": "Across a row: the uses that one loss $L_t$ reaches",
    "04-one_unit": "dh_10/dh_8: 2 links back, ",
    "06-total": "loss 10, use 5: multiplied out, ",
    "08-table": "what each loss says about each use of $W_h$",
}


def panels(record):
    return getattr(getattr(record, "beside", None) or record, "panels", ())


@pytest.mark.parametrize("name", PANELS)
def test_titles_and_axes(name):
    for visit in tour(name):
        for stop in visit.stops:
            for panel, (title, x, y) in zip(panels(stop.record), PANELS[name], strict=True):
                assert title in panel.title and (panel.xlabel, panel.ylabel) == (x, y)


@pytest.mark.parametrize("name", LABELS)
def test_labels_and_their_colours(name):
    for visit in tour(name):
        for stop in visit.stops:
            found = {}
            for curve in (c for panel in panels(stop.record) for c in panel.curves if c.label):
                found.setdefault(curve.label, {})[f"{NAMES[curve.color]} {curve.line}"] = True
            looks = {label: ", ".join(each) for label, each in found.items()}
            assert looks == LABELS[name], stop.values


def test_every_label_has_its_line_above():
    """And every picture with axes its titles, but for those of notebooks 15 to 17."""
    drawn = {name for name in PICTURES if name < "15" and panels(tour(name)[0].opened)}
    assert drawn <= PANELS.keys()
    for name in PANELS.keys() - LABELS.keys():
        assert not any(c.label for v in tour(name) for p in panels(v.opened) for c in p.curves)
    assert PANELS.keys() | LABELS.keys() | WORDS.keys() <= set(PICTURES)


@pytest.mark.parametrize("name", WORDS)
def test_captions(name):
    record = tour(name)[0].opened
    caption = (getattr(record, "beside", None) or record).caption
    assert caption.startswith(WORDS[name])


def test_maps():
    for name, titles in (("06-total", ["norm of each term"]), ("07-schedule", None)):
        for stop in tour(name)[0].stops:
            found = [shown.title for shown in stop.record.maps]
            assert found == (titles or ["chunks", "sliding window"])
    assert tour("07-schedule")[0].opened.scale == "share of the largest"


def test_the_full_gradient_is_once_as_long_as_itself_and_no_degree_off():
    for stop in tour("07-bias")[0].stops:
        length, angle = (panel.curves[2] for panel in stop.record.panels)
        assert (length.label, length.x, length.y) == ("full BPTT", None, 1)
        assert (angle.label, angle.x, angle.y) == ("full BPTT", None, 0)


def test_ticks_over_log_k_say_k_and_the_note_is_the_end_of_the_largest_curve():
    for panel in tour("07-bias")[0].opened.panels:
        places, labels = panel.ticks
        assert [10**place for place in places] == pytest.approx([float(text) for text in labels])
    for stop in tour("10-network")[0].stops:
        panel = stop.record.panels[1]
        (largest,) = (curve for curve in panel.curves if curve.label == "largest")
        said = float(panel.note.removeprefix("largest 10^"))
        assert said == pytest.approx(largest.y[-1], rel=6e-3, abs=6e-3)
