import io
from types import SimpleNamespace

import matplotlib.style
import numpy as np
import pytest
from matplotlib import image

from bptt_helpers.plots import lines
from bptt_helpers.plots.canvas import Canvas
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.palette import Palette


def record(height, limit=1.0):
    curves = (Curve(np.arange(5), np.full(5, height), "level", marker="o"),)
    panel = Panel("a", "k", curves, f"{height:.2f}", xlim=(-1, 5), ylim=(-0.1, limit))
    return Lines((panel,), f"height {height}")


def fresh(shown):
    return Canvas(lines, shown, (4, 3)).render(shown).copy()


def read_back(file):
    return (image.imread(io.BytesIO(file), format="png") * 255).round().astype(int)[..., :3]


def test_the_png_has_the_colours_of_the_pixels():
    moved = Canvas(lines, record(0.2), (4, 3))
    for height in (0.2, 0.7):
        drawn = moved.render(record(height))
        pixels = drawn[..., :3].astype(int)
        apart = np.abs(read_back(moved.palette.png(drawn)) - pixels).max(-1)
        assert (apart > 8).mean() < 1e-4, "all but a few pixels at the edge of a curve"
        assert apart[pixels.min(-1) == 255].max() == 0, "white stays white"


def test_a_palette_keeps_what_covers_most_and_the_nearest_of_the_rest():
    background = np.full((40, 40, 4), 255, np.uint8)
    levels = np.arange(0, 256, 8, dtype=np.uint8)
    pixels = background.copy()
    pixels[:32, :32, 0], pixels[:32, :32, 1] = np.meshgrid(levels, levels)
    pixels[33:, :, :3] = 0, 0, 255
    back = read_back(Palette(background).png(pixels))
    assert np.array_equal(back[33:], pixels[33:, :, :3]), "one colour on many pixels"
    assert np.array_equal(back[32], pixels[32, :, :3]), "the background"
    kept = np.unique(back.reshape(-1, 3), axis=0)
    assert len(kept) == 256
    levels = np.stack([levels * 255 // most for levels, most in _levels(pixels)], -1)
    apart = np.square(levels[..., None, :] - kept).sum(-1)
    assert np.array_equal(np.square(levels - back).sum(-1), apart.min(-1)), "the nearest one"


def _levels(pixels):
    red, green, blue, _ = np.moveaxis(pixels.astype(int), -1, 0)
    return (red >> 3, 31), (green >> 2, 63), (blue >> 3, 31)


def test_the_same_pixels_give_the_same_file_whatever_came_before():
    moved = Canvas(lines, record(0.2), (4, 3))
    before = moved.png(record(0.2))
    assert moved.png(record(0.9, limit=2.0)) != before
    assert moved.png(record(0.2)) == before


def test_a_moved_picture_equals_one_drawn_afresh():
    moved = Canvas(lines, record(0.2), (4, 3))
    before = moved.render(record(0.2)).copy()
    assert not np.array_equal(before, moved.render(record(0.7)))
    assert np.array_equal(moved.render(record(0.7)), fresh(record(0.7)))
    assert np.array_equal(moved.render(record(0.2)), before)


def test_only_moved_limits_cost_a_full_drawing(monkeypatch):
    moved = Canvas(lines, record(0.2), (4, 3))
    calls = []
    monkeypatch.setattr(moved, "agg", SimpleNamespace(draw=lambda: calls.append(1), **_kept(moved)))
    for height in (0.3, 0.4, 0.5):
        moved.render(record(height))
    assert calls == []
    moved.render(record(0.5, limit=2.0))
    assert calls == [1]
    moved.render(record(0.6, limit=2.0))
    assert calls == [1]


def _kept(moved):
    names = ("restore_region", "copy_from_bbox", "buffer_rgba")
    return {name: getattr(moved.agg, name) for name in names}


def test_a_picture_is_sharp():
    shown = record(0.5)
    assert Canvas(lines, shown, (4, 3)).shape == (400, 300)
    assert fresh(shown).shape == (600, 800, 4)


@pytest.mark.parametrize(
    "style", [{"text.usetex": True}, "dark_background", {"lines.linewidth": 9, "font.size": 30}]
)
def test_a_style_that_the_user_has_set_does_not_reach_a_picture(style):
    plain = fresh(record(0.5))
    before = fresh(record(0.4, limit=2.0))
    with matplotlib.style.context(style):
        assert np.array_equal(fresh(record(0.5)), plain), "drawn under that style"
    moved = Canvas(lines, record(0.5), (4, 3))
    with matplotlib.style.context(style):
        assert np.array_equal(moved.render(record(0.4, limit=2.0)), before), "moved under it"


@pytest.mark.parametrize("height", [0.0, np.nan, np.inf, 1e20, -1e-300])
def test_any_number_gives_a_picture(height):
    assert fresh(record(height)).shape == (600, 800, 4)
