"""The course as static pages whose sliders move: the command behind `make site`.

Usage: .venv/bin/python tools/site/book.py [notebook ...]      (all notebooks without arguments)

Each notebook becomes a page with its stored outputs, and each picture cell a figure with native
controls (`frames.py`, `explorer.js`). What was made for an unchanged scene is kept in build/site.
"""

import hashlib
import importlib
import json
import os
import re
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from html import escape
from pathlib import Path

import nbformat
from frames import explorers, manifest

from scenes.sliders import Guess

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NOTEBOOKS = ROOT / "notebooks"
SITE, WORK = ROOT / "site", ROOT / "build/site"
SHARED = "exercise", "sliders", "words"
LIVE_ONLY = "not answered yet", "Run this cell", "Run the notebook", "Score: 0"
TOGETHER = {  # by scene and function; what is not named here moves alone
    "chain_rule.course": ("W_h", "tanh_prime"),
    "chain_through_time.one_unit": ("W_h", "strength"),
    "chain_through_time.layouts": ("W_12", "W_21"),
    "eigenvalues_mislead.growth": ("radius", "c"),
    "honest_sliders.plane": ("W_h", "tanh_prime"),
    "honest_sliders.fold": ("b_1", "b_2"),
    "long_memory.networks": ("noise", "T", "rule"),
    "long_memory.steps": ("noise", "start"),
    "shared_weights.two_sums": ("T", "group"),
    "total_gradient.total": ("t", "k"),
    "truncated_bptt.bias": ("K", "gain"),
    "truncated_bptt.schedule": ("K", "t"),
    "unrolled_graph.experiment": ("shown", "rate", "updates"),
    "unrolled_graph.unrolled": ("step", "K", "loss"),
    "what_k_does_to_learning.training": ("K", "lag", "state", "steps"),
    "what_truncation_costs.sign": ("K", "lag"),
    "what_truncation_costs.threshold": ("K", "lag"),
    "worked_example.decay": ("W_h", "tanh_prime"),
}
WHERE = '<a href="index.html#run-it-yourself">in the notebook</a>'


def main(names):
    from sphinx.application import Sphinx

    paths = [Path(name) for name in names] or sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    if missing := [str(path) for path in paths if not path.is_file()]:
        sys.exit("site: no such notebook: " + ", ".join(missing))
    source, made = WORK / "source", WORK / "html"
    for folder in (source, made):
        shutil.rmtree(folder, ignore_errors=True)
    (source / "static").mkdir(parents=True)
    for name in ("explorer.js", "explorer.css"):
        shutil.copy(HERE / name, source / "static")
    shutil.copy(HERE / "conf.py", source)
    books = {path.stem: nbformat.read(path, 4) for path in paths}
    figures = all_figures({stem: picture_names(stem, nb) for stem, nb in books.items()})
    for stem, nb in books.items():
        nbformat.write(page(stem, nb, figures), source / f"{stem}.ipynb")
    (source / "index.md").write_text(front(books, figures), "utf-8")
    # A page that is left out of a small site is no mistake of the others.
    less = {"suppress_warnings": ["myst.xref_missing"]} if names else {}
    how = dict(freshenv=True, warningiserror=True, status=None, parallel=1)
    app = Sphinx(source, source, made, WORK / "doctrees", "html", less, **how)
    app.build()
    used = {name for found in figures.values() for name, _ in found["pictures"]}
    (made / "frames").mkdir()
    for name in used:
        shutil.copy(WORK / "frames" / name, made / "frames")
    shutil.rmtree(SITE, ignore_errors=True)
    made.rename(SITE)
    size = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file()) / 1e6
    print(f"site: {len(books)} notebooks, {len(used)} pictures, {size:.1f} MB: {SITE}/index.html")
    return app.statuscode


def scene_of(stem):
    """The module behind a notebook, or None."""
    there = (NOTEBOOKS / "scenes" / f"{stem[3:]}.py").exists()
    return importlib.import_module(f"scenes.{stem[3:]}") if there else None


def shown(stem, cell):
    """The function of PICTURES that a cell calls, by name, or None."""
    known = [make.__name__ for make in getattr(scene_of(stem), "PICTURES", ())]
    called = re.findall(r"^(?:\w+ = )?scene\.(\w+)\(\)$", cell.source, re.M)
    return next((name for name in called if name in known), None)


def picture_names(stem, nb):
    names = [shown(stem, cell) for cell in nb.cells if cell.cell_type == "code"]
    return [name for name in names if name]


