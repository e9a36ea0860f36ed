"""Make .venv, install requirements.txt and the package into it; nothing is installed elsewhere.

Usage: python3 tools/setup.py lab|test|site [--exact]

A stamp in .venv makes the next call instant, until requirements.txt or pyproject.toml change.
RESOLUTION=lowest-direct in the environment installs the lowest versions that the ranges allow.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
RESOLUTION = os.environ.get("RESOLUTION", "")
NO_NETWORK = "no network, the Python package index cannot be reached"


def main():
    args = sys.argv[1:]
    what = next((name for name in ("test", "site") if name in args), "lab")
    os.chdir(str(ROOT))
    for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONPATH", "PYTHONHOME"):
        os.environ.pop(name, None)
    os.environ["PIP_USER"] = "0"  # PIP_USER=1 and pip.conf's `user` would leave .venv

    version = venv_version()
    if "--exact" in args and version and version != sys.version_info[:2]:
        version = None
    if version and is_stamped(what):
        return
    if not version:
        check_python()
        make_venv()
    install(what)
    stamp(what).write_text(fingerprint())


def venv_version():
    """(major, minor) of the Python in .venv; None where none runs, or it has no pip."""
    try:
        code = "import sys, pip; print(*sys.version_info[:2])"  # without pip: half made
        out = subprocess.check_output([str(PYTHON), "-c", code], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return tuple(int(part) for part in out.split())


def fingerprint():
    text = (ROOT / "requirements.txt").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return hashlib.sha256(text + (str(ROOT) + RESOLUTION).encode()).hexdigest()


def stamp(what):
    return VENV / (".installed-" + what)


def is_stamped(what):
    """Whether what is asked for stands in .venv; `test` has all, `site` has `lab`."""
    stamps = [stamp(name) for name in {what, "test", *(["site"] * (what == "lab"))}]
    return any(path.exists() and path.read_text() == fingerprint() for path in stamps)


def check_python():
    if sys.version_info >= (3, 11):
        return
    newer = [name for name in map("python3.{}".format, range(19, 10, -1)) if shutil.which(name)]
    hint = "make lab PYTHON=" + newer[0] if newer else "install one"
    fail(f"Python 3.11 or newer is needed, {sys.executable} is {sys.version.split()[0]}: {hint}")


def make_venv():
    """A .venv with pip; where Debian's python3-venv is missing, pip comes from outside."""
    if importlib.util.find_spec("venv") is None:
        fail("this Python has no venv module; on Debian: apt install python3-venv")
    with_pip = importlib.util.find_spec("ensurepip") is not None
    if not with_pip and importlib.util.find_spec("pip") is None:
        fail("this Python has neither ensurepip nor pip; on Debian: apt install python3-venv")
    say("making .venv with Python " + sys.version.split()[0])
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    run(command + ([] if with_pip else ["--without-pip"]), "could not make .venv")
    if not with_pip:
        outer = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
        run(outer + ["install", "--quiet", "pip"], "could not install pip into .venv")


def install(what):
    tools = {"lab": "", "test": " and the test tools", "site": " and what makes the site"}
    say("installing requirements.txt" + tools[what])
    packages = ["-r", "requirements.txt", "-e", "." if what == "lab" else "." + f"[{what}]"]
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
    pip += ["--retries", "2", "install"]
    uv = [str(PYTHON), "-m", "uv", "--quiet", "pip", "install", "--python", str(PYTHON)]
    if RESOLUTION:
        uv += ["--resolution", RESOLUTION]
    error = attempt(pip + ["uv"])
    if offline(error):
        fail(NO_NETWORK)
    if not error and attempt(uv + packages):  # its cache lies in a home that may be read-only
        error = attempt([*uv, "--no-cache", *packages])
    if error and RESOLUTION:
        fail("RESOLUTION needs uv, which failed: " + last_line(error))
    if error:
        say("uv could not do it, trying pip (slower)")
        run(pip + packages, "could not install requirements.txt")


def attempt(command):
    """Run; what it wrote where it failed, else an empty string."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode(errors="replace")
    return (text or "no message") if done.returncode else ""


def run(command, problem):
    error = attempt(command)
    if offline(error):
        fail(NO_NETWORK)
    if error:
        sys.stderr.write(error)
        fail(problem + ": " + last_line(error))


def offline(error):
    signs = ("connection", "name resolution", "timed out")
    return any(sign in error.lower() for sign in signs)


def last_line(text):
    return text.strip().splitlines()[-1]


def say(text):
    print("setup: " + text, flush=True)


def fail(text):
    sys.exit("setup: " + text)


if __name__ == "__main__":
    main()
