"""The film of notebook 2: the numbers in its captions, its length, and the file that is stored."""

import math
import re
import subprocess
from functools import cache

import film
import nbformat
import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

pytestmark = pytest.mark.pictures

X, TARGETS = (1.0, -0.5, 0.8, -0.6, 0.5, 0.2), (0.0, 1.0, -0.5, 0.8, -0.6, 0.5)
NUDGE = 1e-6
SMALL = 320, 180  # size at which stored frames are compared


@cache
def frames():
    return [film.frame_at(index / film.FPS) for index in range(film.FRAMES)]


def losses(W_h, h=0.0, start=0):
    """L_t from step start + 1 on, after the state h, with a W_h of its own for every step."""
    found = []
    for w, x, target in list(zip(W_h, X, TARGETS))[start:]:
        h = math.tanh(w * h + 0.8 * x + 0.1)
        found.append((1.2 * h - target) ** 2 / 2)
    return np.array(found)


def states():
    h = [0.0]
    for x in X:
        h.append(math.tanh(0.9 * h[-1] + 0.8 * x + 0.1))
    return h


def pairs(T, h_0=0.0):
    """(T, T): how loss t answers to a nudge of the W_h of step k alone."""
    columns = []
    for k in range(T):
        up, down = (losses(0.9 + s * NUDGE * (np.arange(T) == k), h_0) for s in (1, -1))
        columns.append((up - down) / (2 * NUDGE))
    return np.array(columns).T


def delta(t):
    """How L_6 answers to a nudge of h_t."""
    if t == 6:
        return 1.2 * (1.2 * states()[6] - TARGETS[5])
    up, down = (losses([0.9] * 6, states()[t] + s * NUDGE, t)[-1] for s in (1, -1))
    return (up - down) / (2 * NUDGE)


def numbers(caption):
    return [float(n) for n in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-\d+)?", caption)]


def unraised(caption):
    """0.72³ as 0.72 3, and 7.5 · 10⁻¹⁵ as 7.5e-15."""
    for i, digit in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹"):
        caption = re.sub(f"(?<=0.72){digit}", f" {i}", caption).replace(digit, str(i))
    return caption.replace(" · 10⁻", "e-")


def shown(caption_of):
    """The places and captions of the film that this function of it writes."""
    found = {f.place: f.caption for f in frames() if film.SHOTS[f.shot].caption is caption_of}
    assert found
    return found.items()


def test_layers_are_those_that_stand_there():
    for steps, caption in shown(film.layers):
        record = film.unrolling(steps)
        there = sum(n.lit is not None and n.text.startswith("$x_") for n in record.nodes)
        assert numbers(caption) == [there] == [steps]


def test_states():
    for t, caption in shown(film.state):
        of, total, *terms, result = numbers(caption.translate(str.maketrans("₁₂₃₄₅₆", " " * 6)))
        w, before, v, x, b = terms
        assert total == 6 and of == t and (w, v, x, b) == (0.9, 0.8, X[t - 1], 0.1)
        assert before == round(states()[t - 1], 2) and result == round(states()[t], 2)


def test_the_loss_and_the_gradient_that_fades():
    ((_, caption),) = shown(film.judged)
    assert numbers(caption) == [round(losses([0.9] * 6)[-1], 3)]
    first, *others = (caption for _, caption in shown(film.faded))
    assert numbers(first) == [round(delta(6), 3)]
    for t, caption in zip(range(5, 0, -1), others, strict=True):
        factor, left = numbers(caption)
        assert f"to h{'₀₁₂₃₄₅₆'[t]}:" in caption
        assert factor == round(delta(t) / delta(t + 1), 2)
        assert left == float(f"{100 * delta(t) / delta(6):.2g}")


def test_uses_and_their_sum():
    for T, caption in shown(film.dropped):
        loss, up_to, *uses = numbers(caption)
        assert loss == up_to == T and uses == pairs(T, 0.5).sum(0).round(2).tolist()
    ((T, caption),) = shown(film.shared)
    assert numbers(caption) == [round(pairs(T, 0.5).sum(), 3)]


def test_what_is_left_of_a_gradient():
    places = shown(film.left_after)
    assert [k for k, _ in places] == [*range(1, 20), 99]
    for k, caption in places:
        w, slope, *r, power, left = numbers(unraised(caption))
        assert (w, slope, *r, power) == (0.9, 0.8, 0.72, 0.72, k)
        per_cent = 100 if "%" in caption else 1
        assert math.isclose(left, per_cent * math.prod([0.72] * k), rel_tol=0.05)