def all_figures(wanted):
    """The manifest of each picture by (stem, function), made where it is not kept from before."""
    tasks = [(stem, name) for stem, names in wanted.items() for name in names]
    (WORK / "frames").mkdir(parents=True, exist_ok=True)
    jobs = int(os.environ.get("JOBS") or os.cpu_count())
    with ProcessPoolExecutor(jobs) as pool:
        return dict(zip(tasks, pool.map(figure_of, *zip(*tasks))))


def figure_of(stem, name):
    """The manifest of one picture; its pictures lie in build/site/frames then."""
    together = TOGETHER.get(f"{stem[3:]}.{name}", ())
    kept, mark = WORK / f"{stem}-{name}.json", fingerprint(stem, together)
    if kept.exists():
        found = json.loads(kept.read_text("utf-8"))
        there = all((WORK / "frames" / picture).exists() for picture, _ in found["pictures"])
        if found["made of"] == mark and there:
            return found

    def keep(picture, file):
        (WORK / "frames" / picture).write_bytes(file)

    scene = scene_of(stem)
    (explorer,) = explorers(getattr(scene, name))
    found = manifest(explorer, together, keep)
    found["size"] = explorer.canvas.shape
    found["guesses"] = {n: s for n, s in explorer.specs.items() if isinstance(s, Guess)}
    found["made of"] = mark
    kept.write_text(json.dumps(found), "utf-8")
    print(f"site: {stem}, {name}: {len(found['frames'])} frames", flush=True)
    return json.loads(kept.read_text("utf-8"))


def fingerprint(stem, together):
    """What the pictures of a notebook are made of: package, scene, what that imports, data."""
    scenes, names, waiting = NOTEBOOKS / "scenes", set(), [stem[3:], *SHARED]
    while waiting:
        if (name := waiting.pop()) not in names:
            names.add(name)
            text = (scenes / f"{name}.py").read_text("utf-8")
            imported = re.findall(r"^from \.(\w*) import (.*)", text, re.M)
            waiting += [n for a, b in imported for n in ([a] if a else b.split(", "))]
    files = [*(ROOT / "bptt_helpers").rglob("*.py"), *(NOTEBOOKS / "data").glob("*")]
    files += [HERE / "frames.py", *(scenes / f"{name}.py" for name in names)]
    made = [str(together)] + [
        importlib.import_module(name).__version__ for name in ("numpy", "matplotlib")
    ]
    made = "".join(made).encode() + b"".join(map(Path.read_bytes, sorted(files)))
    return hashlib.sha256(made).hexdigest()


def page(stem, nb, figures):
    """A notebook for Sphinx: figures for picture cells, nothing that only a kernel could answer."""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../README.md)", "](index.md)")
            if cell.metadata.get("jp-MarkdownHeadingCollapsed"):
                cell.source = re.sub(r"^(#.*)", r"\1\n\n% folded\n", cell.source, count=1)
        elif cell.cell_type == "code":
            outputs = [out for out in cell.outputs if not live_only(out)]
            if name := shown(stem, cell):
                html = figure(f"{stem[:2]}-{name}", figures[stem, name])
                outputs = [nbformat.v4.new_output("display_data", {"text/html": html})]
            elif question := re.fullmatch(r"quiz\((\d+)\)", cell.source):
                html = answers(scene_of(stem).QUESTIONS[int(question[1]) - 1])
                outputs.append(nbformat.v4.new_output("display_data", {"text/html": html}))
            cell.outputs = outputs
            if cell.metadata.get("jupyter", {}).get("source_hidden"):
                cell.metadata.tags = [*cell.metadata.get("tags", ()), "remove-input"]
    return nb


def live_only(output):
    """Whether an output says only what to do in a running notebook."""
    text = output.get("text", "") or output.get("data", {}).get("text/plain", "")
    other = set(output.get("data", {})) - {"text/plain"}
    return not other and any(words in text for words in LIVE_ONLY)


def answers(question):
    """What the quiz says to each answer, behind a click."""
    key, rows = base64(question["key"]), []
    for answer, why in question["feedback"].items():
        if answer:
            word = "right" if answer == key else "not it"
            text = f"<strong>{escape(answer)} is {word}.</strong> {escape(why)}"
            rows.append(f"<details><summary>{escape(answer)}</summary><p>{text}</p></details>")
    lead = "Say your answer first, then open it" if question["options"] else "Answer"
    if not question["options"]:
        rows = [row for row in rows if f">{escape(key)} is right" in row]
        rows = [row.replace(f"<summary>{escape(key)}<", "<summary>Answer<") for row in rows]
        return "".join(rows)
    return f"<p>{lead}:</p>" + "".join(rows)


