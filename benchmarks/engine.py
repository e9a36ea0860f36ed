"""`make bench-engine`: gradients, ours beside PyTorch, compiled JAX, HIPS autograd, textbook.

Prints Markdown. One number is a ratio: how many times as long the peer takes, the median over
interleaved rounds with quartiles. Every contender has a process of its own, on the same core, and
its loss and five gradients are compared first.
"""

import argparse
import os
import subprocess
import sys
import tracemalloc

THREADS = int(os.environ.get("BPTT_BENCH_THREADS", "0"))
if THREADS:  # before NumPy loads: libraries read these once
    for name in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{name}_NUM_THREADS"] = str(THREADS)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    os.environ["JAX_ENABLE_X64"] = "1"

import numpy as np  # noqa: E402
from common import (  # noqa: E402
    ROOT,
    Worker,
    clock,
    installed,
    interleaved,
    ratio,
    table,
    where,
    with_peers,
)
from contenders import MAKERS  # noqa: E402

from bptt_helpers import (  # noqa: E402
    bptt,
    checkpointed_bptt,
    contributions,
    forward,
    init_params,
    truncated_bptt,
)

SIZES = [
    (4, 1, 1, 1),
    (20, 1, 8, 4),
    (100, 1, 16, 4),
    (100, 32, 64, 16),
    (1000, 1, 32, 8),
    (1000, 32, 64, 16),
    (1000, 32, 256, 32),
    (200, 64, 512, 64),
]


def problem(T, B, n, d, dtype):
    rng = np.random.default_rng(0)
    params = init_params(rng, d, n, d)
    x, targets = rng.standard_normal((2, T, B, d))
    params = type(params)(*(p.astype(dtype) for p in params))
    return params, x.astype(dtype), targets.astype(dtype)


def gap(found, wanted):
    """The largest difference, relative to the largest entry of each array."""
    pairs = [(np.asarray(f), np.asarray(w)) for f, w in zip(found, wanted, strict=True)]
    return max(np.abs(f - w).max() / max(np.abs(w).max(), 1e-30) for f, w in pairs)


def products(T, B, n, d):
    """Floating-point operations of the matrix products alone, forward and backward."""
    return 2 * T * B * (3 * n * n + 2 * n * d + 3 * n * d)


def product(dtype):
    """One product of 1024 x 1024 matrices: the peak that NumPy's BLAS reaches on this machine."""
    a = np.random.default_rng(0).standard_normal((1024, 1024)).astype(dtype)
    out = np.empty_like(a)
    return lambda: np.dot(a, a, out=out)


def prepare(name, size, dtype):
    """In a contender's process: the call that is measured."""
    if name == "product":
        return product(dtype)
    if name == "PyTorch":
        import torch

        torch.set_num_threads(THREADS)
    return MAKERS[name][0](*problem(*size, dtype))


def gradients(workers, dtype, quick):
    *names, _ = workers
    head = ["T, B, n, d", "ours", "of the product peak", *names[1:], "largest difference"]
    rows, peaks = [], []
    for size in SIZES[: 4 if quick else None]:
        first = {name: w.ask("prepare", name, size, dtype) for name, w in workers.items()}
        wanted = first["ours"][0]
        apart = max(gap(first[name][0], wanted) for name in names[1:])
        assert apart < (1e-12 if dtype == "float64" else 1e-5), (size, apart)
        taken = interleaved(workers, 0.02 if quick else 0.1, 5 if quick else 9, Worker.clocked)
        peaks.append(2 * 1024**3 / np.median(taken["product"]))
        ours = np.median(taken["ours"])
        cells = [ratio(taken[name], taken["ours"]) for name in names[1:]]
        if "JAX, compiled" in names:
            at = names[1:].index("JAX, compiled")
            cells[at] += f"; first call {first['JAX, compiled'][1] / ours:.0f}"
        share = f"{products(*size) / ours / peaks[-1]:.0%}"
        rows.append([", ".join(map(str, size)), clock(ours), share, *cells, f"{apart:.0e}"])
    print(
        f"\n**{dtype}, {THREADS} thread{'s' * (THREADS > 1)}**, "
        f"a product of 1024 × 1024 matrices: {np.median(peaks) / 1e9:.0f} GFLOP/s\n"
    )
    print(table(head, rows), flush=True)


