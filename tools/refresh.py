"""Format and run notebooks, and store their outputs so that only real changes show in a diff.

Usage: .venv/bin/python tools/refresh.py [notebook ...]      (all notebooks without arguments)
"""

import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    # What a kernel says, without its version, which changes by machine. With the name alone,
    # `nbconvert --to script` would write a .txt.
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
NOISE = ("collapsed", "execution", "scrolled", "trusted")  # what editors and runs leave in a cell


def main(names):
    paths = [Path(name) for name in names] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    missing = [str(path) for path in paths if not path.is_file()]
    if missing or not paths:
        sys.exit("refresh: no such notebook: " + (", ".join(missing) or "notebooks/ is empty"))
    format_command = [sys.executable, "-m", "ruff", "format", "--quiet", *map(str, paths)]
    if subprocess.run(format_command).returncode:
        sys.exit("refresh: ruff could not format the notebooks")
    failed = [path.name for path in paths if not refresh(path)]
    if failed:
        sys.exit("refresh: failed, outputs left as they were: " + ", ".join(failed))


def refresh(path):
    """Run one notebook and write it where its content changed; False where a cell fails."""
    before = path.read_text(encoding="utf-8")
    nb = nbformat.reads(before, as_version=4)
    client = NotebookClient(
        nb,
        timeout=600,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    start = time.perf_counter()
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return False
    seconds = time.perf_counter() - start
    after = nbformat.writes(clean(nb)) + "\n"
    changed = after != before
    if changed:
        path.write_text(after, encoding="utf-8", newline="\n")
    print(f"{path.name}: {seconds:.1f} s, {'changed' if changed else 'unchanged'}", flush=True)
    return True


def clean(nb):
    """Drop, in place, what a reader without a kernel cannot use and what changes by itself."""
    nb.metadata = nbformat.from_dict(METADATA)
    for cell in nb.cells:
        for name in NOISE:
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            if any(WIDGET_VIEW in output.get("data", {}) for output in cell.outputs):
                cell.metadata["deletable"] = False  # with a slider focused, `d d` deletes its cell
            cell.outputs = [kept for kept in map(without_view, merged(cell.outputs)) if kept]
    return nb


def merged(outputs):
    """Outputs with neighbouring pieces of one stream joined: where they break is chance."""
    result = []
    for output in outputs:
        last = result[-1] if result else {}
        if output.output_type == "stream" and output.get("name") == last.get("name"):
            last["text"] += output["text"]
        else:
            result.append(output)
    return result


def without_view(output):
    """The output without its widget view, or None where nothing else was in it."""
    if "data" in output:
        output.data.pop(WIDGET_VIEW, None)
        if not output.data:
            return None
    return output


if __name__ == "__main__":
    main(sys.argv[1:])
