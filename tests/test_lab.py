"""`make lab`: the options it starts JupyterLab with, and the address it prints."""

import os
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent
FIRST = "lab/tree/notebooks/01_chain_rule.ipynb"


@pytest.fixture
def lab(tool):
    return tool("lab")


@pytest.fixture
def in_folder(lab, tmp_path, monkeypatch):
    """The same in a project that is empty but for `notebooks/`."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(lab, "CONFIG", tmp_path / "tools" / "jupyter_server_config.py")
    return lab


def test_the_first_notebook_opens_at_the_root_of_the_project(lab):
    options = lab.options()
    assert f"--ServerApp.root_dir={ROOT}" in options and f"--LabApp.default_url=/{FIRST}" in options
    assert f"--config={ROOT / 'tools' / 'jupyter_server_config.py'}" in options


def test_jupyterlab_knows_every_option(lab, tmp_path):
    known = {name for kind in lab.LabApp().classes for name in kind.class_traits()}
    for option in lab.options():
        name = option.removeprefix("--").partition("=")[0].rpartition(".")[2]
        assert name in known | {*lab.LabApp.flags, *lab.LabApp.aliases, "config"}, option


def test_neither_news_nor_updates_are_asked_for(lab):
    assert {
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    } <= set(lab.options())


def test_a_project_without_notebooks_says_so_in_one_line(in_folder):
    with pytest.raises(SystemExit, match=r"^lab: there is no notebook in notebooks/$"):
        in_folder.options()


def test_without_the_configuration_it_starts_all_the_same(in_folder, tmp_path):
    for name in ("02_b", "01_a"):
        (tmp_path / "notebooks" / f"{name}.ipynb").touch()
    options = in_folder.options()
    assert "--LabApp.default_url=/lab/tree/notebooks/01_a.ipynb" in options
    assert not [option for option in options if option.startswith("--config")]


@pytest.mark.parametrize("user, allowed", [(0, True), (1000, False), (None, False)])
def test_only_root_has_to_allow_root(lab, monkeypatch, user, allowed):
    if user is None:  # Windows
        monkeypatch.delattr(os, "geteuid", raising=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert ("--allow-root" in lab.options()) is allowed


@pytest.mark.parametrize(
    "platform, screen, opens",
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ""}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_browser_is_opened_where_there_is_a_screen(lab, monkeypatch, platform, screen, opens):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in screen.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert ("--no-browser" not in lab.options()) is opens


@pytest.mark.parametrize("token, query", [("abc", "?token=abc"), ("", "")])
def test_the_address_is_that_of_this_server(lab, monkeypatch, capsys, token, query):
    other = {"pid": -1, "url": "http://other/", "token": "no"}
    this = {"pid": os.getpid(), "url": "http://localhost:8888/", "token": token}
    answers = iter([[], [other], [other, this]])  # asked until this process answers
    monkeypatch.setattr(lab, "list_running_servers", lambda: next(answers))
    monkeypatch.setattr(lab.time, "sleep", lambda seconds: None)
    lab.announce()
    said = capsys.readouterr().out
    assert f"\nJupyterLab runs. Open http://localhost:8888/{FIRST}{query}\n" in said
    assert "other" not in said and "Ctrl-C here stops it." in said


def test_a_folder_that_cannot_be_written_is_one_line(lab, tmp_path, monkeypatch):
    lab.must_write(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match=r"^lab: JupyterLab must be able to write to .*: .+$"):
        lab.must_write(tmp_path / "file" / "folder")

    def refuse(dir):
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr(lab.tempfile, "TemporaryFile", refuse)  # root may write everywhere
    with pytest.raises(SystemExit, match=r"^lab: JupyterLab must .*: Permission denied$"):
        lab.must_write(tmp_path)


def test_what_is_said_on_the_command_line_comes_last_and_so_wins(lab, monkeypatch):
    started = []
    monkeypatch.setattr(lab.LabApp, "launch_instance", started.append)
    monkeypatch.setattr("threading.Thread", lambda **_: SimpleNamespace(start=lambda: None))
    monkeypatch.setattr(sys, "argv", ["lab.py", "--port", "9000"])
    monkeypatch.chdir(ROOT / "tests")
    runpy.run_path(str(ROOT / "tools" / "lab.py"), run_name="__main__")
    assert started[0][:-2] == lab.options() and started[0][-2:] == ["--port", "9000"]
    assert Path.cwd() == ROOT
