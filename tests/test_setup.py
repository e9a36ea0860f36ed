"""tools/setup.py: what it installs and when, and the one line it ends with where it cannot."""

import importlib.util
import os
import re
import shutil
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HERE = sys.version_info[:2]


@pytest.fixture
def setup(tool, tmp_path, monkeypatch):
    """The module, on a copy of the project's lists, with a .venv that has a version but no file.

    ``setup.ran`` collects the commands; ``setup.errors`` says what a command writes that fails,
    by a word that stands in it.
    """
    monkeypatch.setattr(os, "environ", {"PATH": os.environ["PATH"]})  # `main` changes it
    module = tool("setup")
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    module.ROOT, module.VENV = tmp_path, tmp_path / ".venv"
    module.PYTHON = module.VENV / "python"
    module.VENV.mkdir()
    module.ran, module.errors, module.version = [], {}, HERE

    def attempt(command):
        module.ran.append(command)
        return next((text for word, text in module.errors.items() if word in command), "")

    monkeypatch.setattr(module, "attempt", attempt)
    monkeypatch.setattr(module, "venv_version", lambda: module.version)
    monkeypatch.setattr(sys, "argv", ["setup.py", "lab"])
    monkeypatch.chdir(tmp_path)
    return module


def main(setup, *args):
    """The commands of one call."""
    setup.ran.clear()
    sys.argv[1:] = args
    setup.main()
    return [" ".join(command) for command in setup.ran]


def test_uv_installs_the_list_and_the_package(setup, capsys):
    pip, uv = main(setup, "lab")
    assert pip.startswith(f"{setup.PYTHON} -m pip ") and pip.endswith(" install uv")
    assert uv.startswith(f"{setup.PYTHON} -m uv ") and f"--python {setup.PYTHON}" in uv
    assert uv.endswith(" -r requirements.txt -e .")
    assert capsys.readouterr().out == "setup: installing requirements.txt\n"


def test_the_test_tools_are_added(setup, capsys):
    assert main(setup, "test")[-1].endswith(" -r requirements.txt -e .[test]")
    assert capsys.readouterr().out == "setup: installing requirements.txt and the test tools\n"


def test_what_makes_the_site_is_added_and_test_has_it_too(setup, capsys):
    assert main(setup, "site")[-1].endswith(" -r requirements.txt -e .[site]")
    assert "and what makes the site\n" in capsys.readouterr().out
    assert main(setup, "site") == main(setup, "lab") == []
    assert main(setup, "test") and not (setup.stamp("site").unlink() or main(setup, "site"))


def test_a_second_call_does_nothing(setup):
    assert main(setup, "lab") and main(setup, "lab") == []


def test_test_brings_lab_along_but_not_the_reverse(setup):
    assert main(setup, "lab") and main(setup, "test")
    stamps = sorted(path.name for path in setup.VENV.iterdir())
    assert stamps == [".installed-lab", ".installed-test"]
    setup.stamp("lab").unlink()
    assert main(setup, "lab") == []


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_changed_list_is_installed(setup, name):
    main(setup, "lab")
    (setup.ROOT / name).write_text("changed")
    assert main(setup, "lab") and main(setup, "lab") == []


def test_other_versions_and_another_place_are_installed(setup, monkeypatch):
    main(setup, "lab")
    setup.RESOLUTION = "lowest-direct"
    assert "--resolution lowest-direct" in main(setup, "lab")[-1]
    moved = setup.ROOT / "moved"  # the editable package points to the old place
    moved.mkdir()
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(setup.ROOT / name, moved)
    setup.ROOT = moved
    assert main(setup, "lab")


def test_a_failed_installation_leaves_no_stamp(setup):
    setup.errors = {"requirements.txt": "no\nNo space left on device"}
    message = "^setup: could not install requirements.txt: No space left on device$"
    with pytest.raises(SystemExit, match=message):
        main(setup, "lab")
    setup.errors = {}
    assert main(setup, "lab")


def test_pip_steps_in_for_uv(setup, capsys):
    setup.errors = {"uv": "No module named uv"}
    *_, last = main(setup, "lab")
    assert last.startswith(f"{setup.PYTHON} -m pip ")
    assert last.endswith(" install -r requirements.txt -e .")
    assert "setup: uv could not do it, trying pip (slower)\n" in capsys.readouterr().out


def test_uv_does_without_a_cache_that_it_cannot_write(setup, monkeypatch):
    def attempt(command):
        setup.ran.append(command)
        return "" if "--no-cache" in command or "pip" == command[2] else "no cache directory"

    monkeypatch.setattr(setup, "attempt", attempt)
    _, first, second = main(setup, "lab")
    assert "--no-cache" not in first
    assert second == first.replace(" -r ", " --no-cache -r ")


