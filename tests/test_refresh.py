"""`make notebooks`: a failing notebook fails the command, and nothing volatile is stored."""

import json

import nbformat
import pytest
from nbconvert.exporters import ScriptExporter

WIDGETS = """import ipywidgets
from IPython.display import display

display(ipywidgets.IntSlider(3))
print( 'ran' )"""  # ruff writes it otherwise

WHERE = "from pathlib import Path\n\nprint(Path.cwd().name)"


@pytest.fixture
def refresh(tool):
    return tool("refresh")


def notebook(path, *sources):
    cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.mark.processes
def test_a_failing_notebook_fails_the_command_and_keeps_its_outputs(refresh, tmp_path, capsys):
    bad = notebook(tmp_path / "bad.ipynb", "print(1)", "1 / 0")
    good = notebook(tmp_path / "good.ipynb", "print(2)")
    before = bad.read_bytes()
    with pytest.raises(SystemExit) as end:
        refresh.main([str(bad), str(good)])
    assert end.value.code == "refresh: failed, outputs left as they were: bad.ipynb"
    assert bad.read_bytes() == before
    said = capsys.readouterr()
    assert "bad.ipynb: " in said.err and "ZeroDivisionError" in said.err
    assert said.out.startswith("good.ipynb: ") and said.out.endswith(" s, changed\n")
    assert nbformat.read(good, 4).cells[0].outputs[0].text == "2\n"


@pytest.mark.processes
def test_a_kernel_that_dies_or_hangs_fails_it_too(refresh, tmp_path, monkeypatch, capsys):
    client = refresh.NotebookClient
    monkeypatch.setattr(refresh, "NotebookClient", lambda nb, **to: client(nb, **to | QUICK))
    for name, source in (("dies", "import os; os._exit(1)"), ("hangs", "while True: pass")):
        path = notebook(tmp_path / f"{name}.ipynb", source)
        before = path.read_bytes()
        assert refresh.refresh(path) is False and path.read_bytes() == before
        assert capsys.readouterr().err.startswith(f"{name}.ipynb: ")


QUICK = {"timeout": 1, "interrupt_on_timeout": False}


@pytest.mark.processes
def test_nothing_volatile_is_stored(refresh, tmp_path, capsys):
    path = notebook(tmp_path / "widgets.ipynb", WIDGETS, WHERE)
    nb = nbformat.read(path, 4)
    noise = {"execution": {"shell.execute_reply": "2026"}, "scrolled": True, "collapsed": False}
    nb.cells[0].metadata = nbformat.from_dict(noise | {"trusted": True})
    nbformat.write(nb, path)
    refresh.main([str(path)])
    first = path.read_bytes()
    nb = json.loads(first)
    assert nb["metadata"] == refresh.METADATA and "version" not in nb["metadata"]["language_info"]
    drawn, where = nb["cells"]
    assert drawn["metadata"] == {"deletable": False} and where["metadata"] == {}
    assert [cell["execution_count"] for cell in nb["cells"]] == [1, 2]
    assert "".join(drawn["source"]).endswith('print("ran")')
    *_, printed = drawn["outputs"]
    assert printed["text"] == ["ran\n"] and "widget" not in json.dumps(drawn["outputs"])
    assert where["outputs"][0]["text"] == [f"{tmp_path.name}\n"]  # it ran in its own folder
    refresh.main([str(path)])
    assert path.read_bytes() == first and b"\r" not in first
    assert capsys.readouterr().out.endswith(" s, unchanged\n")


def test_a_stored_notebook_becomes_a_python_script(refresh):
    nb = refresh.clean(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")]))
    script, more = ScriptExporter().from_notebook_node(nb)
    assert "print(1)" in script and more["output_extension"] == ".py"


@pytest.mark.parametrize("source", ["print(", "x = = 1"])
def test_a_cell_that_is_no_python_fails_it(refresh, tmp_path, source):
    path = notebook(tmp_path / "broken.ipynb", source)
    with pytest.raises(SystemExit, match="^refresh: ruff could not format the notebooks$"):
        refresh.main([str(path)])


def test_a_name_that_is_no_file_is_named(refresh, tmp_path, monkeypatch):
    there = notebook(tmp_path / "there.ipynb", "print(1)")
    before = there.read_bytes()
    with pytest.raises(SystemExit, match=r"^refresh: no such notebook: .*gone\.ipynb$"):
        refresh.main([str(there), str(tmp_path / "gone.ipynb")])
    assert there.read_bytes() == before
    monkeypatch.setattr(refresh, "ROOT", tmp_path / "empty")
    with pytest.raises(SystemExit, match="^refresh: no such notebook: notebooks/ is empty$"):
        refresh.main([])


def test_without_a_name_all_are_run_in_order(refresh, tmp_path, monkeypatch):
    monkeypatch.setattr(refresh, "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    for name in ("02_b", "01_a"):
        notebook(tmp_path / "notebooks" / f"{name}.ipynb", "print(1)")
    ran = []
    monkeypatch.setattr(refresh, "refresh", lambda path: ran.append(path.stem) or True)
    refresh.main([])
    assert ran == ["01_a", "02_b"]