def figure(name, found):
    """A picture with its sentence and controls; these are hidden until the script is there."""
    width, height = found["size"]
    picture, sentence = found["frames"][0][:2]
    file, words = found["pictures"][picture][0], escape(found["sentences"][sentence])
    address = f"frames/{file}"
    image = f'<img src="{address}" width="{width}" height="{height}" alt="{words}" decoding="sync"'
    image += f' style="background-image: url({address})">'
    parts = [form(name, found)] * bool(found["controls"])
    parts += [image, f'<figcaption class="sentence">{words}</figcaption>']
    if found["controls"]:
        keys = "controls", "groups", "frames", "pictures", "sentences"
        data = json.dumps({k: found[k] for k in keys}, separators=(",", ":")).replace(
            "<", "\\u003c"
        )
        parts.append('<p class="said" role="status"></p>')
        parts.append(f'<script type="application/json">{data}</script>')
    return f'<figure class="explorer" id="{name}">' + "\n".join(parts) + "</figure>"


def form(name, found):
    rows = [asked(f"{name}-{n}", *guess) for n, guess in found["guesses"].items()]
    rows += [control(f"{name}-{c['name']}", c) for c in found["controls"]]
    rows.append('<p class="row"><button type="button" class="reset">Reset</button>')
    rows.append('<span class="problem" role="status"></span></p>')
    rows.append(f'<p class="together">{together(found)}</p>')
    return '<form hidden autocomplete="off">' + "\n".join(rows) + "</form>"


def asked(name, question, options):
    if options:
        legend = f"<legend>{escape(question)}</legend>"
        return (
            f'<fieldset class="guess">{legend}{radios(name, options)}<output></output></fieldset>'
        )
    box = f'<input type="text" inputmode="decimal" id="{name}">'
    label = f'<label for="{name}">{escape(question)}</label>'
    return f'<p class="guess">{label} {box} <output></output></p>'


def control(name, found):
    label, start = escape(found["name"]), found["values"][found["start"]]
    if "low" not in found:
        chosen = radios(name, found["values"], found["start"])
        return f'<fieldset data-control="{label}"><legend>{label}</legend>{chosen}</fieldset>'
    span = f'min="{found["low"]}" max="{found["high"]}" step="{found["step"]}"'
    return f"""<div class="row" data-control="{label}"><label for="{name}">{label}</label>
<input type="range" id="{name}" {span} value="{start}">
<input type="text" inputmode="decimal" value="{start}" aria-label="{label} as a number">
<button type="button" class="play" aria-pressed="false" aria-label="Play {label}"></button></div>"""


def radios(name, options, start=None):
    return "".join(
        f'<label><input type="radio" name="{name}" value="{escape(str(option))}"'
        f"{' checked' * (place == start)}>{escape(str(option))}</label>"
        for place, option in enumerate(options)
    )


def together(found):
    """Which controls move together here, and where all do."""
    names = [control["name"] for control in found["controls"]]
    grids = [g["controls"] for g in found["groups"] if len(g["controls"]) > 1]
    if len(names) == 1 or any(len(grid) == len(names) for grid in grids):
        return ""
    rest = "Moving another one puts the others back to their start"
    lead = "On this page one control moves at a time: moving another puts it back to its start"
    if grids:
        *most, last = [names[i] for i in grids[0]]
        lead = f"On this page {', '.join(most)} and {last} move together. {rest}"
    return f"{lead}; {WHERE} all move at once."


def base64(text):
    from base64 import b64decode

    return b64decode(text).decode()


def front(books, figures):
    """The first page: what this is, one picture to drag, the notebooks, how to run them."""
    lines = [(HERE / "front.md").read_text("utf-8")]
    contents, tree = [], []
    for stem, nb in books.items():
        first = nb.cells[0].source
        title = re.match(r"# (.*)", first)[1]
        minutes = re.search(r"(\d+) minutes", first)
        contents.append(f"- [{title}]({stem}.ipynb)" + (f", {minutes[0]}" if minutes else ""))
        tree.append(stem)
    text = lines[0].replace("CONTENTS", "\n".join(contents))
    live = next(((s, n) for s, n in figures if n == "decay"), next(iter(figures)))
    text = text.replace("FIGURE", figure("front", figures[live]))
    return text + "\n```{toctree}\n:hidden:\n\n" + "\n".join(tree) + "\n```\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