def autograd_map(params, x, targets):
    """The (t, k) map as one would ask an autograd library for it: one call for each loss."""
    import autograd.numpy as anp
    from autograd import grad

    W_h, W_x, b, W_y, b_y = params

    def loss(copies, t):
        h = anp.zeros(len(b))
        for s in range(t):
            h = anp.tanh(anp.dot(copies[s], h) + anp.dot(W_x, x[s]) + b)
        return 0.5 * anp.sum((anp.dot(W_y, h) + b_y - targets[t - 1]) ** 2)

    found = np.zeros((len(x), len(x)))
    for t in range(1, len(x) + 1):
        each = grad(loss)([W_h] * t, t)
        found[t - 1, :t] = [np.linalg.norm(g) for g in each]
    return found


def maps(quick):
    rows = []
    for T in (50,) if quick else (50, 200):
        params, x, targets = problem(T, 1, 16, 4, "float64")
        x, targets = x[:, 0], targets[:, 0]
        ours = lambda: contributions(params, forward(params, x), targets)  # noqa: B023, E731
        theirs = lambda: autograd_map(params, x, targets)  # noqa: B023, E731
        assert np.allclose(ours(), theirs(), rtol=1e-9, atol=1e-14)
        taken = interleaved({"ours": ours, "autograd": theirs}, 0.05, 3)
        rows.append([T, clock(np.median(taken["ours"])), ratio(taken["autograd"], taken["ours"])])
    print("\n**The map of all (t, k), n = 16**, against one autograd call for each loss\n")
    print(table(["T", "ours", "HIPS autograd"], rows), flush=True)


def peak_memory(run):
    tracemalloc.start()
    run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 2**20


def memory(quick):
    rows = []
    for T in (1000, 10_000) if quick else (1000, 10_000, 100_000):
        params, x, targets = problem(T, 1, 32, 8, "float64")
        x, targets = x[:, 0], targets[:, 0]
        runs = {
            "full": lambda: bptt(params, forward(params, x), targets, keep_h=False),  # noqa: B023
            "K = 20": lambda: sum(1 for _ in truncated_bptt(params, x, targets, 20)),  # noqa: B023
            "checkpointed": lambda: checkpointed_bptt(params, x, targets),  # noqa: B023
        }
        taken = interleaved(runs, 0.1, 3)
        cells = [f"{peak_memory(run):.2f} MiB" for run in runs.values()]
        cells += [ratio(taken[name], taken["full"]) for name in ("K = 20", "checkpointed")]
        rows.append([f"{T:,}", *cells])
    print("\n**Peak memory beyond inputs and targets, n = 32**, and time as a multiple of full\n")
    head = ["T", "full", "K = 20", "checkpointed", "time, K = 20", "time, checkpointed"]
    print(table(head, rows), flush=True)
    if installed("torch") and not quick and sys.platform == "linux":
        torch_memory()


GROWTH = """
import re, sys, time
sys.path.insert(0, "benchmarks")
import contenders
from engine import problem

def size(name):
    return int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

make = getattr(contenders, sys.argv[1])
make(*problem(100, 1, 32, 8, "float64"))()
args = problem(100_000, 1, 32, 8, "float64")
before, start = size("VmRSS"), time.perf_counter()
make(*args)()
print(f"{size('VmHWM') - before:.0f} MiB, {time.perf_counter() - start:.2f} s", end="")
"""


def torch_memory():
    """PyTorch allocates outside Python: how far a process grows, each in one of its own."""
    found = [
        subprocess.run(
            [sys.executable, "-c", GROWTH, name], capture_output=True, text=True, cwd=ROOT
        ).stdout
        for name in ("ours", "pytorch")
    ]
    print("Growth of the process at T = 100,000: ours {}; PyTorch {}\n".format(*found))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds")
    quick = parser.parse_args().quick
    if not THREADS:
        missing = with_peers(["torch==2.13.0", "jax", "autograd"])
        print("## Gradients\n\n" + where("numpy", "torch", "jax", "autograd"))
        if missing:
            print("Could not be installed, so not measured:", ", ".join(missing), "\n")
        for threads in ("1", "2"):
            env = os.environ | {"BPTT_BENCH_THREADS": threads}
            subprocess.run([sys.executable, *sys.argv], env=env, check=True)
        return
    names = [name for name, (_, package) in MAKERS.items() if installed(package)]
    workers = {name: Worker(prepare) for name in [*names, "product"]}
    for dtype in ("float64", "float32"):
        gradients(workers, dtype, quick)
    if THREADS == 1:
        if installed("autograd"):
            maps(quick)
        memory(quick)


if __name__ == "__main__":
    main()
