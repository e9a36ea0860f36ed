"""Write the film of notebook 2: what its scenes and three others show, in a minute and a half.

`make film` draws it frame by frame and stores notebooks/images/film.mp4 and its first picture,
film.png. ``frame_at`` says what is seen at a second; the tests ask it, and so does the encoder.
H.264 because every browser and JupyterLab play it with controls, and not unasked. It takes 1.5 MB;
the same frames took 1.7 as animated WebP, 6.4 as GIF and 17 as APNG, which start by themselves.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

from bptt_helpers import gradient_decay
from bptt_helpers.plots import graph, heat, lines
from bptt_helpers.plots.canvas import Canvas
from bptt_helpers.plots.style import REFERENCE
from scenes import shared_weights, truncated_bptt, unrolled_graph, worked_example

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "notebooks" / "images" / "film.mp4"
POSTER = TARGET.with_suffix(".png")
SIZE = WIDTH, HEIGHT = 1280, 720
PICTURE = 560  # pixels of the height; what is left holds the caption
FPS = 10
LETTERS = 42  # pixels: 13 where the film is 390 wide, on a phone
W_H, TANH_PRIME = 0.9, 0.8  # r = 0.72
T, STEPS = unrolled_graph.LARGEST, truncated_bptt.T


class Shot(NamedTuple):
    """One picture on its way over ``places``, each shown for so many ``seconds``."""

    picture: ModuleType  # of ``bptt_helpers.plots``
    width: float  # inches: the fewer, the larger its letters
    record: Callable  # place -> record, from the scene
    caption: Callable  # place -> at most two lines
    places: tuple
    seconds: float


class Frame(NamedTuple):
    """What is seen at one moment: the shot, the place it has got to, the record, the caption."""

    shot: int
    place: object
    record: tuple
    caption: str


def low(number):
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def high(number):
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def walk(step, loss, K=T):
    return unrolled_graph.walk(T, step, K, W_H, loss)


def walking(loss, K=T):
    """The record of notebook 2 at each step of its walk."""
    how = dict(guess=None, W_h=W_H, T=T, K=K, loss=loss)
    return lambda step: unrolled_graph.compute(step=step, **how)


def unrolling(steps):
    return unrolled_graph.compute(guess=None, step=0, W_h=W_H, T=steps, K=T, loss="last")


def title(_):
    return f"Backpropagation through time,\nin {SECONDS:.0f} seconds"


def layers(steps):
    return f"Unrolled in time it is a feed-forward network.\nLayers: {steps}, one W_h for all"


def state(t):
    before, x_t, b = walk(t, "last").h[t - 1], unrolled_graph.X[t - 1, 0], unrolled_graph.B
    sum_ = f"{W_H} · {before:.2f} + {unrolled_graph.W_X} · {x_t} + {b}"
    return f"Forward, state {t} of {T}:\nh{low(t)} = tanh({sum_}) = {walk(t, 'last').h[t]:.2f}"


def judged(step):
    return f"Only the last answer is judged:\nthe loss is L = {walk(step, 'last').L.sum():.3f}"


def faded(step):
    w = walk(step, "last")
    t = w.back_to
    if t == T:
        return f"Backward: the gradient sets out\nfrom h{low(T)} with δ{low(T)} = {w.delta[-1]:.3f}"
    left = 100 * w.delta[t - 1] / w.delta[-1]
    return f"Backward to h{low(t)}: times {w.factors[t]:.2f}.\nLeft of δ{low(T)}: {left:.2g} %"


ALL_USES = dict(guess=None, h_0=0.5, W_h=W_H, group="by uses")


def dropping(losses):
    """The triangle of notebook 3, each row sent down to the uses; their sum stays hidden."""
    shown = shared_weights.compute(T=losses, **ALL_USES)
    nodes, edges = (
        tuple(part._replace(lit=None) if part.color == REFERENCE else part for part in parts)
        for parts in (shown.nodes, shown.edges)
    )
    return shown._replace(nodes=nodes, edges=edges)


def dropped(losses):
    uses = shared_weights.triangle(losses, W_H, ALL_USES["h_0"]).sum(0)
    held = ", ".join(f"{use:.2f}" for use in uses)
    return f"Loss {losses} adds to every use of W_h up to {losses}.\nThe uses hold {held}"


def summed(losses):
    return shared_weights.compute(T=losses, **ALL_USES)


def shared(losses):
    total = shared_weights.triangle(losses, W_H, ALL_USES["h_0"]).sum()
    return f"They are uses of one shared W_h, so its gradient\nis their sum: dL/dW_h = {total:.3f}"


def decaying(k):
    shown_to = 20 if k < 20 else 100
    return worked_example.compute(guess=None, W_h=W_H, tanh_prime=TANH_PRIME, T=shown_to, k=k)


def left_after(k):
    left, r = gradient_decay(W_H, TANH_PRIME, k + 1)[k], W_H * TANH_PRIME
    amount = f"{100 * left:.2g} %"
    if left < 1e-3:
        digits, power = f"{left:.1e}".split("e")
        amount = f"{digits} · 10{high(int(power))}"
    text = f"One step back: W_h · tanh' = {W_H} · {TANH_PRIME} = {r:.2f}."
    return f"{text}\nLeft of a gradient: {r:.2f}{high(k)} = {amount}"


def cut(step):
    so_far, whole = walk(step, "every", 3).so_far, walk(2 * T + 1, "every").so_far
    text = f"Truncated BPTT cuts the way back, here K = 3.\ndL/dW_h: {so_far:.3f}"
    return text + (f" (uncut {whole:.3f})" if step > 2 * T else " so far")


def chunked(place):
    K, t = place
    return truncated_bptt.compute(guess=None, K=K, t=t, gain=0.9)


def reached(place):
    K, t = place
    chunks, window = (mask[t - 1].sum() for mask in truncated_bptt.kept(K))
    text = f"{STEPS} steps in chunks of {K}, the loss at t = {t}.\n"
    return text + f"Uses of W_h it reaches: {chunks} (sliding window: {window})"


def kept(place):
    K, _ = place
    chunks, window = (100 * m.sum() / truncated_bptt.ALL for m in truncated_bptt.kept(K))
    text = f"Of all pairs of a loss and a use, chunks of {K}\n"
    return text + f"keep {chunks:.1f} %, a sliding window {window:.1f} %"


def farewell(_):
    return "Every picture here has sliders:\nnotebooks 2, 3, 5 and 7"


BACK = tuple(range(T + 2, 2 * T + 2))
SHOTS = (
    Shot(graph, 7.6, walking("last"), title, (T + 5,), 2.5),
    Shot(graph, 7.6, unrolling, layers, tuple(range(1, T + 1)), 1.2),
    Shot(graph, 7.6, walking("last"), state, tuple(range(1, T + 1)), 1.7),
    Shot(graph, 7.6, walking("last"), judged, (T + 1,), 3),
    Shot(graph, 7.6, walking("last"), faded, BACK, 2),
    Shot(graph, 8.4, dropping, dropped, (1, 2, 3, 4), 2.3),
    Shot(graph, 8.4, summed, shared, (4,), 4),
    Shot(lines, 7, decaying, left_after, tuple(range(1, 20)), 0.4),
    Shot(lines, 7, decaying, left_after, (99,), 3.5),
    Shot(graph, 7.6, walking("every", 3), cut, BACK, 1.2),
    Shot(heat, 7, chunked, reached, tuple((20, t) for t in range(1, STEPS + 1)), 0.1),
    Shot(heat, 7, chunked, kept, tuple((K, STEPS) for K in (20, 50)), 3),
    Shot(heat, 7, chunked, farewell, ((50, STEPS),), 3),
)
SECONDS = round(sum(len(shot.places) * shot.seconds for shot in SHOTS), 1)
FRAMES = round(SECONDS * FPS)


def frame_at(second):
    """What is seen at ``second``, 0 <= second < SECONDS; the last picture after that."""
    index = min(int(second * FPS + 1e-6), FRAMES - 1)
    for number, shot in enumerate(SHOTS):
        length = round(shot.seconds * FPS)  # of one place, in frames
        if index < length * len(shot.places):
            place = shot.places[index // length]
            return Frame(number, place, shot.record(place), shot.caption(place))
        index -= length * len(shot.places)


@cache
def canvas(number):
    shot = SHOTS[number]
    size = shot.width, shot.width * PICTURE / WIDTH
    return Canvas(shot.picture, shot.record(shot.places[-1]), size)


@cache
def font():
    return ImageFont.truetype(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), LETTERS)


def drawn(frame):
    """The picture with its caption underneath: WIDTH x HEIGHT, RGB."""
    image = Image.new("RGB", SIZE, "white")
    pixels = Image.fromarray(canvas(frame.shot).render(frame.record)).convert("RGB")
    image.paste(pixels.resize((WIDTH, PICTURE), Image.Resampling.LANCZOS))
    where = dict(xy=(WIDTH / 2, (PICTURE + HEIGHT) / 2), anchor="mm", align="center", spacing=14)
    ImageDraw.Draw(image).multiline_text(text=frame.caption, font=font(), fill="black", **where)
    return image


def pictures():
    """Every frame; one that shows what the one before showed is not drawn again."""
    before = image = None
    for index in range(FRAMES):
        frame = frame_at(index / FPS)
        if before is None or (frame.shot, frame.place) != before:
            before, image = (frame.shot, frame.place), drawn(frame)
        yield image


def write(path):
    from imageio_ffmpeg import write_frames

    how = ["-vf", "scale=out_color_matrix=bt709:out_range=tv"]  # what players take it for
    how += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    how += ["-crf", "24", "-preset", "veryslow", "-tune", "animation", "-g", str(5 * FPS)]
    same = [
        "-fflags",
        "+bitexact",
        "-flags:v",
        "+bitexact",
        "-threads",
        "1",
    ]  # twice, the same file
    how += [*same, "-movflags", "+faststart"]
    video = write_frames(str(path), SIZE, fps=FPS, codec="libx264", quality=None, output_params=how)
    video.send(None)
    for image in pictures():
        video.send(np.asarray(image).tobytes())
    video.close()


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    write(TARGET)
    drawn(frame_at(0)).quantize(64).save(POSTER, optimize=True)
    print(f"{TARGET.relative_to(ROOT)}: {SECONDS} s, {TARGET.stat().st_size // 1024} KiB")