def test_pip_cannot_step_in_for_the_lowest_versions(setup):
    setup.RESOLUTION, setup.errors = "lowest-direct", {"--resolution": "1\nno solution"}
    with pytest.raises(SystemExit, match="^setup: RESOLUTION needs uv, which failed: no solution$"):
        main(setup, "lab")


@pytest.mark.parametrize(
    "said",
    [
        "NewConnectionError: Failed to establish a new connection: [Errno 101]",
        "Temporary failure in name resolution",
        "ReadTimeoutError: Read timed out.",
    ],
)
@pytest.mark.parametrize("command", ["uv", "requirements.txt"])
def test_no_network_is_one_line(setup, said, command):
    setup.errors = {command: said}
    with pytest.raises(SystemExit) as end:
        main(setup, "lab")
    assert end.value.code == "setup: no network, the Python package index cannot be reached"


def test_a_venv_is_made_where_none_runs(setup, capsys):
    setup.version = None
    first = main(setup, "lab")[0]
    assert first.startswith(f"{sys.executable} -m venv --clear {setup.VENV}")
    assert capsys.readouterr().out.startswith("setup: making .venv with Python ")


def test_another_python_replaces_it_only_if_asked_for_by_name(setup):
    main(setup, "lab")
    setup.version = (3, 10)
    assert main(setup, "lab") == []
    assert "-m venv --clear" in main(setup, "lab", "--exact")[0]
    setup.version = HERE
    assert main(setup, "lab", "--exact") == []


def test_an_old_python_is_told_what_is_needed(setup, monkeypatch):
    setup.version = None

    class Version(tuple):
        major, minor = 3, 9

    monkeypatch.setattr(sys, "version_info", Version((3, 9, 2)))
    monkeypatch.setattr(sys, "version", "3.9.2 (default)")
    start = rf"^setup: Python 3\.11 or newer is needed, {re.escape(sys.executable)} is 3\.9\.2: "
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "python3.12" else None)
    with pytest.raises(SystemExit, match=start + r"make lab PYTHON=python3\.12$"):
        main(setup, "lab")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=start + "install one$"):
        main(setup, "lab")
    assert setup.ran == []


def without(monkeypatch, *missing):
    find = importlib.util.find_spec
    found = lambda name: None if name in missing else find(name)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", found)


def test_a_debian_without_venv_is_told_what_to_install(setup, monkeypatch):
    setup.version = None
    without(monkeypatch, "venv")
    with pytest.raises(SystemExit, match="^setup: .*no venv module.*apt install python3-venv$"):
        main(setup, "lab")


def test_pip_from_outside_stands_in_for_ensurepip(setup, monkeypatch):
    setup.version = None
    without(monkeypatch, "ensurepip")
    make, pip, *_ = main(setup, "lab")
    assert make.endswith("--without-pip")
    assert pip == f"{sys.executable} -m pip --python {setup.PYTHON} install --quiet pip"
    without(monkeypatch, "ensurepip", "pip")
    setup.stamp("lab").unlink()
    with pytest.raises(SystemExit, match="^setup: .*neither ensurepip nor pip.*python3-venv$"):
        main(setup, "lab")


def test_nothing_is_installed_outside_the_venv(setup, monkeypatch):
    for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONPATH", "PYTHONHOME"):
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    main(setup, "lab")
    assert "/elsewhere" not in os.environ.values() and os.environ["PIP_USER"] == "0"


def test_the_version_of_a_venv_is_asked_for(tool, tmp_path):
    setup = tool("setup")
    there = setup.PYTHON.relative_to(setup.VENV)
    setup.PYTHON = Path(sys.executable)
    assert setup.venv_version() == HERE
    setup.PYTHON = tmp_path / "python"
    assert setup.venv_version() is None
    venv.create(tmp_path / "half_made", with_pip=False)
    setup.PYTHON = tmp_path / "half_made" / there
    assert setup.venv_version() is None


def test_what_a_command_writes_is_kept_only_where_it_fails(tool):
    attempt = tool("setup").attempt
    code = "import sys; print('said'); sys.exit({})"
    assert attempt([sys.executable, "-c", code.format(0)]) == ""
    assert attempt([sys.executable, "-c", code.format(1)]).strip() == "said"
    assert attempt([sys.executable, "-c", "raise SystemExit(1)"]) == "no message"
