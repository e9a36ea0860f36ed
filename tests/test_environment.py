"""What a user has set up for other work stays outside: the environment that `make` hands on."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hostile import PROXY, by_home, by_variables, write

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = re.search(r"^\.PHONY: (.*)", MAKEFILE, re.M)[1].split()
OF_MAKE = "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"

ASK_A_KERNEL = """
from jupyter_client.manager import start_new_kernel
source = '''
import sys, matplotlib.pyplot as plt
print(sys.prefix, plt.rcParams["text.usetex"], "not_ours" in globals(), __debug__)
print("inline" in plt.get_backend())
'''
manager, client = start_new_kernel(kernel_name="python3")
client.execute_interactive(source, timeout=60)  # prints what the kernel prints
manager.shutdown_kernel(now=True)
"""


@pytest.fixture(scope="module", params=[by_variables, by_home])
def hostile(request, tmp_path_factory):
    """A machine's environment, with a user's own things and a proxy."""
    own = request.param(tmp_path_factory.mktemp(request.param.__name__))
    names = ("JUPYTER", "IPYTHON", "MPL", "PYTHON", "XDG_")
    env = {k: v for k, v in os.environ.items() if k not in OF_MAKE and not k.startswith(names)}
    env.pop("no_proxy", None)
    return env | {"http_proxy": PROXY, "NO_PROXY": "example.org", **own}


@pytest.fixture(scope="module")
def handed_on(hostile, tmp_path_factory):
    """What `make` hands on to the commands of a target."""
    show = tmp_path_factory.mktemp("show") / "show.py"
    write(show, "import json, os; print(json.dumps(dict(os.environ)))")
    run = f'"{Path(sys.executable).as_posix()}" "{show.as_posix()}"'

    def environment(target):
        command = ["make", "-s", target, "SETUP=@true", f"RUN={run}"]
        done = subprocess.run(command, cwd=ROOT, env=hostile, capture_output=True, check=True)
        first, *others = map(json.loads, done.stdout.splitlines())
        assert all(other == first for other in others)
        return first

    return environment


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_of_the_user_is_handed_on(handed_on, hostile, target):
    env = handed_on(target)
    own = ("JUPYTER", "IPYTHON", "MPL", "MATPLOTLIBRC", "PYTHON")
    left = {name: value for name, value in env.items() if name.startswith(own)}
    assert left.pop("JUPYTER_PREFER_ENV_PATH") == "1"
    assert len(left) == 5 and all(Path(v).parent == ROOT / ".venv/state" for v in left.values())
    direct = {value for name, value in env.items() if name.lower() == "no_proxy"}
    assert direct == {"example.org,localhost,127.0.0.1,::1"}
    assert {PROXY, hostile["USERPROFILE"]} <= set(env.values())  # git, pip and a browser need them


def test_check_runs_what_is_quick_and_the_notebooks_that_changed(tmp_path):
    """Those that are not as in the last commit, and on a branch not as where it left main."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    show = write(tmp_path / "show.py", "import json, sys; print(json.dumps(sys.argv[1:]))")
    run = f'"{Path(sys.executable).as_posix()}" "{show.as_posix()}"'
    env = {k: v for k, v in os.environ.items() if k not in OF_MAKE and not k.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

    def call(*command):
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def git(*command):
        call("git", "-c", "user.name=a", "-c", "user.email=a@example.org", *command)

    def changed():
        said = call("make", "-s", "check", "SETUP=@true", f"RUN={run}").splitlines()
        commands = [json.loads(line) for line in said]
        assert [c[2] for c in commands if "ruff" in c] == ["check", "format"]
        (unit,) = [c for c in commands if "tests" in c]
        assert unit[-2:] == ["-m", "not pictures and not processes"]
        assert "--ignore=tests/browser" in unit
        nbval = [c for c in commands if "--nbval" in c]
        return [sorted(part for part in c if part.endswith(".ipynb")) for c in nbval]

    for name in "abc":
        write(tmp_path / "notebooks" / f"{name}.ipynb", name)
    git("init", "--quiet", "--initial-branch", "main")
    git("add", "notebooks")
    git("commit", "--quiet", "--message", "three")
    assert changed() == []
    write(tmp_path / "notebooks" / "a.ipynb", "changed")
    write(tmp_path / "notebooks" / "d.ipynb", "new")
    (tmp_path / "notebooks" / "c.ipynb").unlink()
    now = [["notebooks/a.ipynb", "notebooks/d.ipynb"]]
    assert changed() == now
    git("switch", "--quiet", "--create", "branch")
    git("add", "notebooks")
    git("commit", "--quiet", "--message", "more")
    assert changed() == now
    git("switch", "--quiet", "main")
    assert changed() == []
    git("merge", "--quiet", "branch")
    assert changed() == []
    git("branch", "--move", "main", "trunk")  # a clone of one branch has no main
    write(tmp_path / "notebooks" / "b.ipynb", "changed")
    assert changed() == [["notebooks/b.ipynb"]]


@pytest.mark.processes
def test_a_kernel_is_that_of_the_project_and_draws_as_everywhere(handed_on):
    command = [sys.executable, "-c", ASK_A_KERNEL]
    done = subprocess.run(command, env=handed_on("test"), capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == f"{sys.prefix} False False True\nTrue\n", done


@pytest.mark.processes
def test_make_lab_starts(handed_on):
    command = [sys.executable, "tools/lab.py", "--port=0", "--no-browser"]
    started = subprocess.Popen(
        command,
        cwd=ROOT,
        env=handed_on("lab"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in started.stdout:
        said.append(line)
        if "Ctrl-C" in line:
            break
    started.kill()  # a server that has only begun to listen may miss a request to stop
    said.append(started.communicate()[0])
    assert "JupyterLab runs" in "".join(said) and "Traceback" not in "".join(said), "".join(said)


@pytest.fixture
def page(tmp_path):
    """The address of a page on this machine that says `here`."""
    write(tmp_path / "page", "here")
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/page"
        server.shutdown()


def test_no_proxy_is_asked_for_this_machine(handed_on, page):
    code = f"import urllib.request as u; print(u.urlopen('{page}', timeout=20).read().decode())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=handed_on("test"), capture_output=True, text=True)
    assert done.stdout == "here\n", done.stderr
