"""The notebooks of the slider benchmark: the figure of notebook 05, moved in seven ways.

Every way gets its numbers from the ``compute`` of its scene, with four ipywidgets sliders. The
two matplotlib peers use our own ``lines.draw`` and ``lines.update``, so their picture is the same
one; plotly, bqplot and the browser's canvas draw the same curves, titles, limits and notes.
"""

from pathlib import Path

import nbformat
from common import installed

HERE = Path(__file__).resolve().parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
METADATA = {"kernelspec": KERNEL, "language_info": {"name": "python"}}

FIGURE = """
from functools import partial

import numpy as np
from bptt_helpers.plots import lines
from scenes import worked_example as scene

compute, DRIVE = partial(scene.compute, None), scene.DRIVE
"""

SLIDERS = """
import ipywidgets as widgets

sliders = dict(
    W_h=widgets.FloatSlider(value=0.9, min=-2.0, max=2.0, step=0.01),
    tanh_prime=widgets.FloatSlider(value=0.8, min=0.0, max=1.0, step=0.01),
    T=widgets.IntSlider(value=8, min=1, max=100),
    k=widgets.IntSlider(value=3, min=0, max=99),
)
for name, slider in sliders.items():
    slider.description = name


def follow(update):
    def moved(_change):
        update(compute(**{name: slider.value for name, slider in sliders.items()}))

    for slider in sliders.values():
        slider.observe(moved, "value")


record = compute(0.9, 0.8, 8, 3)
"""

INTERACT = """
import matplotlib.pyplot as plt
from bptt_helpers.plots.style import RC

%matplotlib inline


def draw(**values):
    record = compute(**values)
    with plt.rc_context(RC):
        fig = plt.figure(figsize=(8.4, 2.9), layout="constrained")
        lines.update(lines.draw(fig, record), record)
        plt.show()


_ = widgets.interact(draw, **sliders)
"""

IPYMPL = """
%matplotlib widget
import matplotlib.pyplot as plt
from bptt_helpers.plots.style import RC

with plt.ioff(), plt.rc_context(RC):
    fig = plt.figure(figsize=(8.4, 2.9), layout="constrained")
    artists = lines.draw(fig, record)
lines.update(artists, record)
fig.draw_without_rendering()
fig.set_layout_engine("none")
fig.canvas.header_visible = fig.canvas.footer_visible = fig.canvas.toolbar_visible = False


def update(record):
    lines.update(artists, record)
    fig.canvas.draw_idle()


follow(update)
widgets.VBox([*sliders.values(), fig.canvas])
"""

# What plotly, bqplot and the canvas need to know of a record: numbers, limits, texts.
PLAIN = """
def points(curve, y_limits):
    if curve.y is None:
        return np.full(2, min(curve.x, 1e6), float), np.array(y_limits)
    return np.asarray(curve.x, float), np.asarray(curve.y, float)


def bare(text):
    return text.replace("$^k$", "^k").replace("$_{10}$", "10").replace("W$_h$", "W_h")
"""

PLOTLY = """
import plotly.graph_objects as go
from plotly.subplots import make_subplots

DASHES = {"-": "solid", "--": "dash", "-.": "dashdot", ":": "dot"}
titles = [bare(panel.title) for panel in record.panels]
fig = go.FigureWidget(make_subplots(1, 2, subplot_titles=titles))
fig.update_layout(
    width=840, height=290, template="plotly_white", margin=dict(l=50, r=20, t=40, b=90),
    legend=dict(orientation="h", y=-0.25),
)
for column, panel in enumerate(record.panels, 1):
    for c in panel.curves:
        mode = {True: "lines", False: "markers"}[bool(c.line)] + "+markers" * (c.marker == "o")
        symbol = dict(size=c.size * 1.3, symbol="circle-open" if c.hollow else "circle")
        line = dict(color=c.color, dash=DASHES.get(c.line, "solid"))
        fig.add_scatter(
            mode=mode.replace("markers+markers", "markers"), line=line, marker=symbol,
            name=bare(c.label), showlegend=bool(c.label), row=1, col=column,
        )
    fig.add_annotation(
        x=1, y=1, xref=f"x{'2' * (column > 1)} domain", text="", showarrow=False,
        yref=f"y{'2' * (column > 1)} domain",
    )


def update(record):
    traces, axes = iter(fig.data), [fig.layout.xaxis, fig.layout.xaxis2]
    with fig.batch_update():
        for i, panel in enumerate(record.panels):
            x, y = lines.limits(panel)
            yaxis = fig.layout.yaxis2 if i else fig.layout.yaxis
            if axes[i].range != x or yaxis.range != y:
                axes[i].range, yaxis.range = x, y
            for c, trace in zip(panel.curves, traces):
                trace.x, trace.y = points(c, y)
            fig.layout.annotations[2 + i].text = bare(panel.note)


update(record)
follow(update)
widgets.VBox([*sliders.values(), fig])
"""

