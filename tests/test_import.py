"""What ``import bptt_helpers`` brings along, that every public name is there, and the wheel."""

import ast
import importlib.metadata as metadata
import pkgutil
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import bptt_helpers

ROOT = Path(__file__).resolve().parent.parent

PUBLIC = """
Chunk Gradients Params Trajectory bptt checkpointed_bptt chunks clip contribution_matrices
contributions forward gradient_decay horizon init_params jacobian_product log10_gradient_decay
log10_singular_values loss_per_step settle sgd sliding_window step_jacobians truncated_bptt
"""


def test_import_loads_neither_matplotlib_nor_ipywidgets():
    code = "import sys, bptt_helpers; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = loaded.stdout.split()
    assert "bptt_helpers" in loaded and "numpy" in loaded
    assert not {"matplotlib", "ipywidgets", "IPython", "autograd"} & set(loaded)


def test_every_public_name_exists_and_is_documented():
    assert sorted(bptt_helpers.__all__) == PUBLIC.split()
    for name in PUBLIC.split():
        assert getattr(bptt_helpers, name).__doc__, name


def test_no_function_hides_a_module_of_its_name():
    modules = {module.name for module in pkgutil.iter_modules(bptt_helpers.__path__)}
    assert "backward" in modules and not modules & {*PUBLIC.split()}


LIST = [
    line
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
MODULES = {"PIL": "pillow", "IPython": "ipython"}  # where the package's name is another one


def name_of(requirement):
    return re.match(r"[\w.-]+", requirement)[0].lower()


def test_what_is_imported_is_listed_or_always_comes_with_what_is_listed():
    brought = {name_of(line) for line in LIST}
    for name in list(brought):
        brought |= {name_of(r) for r in metadata.requires(name) or () if "extra ==" not in r}
    files = [*ROOT.glob("bptt_helpers/**/*.py"), *ROOT.glob("notebooks/scenes/*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    names = [alias.name for node in nodes if type(node) is ast.Import for alias in node.names]
    names += [node.module for node in nodes if type(node) is ast.ImportFrom and not node.level]
    foreign = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    foreign -= {"bptt_helpers", "scenes"}
    assert {"numpy", "matplotlib", "ipywidgets"} <= foreign
    assert {MODULES.get(name, name) for name in foreign} <= brought


def uv(*args, **more):
    """Run uv on what it has in its cache, or else with the network; returns what it said."""
    for how in ("--offline", "--no-cache"):
        command = [sys.executable, "-m", "uv", *map(str, args), how]
        done = subprocess.run(command, capture_output=True, text=True, **more)
        if done.returncode == 0:
            return
    raise AssertionError(done.stderr)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel made from the source archive, as `pip install git+...` makes it."""
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--quiet", "--out-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.mark.processes
def test_the_wheel_holds_every_file_and_the_list(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        (about,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        about = archive.read(about).decode()
    files = {
        path.relative_to(start).as_posix()
        for start, package in ((ROOT, "bptt_helpers"), (ROOT / "notebooks", "scenes"))
        for path in (start / package).rglob("*")
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
    }
    assert inside == files
    asked = re.findall(r"^Requires-Dist: (?!.*extra ==)(.*)$", about, re.M)
    split = [sorted(re.split(r"(?=[<>=])|,", line)) for line in asked]
    assert split == [sorted(re.split(r"(?=[<>=])|,", line)) for line in LIST]


@pytest.mark.processes
def test_the_wheel_alone_gives_a_package_that_works(wheel, tmp_path):
    python = tmp_path / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    uv("venv", "--quiet", "--python", sys.executable, tmp_path)
    uv("pip", "install", "--quiet", "--python", python, wheel)
    code = "import scenes.quiz, bptt_helpers, scenes.what_k_does_to_learning as scene, sys; "
    code += "[picture() for picture in scene.PICTURES]; "  # they read stored data
    code += "sys.exit(not bptt_helpers.__file__.startswith(sys.prefix))"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_scenes_of_the_notebooks_are_found_from_anywhere(tmp_path):
    code = "import scenes; print(scenes.__file__)"
    command = [sys.executable, "-I", "-c", code]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()) == ROOT / "notebooks" / "scenes" / "__init__.py"
