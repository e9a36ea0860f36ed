"""`make bench-loops`: the loops in PyTorch and JAX that notebook 15 prints, run beside ours.

The text is taken out of the notebook, so that what is run is what is read. One pass over its
recordings, in float64: weights and state must end where ``right_loop`` ends, to 1e-6. Then the same
with each statement of the loop left out in turn: none is there for nothing.
"""

import ast
import os
import re
import sys

os.environ["JAX_ENABLE_X64"] = "1"  # before JAX loads: it reads this once

import nbformat
import numpy as np
from common import ROOT, installed, table, where, with_peers

from bptt_helpers import chunks

NOTEBOOK = ROOT / "notebooks" / "15_right_gradient_wrong_stream.ipynb"
SEEDS = range(3)
CLOSE = 1e-6  # PyTorch divides by the norm plus 1e-6 where it clips


def printed(cell):
    """(what stands before the loop, the loop), the two pieces of Python in a cell of prose."""
    source = {c.id: c.source for c in nbformat.read(NOTEBOOK, 4).cells}[cell]
    before, loop = re.findall(r"```python\n(.*?)```", source, re.S)
    return before, loop


def given(case):
    """The names that both texts take for granted, but for the data, which each wants as its own."""
    from scenes import right_gradient_wrong_stream as scene

    params, stream = case
    (n, d), (o, _), (T, rows) = params.W_x.shape, params.W_y.shape, stream.start.shape
    sizes = dict(n=n, d=d, o=o, rows=rows, cuts=chunks(T, 4), rate=scene.RATE, limit=scene.LIMIT)
    x, start, counted = stream
    return sizes, dict(x=x[:-1], targets=x[1:], start=start, counted=counted)


def pytorch(case, loop):
    """Where the text ends: the five weights and the state."""
    import torch

    torch.set_default_dtype(torch.float64)
    names, data = given(case)
    names |= {name: torch.tensor(a) for name, a in data.items()}
    exec(printed("in-pytorch")[0], names)
    net, read = names["net"], names["read"]
    ours = net.weight_hh_l0, net.weight_ih_l0, net.bias_ih_l0, read.weight, read.bias
    with torch.no_grad():
        for theirs, p in zip(ours, case[0]):
            theirs.copy_(torch.tensor(p))
    exec(loop, names)
    return [w.detach().numpy() for w in (*ours, names["h"][0])]


def jax(case, loop):
    import jax.numpy as jnp

    names, data = given(case)
    names |= {name: jnp.asarray(a) for name, a in data.items()}
    exec(printed("in-jax")[0], names)
    names["params"] = type(case[0])(*map(jnp.asarray, case[0]))
    exec(loop, names)
    return [np.asarray(a) for a in (*names["params"], names["h"])]


def ours(case):
    from scenes import right_gradient_wrong_stream as scene

    _, _, params, h = scene.run_loop(scene.right_loop, *case)
    return [*params, h]


def gap(found, wanted):
    """The largest difference of any number."""
    return max(np.abs(f - w).max() for f, w in zip(found, wanted, strict=True))


def without(loop):
    """(what is left out, the loop without it): each statement in turn, and the mask. Last what a
    message of PyTorch suggests in place of ``detach``."""
    tree = ast.parse(loop)
    body = tree.body[-1].body
    for i, statement in enumerate(body):
        kept = body[:i] + body[i + 1 :]
        tree.body[-1].body = kept
        yield ast.unparse(statement), ast.unparse(tree)
    for mask in "[counted[s]]", " * counted[..., None]":
        if mask in loop:
            yield mask.strip(), loop.replace(mask, "")
    attached = re.sub(r"\n +h = h.detach\(\).*", "", loop)
    if attached != loop:
        attached = attached.replace("backward()", "backward(retain_graph=True)")
        yield "h = h.detach(), but with retain_graph=True", attached


def main():
    missing = with_peers(["torch==2.13.0", "jax"])
    from scenes import right_gradient_wrong_stream as scene

    print("## The loops of notebook 15\n\n" + where("numpy", "torch", "jax"))
    failed = bool(missing)
    if missing:
        print("Could not be installed, so not run:", ", ".join(missing), "\n")
    for name, run, package, cell in (
        ("PyTorch", pytorch, "torch", "in-pytorch"),
        ("JAX", jax, "jax", "in-jax"),
    ):
        if not installed(package):
            continue
        loop, cases = printed(cell)[1], [scene.case(seed) for seed in SEEDS]
        apart = max(gap(run(case, loop), ours(case)) for case in cases)
        moved = min(gap(ours(case)[:5], case[0]) for case in cases)
        print(f"**{name}** ends within {apart:.0e} of ours, where the pass moved a weight by up to")
        print(f"{moved:.2g} or more ({len(cases)} networks). Without one of its statements:\n")
        failed |= not apart < CLOSE
        rows = []
        for left_out, text in without(loop):
            try:
                off = gap(run(cases[0], text), ours(cases[0]))
                said = f"{off:.2g} off"
                failed |= off < 1e3 * CLOSE
            except Exception as error:  # whatever a broken loop does
                said = f"{type(error).__name__}: {str(error).splitlines()[0][:90]}"
            rows.append([f"`{left_out}`", said])
        print(table(["left out", "where it ends"], rows), flush=True)
    print("FAILED" if failed else "Both texts are true.")
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