BQPLOT = """
import bqplot

DASHES = {"-": "solid", "--": "dashed", "-.": "dash_dotted", ":": "dotted"}
marks, scales, notes, figures = [], [], [], []
for panel in record.panels:
    x, y = bqplot.LinearScale(), bqplot.LinearScale()
    scales.append((x, y))
    own = []
    for c in panel.curves:
        kind, more = bqplot.Scatter, dict(default_size=120, fill=False)
        if c.line:
            kind = bqplot.Lines
            more = dict(line_style=DASHES[c.line], labels=[bare(c.label)])
            more |= dict(marker="circle", marker_size=24) if c.marker else {}
        own.append(kind(x=[0.0], y=[0.0], scales=dict(x=x, y=y), colors=[c.color], **more))
    note = bqplot.Label(x=[0.98], y=[0.95], text=[""], align="end", colors=["black"])
    note.scales = dict(x=bqplot.LinearScale(min=0, max=1), y=bqplot.LinearScale(min=0, max=1))
    axes = [bqplot.Axis(scale=x, label=panel.xlabel), bqplot.Axis(scale=y, orientation="vertical")]
    marks += own
    notes.append(note)
    figures.append(bqplot.Figure(
        marks=[*own, note], axes=axes, title=bare(panel.title),
        layout=dict(width="420px", height="290px"),
        fig_margin=dict(top=40, bottom=40, left=45, right=10),
    ))


def update(record):
    rest = iter(marks)
    for panel, (x_scale, y_scale), note in zip(record.panels, scales, notes):
        x, y = lines.limits(panel)
        for scale, (low, high) in ((x_scale, x), (y_scale, y)):
            if (scale.min, scale.max) != (low, high):
                with scale.hold_sync():
                    scale.min, scale.max = float(low), float(high)
        for c, mark in zip(panel.curves, rest):
            with mark.hold_sync():
                mark.x, mark.y = points(c, y)
        note.text = [bare(panel.note)]


update(record)
follow(update)
widgets.VBox([*sliders.values(), widgets.HBox(figures)])
"""

CANVAS = """
import anywidget
import traitlets


def plain(record):
    panels = []
    for panel in record.panels:
        x, y = lines.limits(panel)
        curves = []
        for c in panel.curves:
            xs, ys = points(c, y)
            look = dict(color=c.color, line=c.line, marker=c.marker, size=c.size, hollow=c.hollow)
            ys = np.maximum(ys, -1e6)
            curves.append(dict(x=xs.tolist(), y=ys.tolist(), label=bare(c.label), **look))
        texts = dict(title=bare(panel.title), xlabel=panel.xlabel, note=bare(panel.note))
        panels.append(dict(x=x, y=y, curves=curves, **texts))
    return dict(panels=panels)


class Picture(anywidget.AnyWidget):
    _esm = CANVAS_JS
    shown = traitlets.Dict().tag(sync=True)
"""

ARRAYS = """
picture = Picture(shown=plain(record))


def update(record):
    picture.shown = plain(record)


follow(update)
widgets.VBox([*sliders.values(), picture])
"""

BROWSER = """
class Alone(Picture):
    W_h = traitlets.Float(0.9).tag(sync=True)
    tanh_prime = traitlets.Float(0.8).tag(sync=True)
    T = traitlets.Int(20).tag(sync=True)
    k = traitlets.Int(3).tag(sync=True)
    drive = traitlets.Float(DRIVE).tag(sync=True)


picture = Alone(shown=plain(record))
for name, slider in sliders.items():
    widgets.jslink((slider, "value"), (picture, name))
widgets.VBox([*sliders.values(), picture])
"""

