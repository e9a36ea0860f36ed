"""What the benchmarks share: a throw-away environment for the peers, fair rounds, Markdown."""

import contextlib
import datetime
import importlib.metadata
import importlib.util
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
MARK = "BPTT_BENCH_MISSING"


def with_peers(packages):
    """Run this script again where ``packages`` are installed; returns the names that are missing.

    The environment is thrown away afterwards. Each package is installed by itself, so that one
    that cannot be had does not hide the others.
    """
    if MARK in os.environ:
        return os.environ[MARK].split()
    with tempfile.TemporaryDirectory(prefix="bptt-peers-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", "requirements.txt", "-e", "."], cwd=ROOT, check=True)
        missing = []
        for package in packages:
            print(f"installing {package} ...", file=sys.stderr)
            if subprocess.run([*pip, package], stdout=subprocess.DEVNULL).returncode:
                missing.append(package.partition("=")[0])
        env = os.environ | {MARK: " ".join(missing), "PYTHONDONTWRITEBYTECODE": "1"}
        sys.exit(subprocess.run([python, *sys.argv], env=env).returncode)


def installed(name):
    return importlib.util.find_spec(name) is not None


def clocked(run, calls):
    """Seconds a call, after one that does not count.

    It stands for the step before in a training loop: while others ran, a virtual machine may have
    given freed pages back to its host, and the next to ask for them waits (0.1 of 0.5 s was seen).
    """
    run()
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls


def interleaved(contenders, seconds, rounds=9, clocked=clocked):
    """Seconds a call, {name: (rounds,)}: in every round each contender runs once, in a new order.

    A round gives every contender about ``seconds``; what disturbs one round disturbs all of it.
    """
    calls, rng = {}, np.random.default_rng(0)
    for name, run in contenders.items():
        calls[name] = max(1, int(seconds / clocked(run, 1)))
    taken = {name: [] for name in contenders}
    for _ in range(rounds):
        for name in rng.permutation(list(contenders)):
            taken[name].append(clocked(contenders[name], calls[name]))
    return {name: np.array(t) for name, t in taken.items()}


class Worker:
    """A contender in a process of its own: what another one keeps or leaves behind in memory, and
    its idle threads, cannot slow it. ``prepare`` makes the call that ``clocked`` then repeats."""

    def __init__(self, prepare):
        context = multiprocessing.get_context("spawn")
        self.pipe, end = context.Pipe()
        self.process = context.Process(target=self._serve, args=(end, prepare), daemon=True)
        self.process.start()

    @staticmethod
    def _serve(pipe, prepare):
        with contextlib.suppress(EOFError):  # the one who asks is gone
            while True:
                kind, args = pipe.recv()
                if kind == "prepare":
                    run = prepare(*args)
                    start = time.perf_counter()
                    found = run()
                    pipe.send((found, time.perf_counter() - start))
                else:
                    pipe.send(clocked(run, *args))

    def ask(self, kind, *args):
        self.pipe.send((kind, args))
        return self.pipe.recv()

    def clocked(self, calls):
        """Seconds a call, measured over there."""
        return self.ask("run", calls)


def ratio(peer, ours):
    """How many times as long the peer takes: the median over the rounds, and their quartiles."""
    low, middle, high = np.percentile(peer / ours, (25, 50, 75))
    return f"{middle:.3g} ({low:.3g}–{high:.3g})"


def clock(seconds):
    scale, unit = next(
        p for p in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if seconds * p[0] >= 1 or p[0] == 1e6
    )
    return f"{seconds * scale:.3g} {unit}"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def where(*packages):
    """One line: machine, versions, date."""
    versions = [f"{p} {importlib.metadata.version(p)}" for p in packages if installed(p)]
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(": ")[2] if names else cpu
    python = platform.python_version()
    return (
        f"{cpu}, {os.cpu_count()} cores, {platform.system()}; Python {python}, "
        f"{', '.join(versions)}; {datetime.date.today()}.\n"
    )
