"""Start JupyterLab at the project's root with the first notebook open; run by `make lab`."""

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from jupyter_core.paths import jupyter_runtime_dir
from jupyter_server.serverapp import list_running_servers
from jupyterlab.labapp import LabApp

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "tools" / "jupyter_server_config.py"


def first_page():
    first = min((ROOT / "notebooks").glob("*.ipynb"), default=None)
    if first is None:
        sys.exit("lab: there is no notebook in notebooks/")
    return f"lab/tree/notebooks/{first.name}"


def options():
    args = [
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/{first_page()}",
        "--LabApp.news_url=None",  # asks neither for news nor for updates
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--log-level=WARN",
    ]
    if CONFIG.exists():
        args.append(f"--config={CONFIG}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args.append("--allow-root")
    if not can_open_browser():
        args.append("--no-browser")
    return args


def can_open_browser():
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def must_write(folder):
    """End with one line where nothing can be written: JupyterLab would end in a long traceback."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        sys.exit(f"lab: JupyterLab must be able to write to {folder}: {error.strerror}")


def announce():
    """Print the address once this process answers."""
    while True:
        for server in list_running_servers():
            if server["pid"] == os.getpid():
                query = f"?token={server['token']}" if server["token"] else ""
                print(f"\nJupyterLab runs. Open {server['url']}{first_page()}{query}")
                print("Ctrl-C here stops it.\n", flush=True)
                return
        time.sleep(0.1)


if __name__ == "__main__":
    os.chdir(ROOT)
    args = options() + sys.argv[1:]
    must_write(Path(jupyter_runtime_dir()))
    threading.Thread(target=announce, daemon=True).start()
    LabApp.launch_instance(args)
