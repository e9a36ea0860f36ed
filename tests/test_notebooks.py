"""What strict nbval cannot see: it compares only what is stored, and never a picture."""

import ast
import base64
import copy
import re
import runpy
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from lesson_rows import NOTEBOOKS, NUMBERS, ROWS

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
FOUND = sorted(FOLDER.glob("*.ipynb"))
MAX_LINES = 15
clean = runpy.run_path(str(ROOT / "tools" / "refresh.py"))["clean"]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_CALL = re.compile(r"\b(explorer|quiz|Quiz)\(")
REPR = re.compile(r"<\w+|\w+\((\w+=|<)")  # <Figure size ...>, VBox(children=...
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
MAGIC = re.compile(r"^\s*[%!]|get_ipython\(", re.M)
HOME = re.compile(rf"{re.escape(str(ROOT))}|{re.escape(str(Path.home()))}(?=/)")
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(home|Users|root|tmp|var|opt|usr|mnt|private)/|\b[A-Z]:\\\w"
)
NOT_PROSE = re.compile(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$", re.S)
LINK = re.compile(r"\]\(<?([^)\s>]+)[^)]*\)|(?:src|href)=[\"']([^\"']+)[\"']")


def problems(nb, path):
    """What is wrong with a stored notebook, one line each; `path` says where its links start."""
    found = []
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    ids = [cell.get("id") for cell in nb.cells]
    if None in ids or len(set(ids)) < len(ids):
        found.append("cell ids: missing or not unique")
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        found.append(f"execution counts are {counts}, not 1 to {len(code)}: run it from the top")
    if not any(cell.outputs for cell in code):
        found.append("no stored output at all")
    if "widgets" in nb.metadata:
        found.append("stored widget state in the metadata")
    if nb.metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("its kernel is not python3")
    for n, cell in enumerate(nb.cells):
        found += [f"cell {n}: {problem}" for problem in cell_problems(cell)]
    return found + list(link_problems(nb, path))


def cell_problems(cell):
    texts = [cell.source]
    if cell.cell_type == "code":
        yield from code_problems(cell)
        for output in cell.outputs:
            yield from output_problems(output)
            texts += output_texts(output)
    if any(MACHINE_PATH.search(text) or HOME.search(text) for text in texts):
        yield "a path of somebody's machine"


def code_problems(cell):
    lines = len(cell.source.splitlines())
    if lines > MAX_LINES:
        yield f"{lines} lines of code, at most {MAX_LINES} are allowed"
    if MAGIC.search(cell.source):
        yield "a magic or shell line"
    if WIDGET_CALL.search(cell.source) and cell.metadata.get("deletable") is not False:
        yield 'a widget cell without "deletable": false'


def output_problems(output):
    data = output.get("data", {})
    if output.output_type == "error":
        yield f"a stored error, {output.ename}"
    if output.get("name") == "stderr":
        yield "something was written on stderr"
    if WIDGET_VIEW in data:
        yield "a stored widget view"
    if any(ADDRESS.search(text) for text in output_texts(output)):
        yield "a memory address in the output"
    png = data.get("image/png")
    if png is not None and not is_png(png):
        yield "image/png is not a PNG"
    text = data.get("text/plain", "")
    if REPR.match(text) or (png is not None and len(text.split()) < 3):
        yield f"text/plain is no sentence: {text[:40]!r}"


def output_texts(output):
    """Everything in an output that is text, not a picture."""
    data = output.get("data", {}).items()
    yield output.get("text", "")
    yield from (value for kind, value in data if isinstance(value, str) and "image/" not in kind)


def is_png(text):
    try:
        start = base64.b64decode(text, validate=False)[:8]
    except ValueError:
        return False
    return start == b"\x89PNG\r\n\x1a\n"


def link_problems(nb, path):
    prose = [NOT_PROSE.sub("", c.source) for c in nb.cells if c.cell_type == "markdown"]
    targets = [unquote(a or b) for text in prose for a, b in LINK.findall(text)]
    files = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:", target)]
    for file in sorted({file for file in files if file}):
        if not (path.parent / file).exists():
            yield f"a link to {file}, which does not exist"
    names = sorted(p.name for p in path.parent.glob("*.ipynb"))
    at = names.index(path.name)
    for word, neighbour in ("previous", names[:at][-1:]), ("next", names[at + 1 :][:1]):
        if neighbour and neighbour[0] not in files:
            yield f"no link to the {word} notebook, {neighbour[0]}"


def tagged(nb, row):
    """The code cells that carry the tag of a lesson row."""
    tag = f"row:{row}"
    return [c for c in nb.cells if c.cell_type == "code" and tag in c.metadata.get("tags", [])]


def asserts(cell):
    """Whether the cell's code asserts: the statement, or a call like np.testing.assert_allclose."""
    nodes = list(ast.walk(ast.parse(cell.source)))
    names = [
        getattr(n.func, "attr", getattr(n.func, "id", "")) for n in nodes if type(n) is ast.Call
    ]
    return any(type(n) is ast.Assert for n in nodes) or any(n.startswith("assert_") for n in names)


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_stored_notebook(path):
    nb = read(path)
    nbformat.validate(nb)
    assert problems(nb, path) == []
    assert clean(copy.deepcopy(nb)) == nb, "not as `make notebooks` stores it"


def test_every_notebook_is_there():
    assert [path.stem for path in FOUND] == NOTEBOOKS, "see NOTEBOOKS in lesson_rows.py"


@pytest.mark.parametrize("row", ROWS)
def test_row_has_a_cell(row):
    cells = tagged(read(FOLDER / f"{ROWS[row]}.ipynb"), row)
    assert cells, f"{ROWS[row]} has no code cell with the tag row:{row}"
    if row in NUMBERS:
        assert any(map(asserts, cells)), f"row {row} states a number: its cell must assert it"


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_row_tags_are_known(path):
    tags = {tag for cell in read(path).cells for tag in cell.metadata.get("tags", [])}
    rows = {tag.removeprefix("row:") for tag in tags if tag.startswith("row:")}
    assert rows <= set(ROWS)


# The checks themselves: one bad thing in a good notebook gives one complaint, and no other.

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()


@pytest.fixture
def path(tmp_path):
    for name in ("01_a", "02_b", "03_c"):
        (tmp_path / f"{name}.ipynb").touch()
    (tmp_path / "image.png").touch()
    return tmp_path / "02_b.ipynb"


def good():
    v4 = nbformat.v4
    links = "[back](01_a.ipynb) and [on](03_c.ipynb#top), $[a](b)$, `[c](d)`, ![](image.png)"
    cells = [
        v4.new_markdown_cell(links + " <https://example.org/home/x> [x](https://example.org)"),
        v4.new_code_cell("print(1)", execution_count=1),
        v4.new_code_cell("explorer(f)", execution_count=2, metadata={"deletable": False}),
        v4.new_code_cell("x = 0", execution_count=3),
    ]
    cells[1].outputs = [v4.new_output("stream", name="stdout", text="1\n")]
    picture = {"image/png": PNG, "text/plain": "The curve falls."}
    cells[2].outputs = [v4.new_output("display_data", data=picture)]
    kernel = {"name": "python3", "display_name": "Python 3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def put(place, value):
    """A change: put the value at a place such as "cells/1/execution_count"."""

    def change(nb):
        *way, last = [int(key) if key.isdigit() else key for key in place.split("/")]
        for key in way:
            nb = nb[key]
        nb[last] = nbformat.from_dict(value)

    return change


def in_picture(kind, value):
    return lambda nb: nb.cells[2].outputs[0].data.update({kind: value})


def error(nb):
    nb.cells[1].outputs = [nbformat.v4.new_output("error", ename="ValueError", evalue="")]


def no_output(nb):
    for cell in nb.cells[1:]:
        cell.outputs = []


BAD = {
    "counts are [1, None, 3]": put("cells/2/execution_count", None),
    "counts are [1, 1, 3]": put("cells/2/execution_count", 1),
    "no stored output": no_output,
    "image/png is not a PNG": in_picture("image/png", base64.b64encode(b"GIF89a").decode()),
    "image/png is not": in_picture("image/png", "no base64"),
    "stored widget state": put("metadata/widgets", {}),
    "stored widget view": in_picture(WIDGET_VIEW, {"model_id": "a"}),
    "kernel is not python3": put("metadata/kernelspec/name", "conda-env-x"),
    "written on stderr": put("cells/1/outputs/0/name", "stderr"),
    "stored error, ValueError": error,
    "memory address": put("cells/1/outputs/0/text", "an object at 0x7f3a"),
    "memory address in": in_picture("text/html", "an object at 0x7f3a"),
    "16 lines of code": put("cells/3/source", "\n".join(["x = 0"] * 16)),
    'without "deletable": false': put("cells/2/metadata", {}),
    'without "deletable"': put("cells/3/source", "Quiz(questions)"),
    "cell ids": lambda nb: put("cells/2/id", nb.cells[1].id)(nb),
    "path of somebody's machine": put("cells/1/outputs/0/text", "/home/ada/x.py"),
    "path of somebody's": put("cells/3/source", f"open('{FOLDER}')"),
    "path of": put("cells/3/source", "open(r'C:\\data')"),
    "magic": put("cells/3/source", "x = 0\n%matplotlib inline"),
    "shell line": put("cells/3/source", "!ls"),
    "link to gone.png": put("cells/3", nbformat.v4.new_markdown_cell("![](gone.png)")),
    "link to 09.ipynb": put("cells/3", nbformat.v4.new_markdown_cell("[on](09.ipynb#part)")),
    "link to x.svg": put("cells/3", nbformat.v4.new_markdown_cell('<img src="x.svg">')),
    "the previous notebook": put("cells/0/source", "[on](03_c.ipynb)"),
    "the next notebook": put("cells/0/source", "[back](01_a.ipynb)"),
    "no sentence: '<Figure": in_picture("text/plain", "<Figure size 640x480 with 1 Axes>"),
    "no sentence: 'VBox": in_picture("text/plain", "VBox(children=(FloatSlider(value=1),))"),
    "no sentence: ''": lambda nb: nb.cells[2].outputs[0].data.pop("text/plain"),
}


def test_good_notebook_has_no_problems(path):
    nbformat.validate(good())
    assert problems(good(), path) == []


@pytest.mark.parametrize("complaint", BAD)
def test_one_bad_thing_is_one_complaint(complaint, path):
    nb = copy.deepcopy(good())
    BAD[complaint](nb)
    found = problems(nb, path)
    assert len(found) == 1 and complaint in found[0], found


def test_rows_checks_bite():
    nb = good()
    nb.cells[0].metadata["tags"] = nb.cells[1].metadata["tags"] = ["row:W1"]
    assert tagged(nb, "W1") == [nb.cells[1]] and tagged(nb, "W2") == []
    sources = {
        "x = 1  # assert x": False,
        "assert x == 1": True,
        "np.testing.assert_equal(1, x)": True,
    }
    for source, expected in sources.items():
        assert asserts(nbformat.v4.new_code_cell(source)) is expected


def test_clean_keeps_only_what_a_reader_can_use():
    nb, v4 = good(), nbformat.v4
    view = {WIDGET_VIEW: {"model_id": "a"}}
    nb.metadata.update({"widgets": {}, "language_info": {"name": "python", "version": "3.11.7"}})
    nb.cells[1].outputs = [v4.new_output("stream", text=text) for text in ("1", "2\n")]
    nb.cells[2].metadata = nbformat.from_dict({"scrolled": True, "tags": ["row:W1"]})
    nb.cells[2].outputs = [
        v4.new_output("display_data", data=view | {"text/plain": "Controls at 1."}),
        v4.new_output("display_data", data=view),
    ]
    clean(nb)
    assert "widgets" not in nb.metadata and "version" not in nb.metadata.language_info
    assert [output.text for output in nb.cells[1].outputs] == ["12\n"]
    assert nb.cells[2].metadata == {"tags": ["row:W1"], "deletable": False}
    assert [output.data for output in nb.cells[2].outputs] == [{"text/plain": "Controls at 1."}]
    assert clean(copy.deepcopy(nb)) == nb
