"""What a user may have set up for other work: two ways to be in ours."""

import json

PROXY = "http://127.0.0.1:9"  # never answers
RC = "text.usetex: True\n"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def foreign_kernel(folder):
    """A Jupyter data folder whose kernel named python3 starts nothing."""
    spec = {"argv": ["foreign"], "display_name": "foreign", "language": "python"}
    write(folder / "kernels" / "python3" / "kernel.json", json.dumps(spec))
    return str(folder)


def by_variables(folder):
    """Everything by environment variables, and a home that not even root can write."""
    failing = write(folder / "failing.py", "raise RuntimeError('not ours')\n")
    config = write(folder / "config" / "jupyter_config.py", failing.read_text()).parent
    write(folder / "ipython" / "profile_default" / "startup" / "00.py", "not_ours = True\n")
    rc = write(folder / "matplotlibrc", RC)
    return {
        "HOME": str(failing / "home"),
        "USERPROFILE": str(failing / "home"),
        "JUPYTER_PATH": foreign_kernel(folder / "data"),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_CONFIG_PATH": str(config),
        "JUPYTER_RUNTIME_DIR": str(failing / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(failing / "settings"),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLCONFIGDIR": str(folder),
        "MATPLOTLIBRC": str(rc),
        "MPLBACKEND": "no_such_backend",
        "PYTHONSTARTUP": str(failing),
        "PYTHONOPTIMIZE": "1",  # drops every assert
        "PYTHONWARNINGS": "always",
    }


def by_home(folder):
    """Everything by files in a home."""
    text = "raise RuntimeError('not ours')\n"
    write(folder / ".jupyter" / "jupyter_config.py", text)
    write(folder / ".ipython" / "profile_default" / "startup" / "00.py", "not_ours = True\n")
    for name in (".config/matplotlib", ".matplotlib"):
        write(folder / name / "matplotlibrc", RC)
    for name in (".local/share/jupyter", "Library/Jupyter", "AppData/Roaming/jupyter"):
        foreign_kernel(folder / name)
    return {"HOME": str(folder), "USERPROFILE": str(folder), "JUPYTER_PREFER_ENV_PATH": "0"}