CANVAS_JS = f"CANVAS_JS = {(HERE / 'slider_canvas.js').read_text()!r}"

PROFILE = """
from time import perf_counter

from scenes.sliders import data_url

canvas, moves = view.canvas, [w / 100 for w in range(80, 100)] * 5
taken = {}


def timed(name, step, items):
    start = perf_counter()
    done = [step(item) for item in items]
    taken[name] = (perf_counter() - start) / len(items) * 1000
    return done


records = timed("compute", lambda w: compute(w, 0.8, 8, 3), moves)
timed("move the artists", lambda r: canvas.picture.update(canvas.artists, r), records)
timed("move and draw them", canvas.render, records)
pixels = canvas.render(records[0])
files = timed("encode as PNG", lambda _: canvas.palette.png(pixels), moves)


def send(file):
    view.image.value = file


timed("send", send, [data_url(file) + b" " * i for i, file in enumerate(files)])
taken["draw them"] = taken.pop("move and draw them") - taken["move the artists"]
timed("the whole move", lambda w: view.set(W_h=w), moves)
print(f"{len(files[0]) / 1000:.1f} KB, {pixels.shape[1]} x {pixels.shape[0]} pixels")
print("step,ms")
for name, ms in taken.items():
    print(f"{name},{ms:.2f}")
"""

PEERS = {  # name: the package it needs, cells after those of the figure
    "interact, inline figure": ("matplotlib", [SLIDERS, INTERACT]),
    "ipympl, artists in place": ("ipympl", [SLIDERS, IPYMPL]),
    "plotly FigureWidget": ("plotly", [SLIDERS, PLAIN, PLOTLY]),
    "bqplot": ("bqplot", [SLIDERS, PLAIN, BQPLOT]),
    "kernel sends arrays, canvas draws": (
        "anywidget",
        [SLIDERS, PLAIN, CANVAS_JS, CANVAS, ARRAYS],
    ),
    "drawn in the browser alone": ("anywidget", [SLIDERS, PLAIN, CANVAS_JS, CANVAS, BROWSER]),
}
HEAVY = {  # our heaviest explorers: how it is made, slider that is moved, where the others stand
    "01, chain": ("chain_rule", "course()", "W_h", "T=12"),
    "02, graph": ("unrolled_graph", "unrolled()", "W_h", ""),
    "03, table": ("shared_weights", "two_sums()", "W_h", "T=4"),
    "04, chain": ("chain_through_time", "one_unit()", "W_h", "j=9"),
    "06, map": ("total_gradient", "total()", "gain", "T=100"),
    "07, maps": ("truncated_bptt", "schedule()", "gain", ""),
    "07, error": ("truncated_bptt", "bias()", "seed", ""),
    "10, network": ("eigenvalues_mislead", "network()", "radius", ""),
    "12, sign": ("what_truncation_costs", "sign()", "w", ""),
    "12, error": ("what_truncation_costs", "bias()", "seed", ""),
    "13, cliff": ("long_memory", "cliff()", "T", ""),
    "16, credit": ("one_credit_map_four_architectures", "credit()", "T", "model='LSTM'"),
}
OURS = "ours, notebook 05"


def write(folder):
    """Write all notebooks that can run here; returns {name: (file, index of the slider)}."""
    made = {OURS: ("W_h", [FIGURE, "view = scene.decay()"])}
    for name, (package, more) in PEERS.items():
        if installed(package):
            made[name] = ("W_h", [FIGURE, *more])
    for name, (scene, picture, slider, values) in HEAVY.items():
        source = f"from scenes import {scene} as scene\nview = scene.{picture}\nview.set({values})"
        made[name] = (slider, [source])
    files = {}
    for i, (name, (slider, sources)) in enumerate(made.items()):
        nb = nbformat.v4.new_notebook(metadata=METADATA)
        nb.cells = [nbformat.v4.new_code_cell(source.strip()) for source in sources]
        for cell in nb.cells:
            cell.metadata["jupyter"] = {"source_hidden": True}
        files[name] = (f"{i:02}.ipynb", slider)
        nbformat.write(nb, folder / files[name][0])
    return files
