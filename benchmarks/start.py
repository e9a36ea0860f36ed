"""Start-up: the import, Run All of every notebook, `make lab`, `make test`; `make bench-start`.

Cold and warm `make lab` and `make test` run in a fresh clone in a temporary folder.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import ROOT, clock, interleaved, table, where

AFTER_NUMPY = """
import numpy, time
start = time.perf_counter()
import bptt_helpers
print(time.perf_counter() - start)
"""


def run(*args, **more):
    return subprocess.run(args, capture_output=True, text=True, check=True, **more).stdout


def imports():
    python = sys.executable
    taken = interleaved(
        {
            "nothing": lambda: run(python, "-c", "pass"),
            "numpy": lambda: run(python, "-c", "import numpy"),
            "bptt_helpers": lambda: run(python, "-c", "import bptt_helpers"),
        },
        0,
        15,
    )
    more = [float(run(python, "-c", AFTER_NUMPY)) for _ in range(15)]
    rows = [[name, clock(np.median(t))] for name, t in taken.items()]
    rows.append(["bptt_helpers, after numpy", clock(np.median(more))])
    print("**Python starts and imports**\n")
    print(table(["", "median of 15"], rows), flush=True)


def notebooks():
    rows, total = [], 0
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        code = (
            "import nbformat, sys; from nbclient import NotebookClient;"
            "nb = nbformat.read(sys.argv[1], 4);"
            "NotebookClient(nb, kernel_name='python3').execute(cwd='notebooks')"
        )
        start = time.perf_counter()
        run(sys.executable, "-c", code, str(path), cwd=ROOT)
        taken = time.perf_counter() - start
        total += taken
        rows.append([path.stem, clock(taken)])
    print("**Run All**, kernel start included\n")
    print(table(["notebook", "time"], [*rows, ["all", clock(total)]]), flush=True)


def lab(clone):
    """Seconds from `make lab` to the address on the screen."""
    start = time.perf_counter()
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    made = subprocess.Popen(
        ["make", "lab", "ARGS=--port 0"],
        cwd=clone,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = []
    for line in made.stdout:
        said.append(line)
        if "JupyterLab runs" in line:
            break
    else:
        raise RuntimeError("make lab ended: " + "".join(said[-5:]))
    taken = time.perf_counter() - start
    os.killpg(made.pid, signal.SIGTERM)
    made.communicate()
    return taken


def clone_and_make(with_tests):
    with tempfile.TemporaryDirectory(prefix="bptt-start-") as folder:
        clone = Path(folder) / "clone"
        run("git", "clone", "--quiet", str(ROOT), str(clone))
        rows = [["make lab, cold", clock(lab(clone))], ["make lab, warm", clock(lab(clone))]]
        if with_tests:
            start = time.perf_counter()
            run("make", "test", cwd=clone)
            rows.append(["make test, after make lab", clock(time.perf_counter() - start)])
    print("**In a fresh clone**, to the moment JupyterLab answers\n")
    print(table(["", "time"], rows), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without make test")
    quick = parser.parse_args().quick
    print("## Start-up\n\n" + where("numpy", "matplotlib", "ipywidgets", "jupyterlab"))
    imports()
    notebooks()
    clone_and_make(not quick)