def test_chunks_cut_the_sum():
    t, k = np.ogrid[:6, :6]
    whole, kept = pairs(6), np.where(t // 3 == k // 3, pairs(6), 0)
    for place, caption in shown(film.cut):
        back_to = 14 - place
        K, so_far, *uncut = numbers(caption)
        assert K == 3 and so_far == round(kept[:, back_to - 1 :].sum(), 3)
        assert uncut == ([round(whole.sum(), 3)] if back_to == 1 else [])


def uses_reached(K, t):
    """By the loss at t, in chunks and in a sliding window."""
    steps = range(1, t + 1)
    return (
        sum((k - 1) // K == (t - 1) // K for k in steps),
        sum(t - k < K for k in steps),
    )


def test_pairs_that_truncation_keeps():
    for (K, t), caption in shown(film.reached):
        assert numbers(caption) == [100, K, t, *uses_reached(K, t)]
    for (K, _), caption in shown(film.kept):
        counts = np.sum([uses_reached(K, t) for t in range(1, 101)], axis=0)
        assert numbers(caption) == [K, *(100 * counts / 5050).round(1)]


def test_it_takes_a_minute_and_a_half():
    assert 60 <= film.SECONDS <= 90
    assert all(round(s.seconds * film.FPS, 6) % 1 == 0 for s in film.SHOTS)
    assert numbers(frames()[0].caption) == [round(film.SECONDS)]
    assert [f.shot for f in frames()] == sorted(f.shot for f in frames())
    assert {f.shot for f in frames()} == set(range(len(film.SHOTS)))
    assert film.frame_at(1e9).caption == frames()[-1].caption


def test_captions_are_large_and_have_room():
    assert film.LETTERS * 390 / film.WIDTH > 12  # pixels, on a phone
    for caption in {f.caption for f in frames()}:
        rows = caption.split("\n")
        assert len(rows) <= 2 and max(map(film.font().getlength, rows)) < film.WIDTH - 40
        assert not any(film.font().getmask(c).getbbox() is None for c in set(caption) - set(" \n"))


@pytest.fixture(scope="module")
def drawn():
    """The last picture of every shot."""
    last = {f.shot: f for f in frames()}
    return {number: np.asarray(film.drawn(f)) for number, f in last.items()}


def test_a_picture_has_its_size_and_a_white_rim(drawn):
    for number, pixels in drawn.items():
        assert pixels.shape == (720, 1280, 3)
        rim = np.concatenate([pixels[:3], pixels[-3:], *np.split(pixels, [3, 1277], 1)[::2]], None)
        assert rim.min() > 240, f"shot {number} is cut off"


def ffmpeg(*how):
    command = [get_ffmpeg_exe(), "-hide_banner", "-i", str(film.TARGET), *how]
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def stored():
    """The luminance of every stored frame, (frames, 180, 320), 0 to 1."""
    width, height = SMALL
    scale = "-vf", f"scale={width}:{height}:flags=area"
    read = ffmpeg(*scale, "-f", "rawvideo", "-pix_fmt", "gray", "-")
    return np.frombuffer(read.stdout, np.uint8).reshape(-1, height, width) / 255


def test_the_stored_file(stored):
    assert film.TARGET.stat().st_size < 5 * 2**20
    assert len(stored) == film.FRAMES
    about = ffmpeg().stderr.decode()
    minutes, seconds = re.search(r"Duration: 00:(\d\d):([\d.]+)", about).groups()
    assert abs(60 * int(minutes) + float(seconds) - film.SECONDS) < 0.15
    assert re.search(r"Video: h264.* yuv420p\(tv, bt709.* 1280x720.* 10 fps", about), about
    assert "Audio" not in about


def test_the_stored_file_shows_what_is_drawn_now(stored, drawn):
    """Where a scene or a caption has changed, `make film`. On a square of 16 pixels the encoder is
    off by 0.016 at most; from one place to the next some square differs by 0.25 or more."""
    ends = {f.shot: index for index, f in enumerate(frames())}
    for number, pixels in drawn.items():
        now = np.asarray(Image.fromarray(pixels).convert("L").resize(SMALL, Image.Resampling.BOX))
        off = (stored[ends[number]] - now / 255).reshape(45, 4, 80, 4).mean((1, 3))
        assert abs(off).max() < 0.06, f"shot {number} is another one now: make film"


def test_nothing_flashes(stored):
    """Mean luminance in small steps; and at most 3 times a second does a quarter of the picture
    change by a tenth (what WCAG 2.3.1 calls a flash is a pair of such changes)."""
    assert abs(np.diff(stored.mean((1, 2)))).max() < 0.1
    large = (abs(np.diff(stored, axis=0)) > 0.1).mean((1, 2)) > 0.25
    assert np.convolve(large, np.ones(film.FPS), "full").max() <= 3


def test_notebook_2_shows_it():
    """With controls, not by itself, and in words for who cannot see it."""
    nb = nbformat.read(film.ROOT / "notebooks" / "02_unrolled_graph.ipynb", 4)
    (cell,) = [cell for cell in nb.cells if "film.mp4" in cell.source]
    (video,) = re.findall(r"<video[^>]*>", cell.source)
    assert "controls" in video and "autoplay" not in video and "loop" not in video
    said = {f.shot: f.caption.replace("\n", " ") for f in frames()}  # the last of each shot
    for caption in list(said.values())[1:-1]:
        assert caption in cell.source
