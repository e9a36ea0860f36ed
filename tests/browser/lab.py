"""A real JupyterLab in a real browser: start it, open a notebook, run it, move its widgets.

Nothing here sleeps for a fixed time. `Page.settle` waits until the kernel has answered everything
that was sent to it and the widgets have stopped changing.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("BROWSER_NOTEBOOKS") or ROOT / "notebooks")
RUN_SECONDS = 300
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy knows 127.0.0.1
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
WINDOWS = r"C:\Program Files\Google\Chrome\Application\chrome.exe"

JS = r"""
window.lab = {
  panel: () => window.jupyterapp.shell.currentWidget,
  kernel: () => lab.panel()?.sessionContext?.session?.kernel,
  ready: () => !!lab.panel()?.content?.model && lab.kernel()?.status === 'idle',
  cells: () => lab.panel().content.model.cells.length,
  // What was sent to the kernel and not yet answered. A reply to a request of our own is not
  // enough: JupyterLab may send widget messages to another thread of the kernel (a subshell).
  open: new Set(),
  listen() {
    lab.kernel().anyMessage.connect((_, { msg, direction }) => {
      if (direction === 'send' && msg.channel === 'shell') lab.open.add(msg.header.msg_id);
      if (msg.header.msg_type === 'status' && msg.content.execution_state === 'idle')
        lab.open.delete(msg.parent_header.msg_id);
    });
  },
  decoded: () => Promise.all([...document.images].map(i => i.decode().catch(() => 0))),
  stored() {
    return lab.panel().content.widgets.map(({ node }) => node)
      .filter(node => node.querySelector('.bptt-stored')).map(node => ({
        id: node.dataset.windowedListIndex,
        pictures: [...node.querySelectorAll('.jp-OutputArea-output img')].map(i => i.naturalWidth),
        sentences: [...node.querySelectorAll('.bptt-stored')].map(s => s.innerText.trim()),
        widgets: node.querySelectorAll('.jupyter-widgets').length,
      }));
  },
  async digest(image) {
    const bytes = await (await fetch(image.src)).arrayBuffer();
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return [...hash.slice(0, 8)].map(b => b.toString(16).padStart(2, '0')).join('');
  },
  shown: cell => [...cell.querySelectorAll('.jp-OutputArea-output')]
    .flatMap(out => [...out.querySelectorAll('img, .widget-html, [role=status]')])
    .map(e => e.src ?? e.innerText).join('|'),
  async ask(code) {
    let text = '';
    const future = lab.kernel().requestExecute({ code, store_history: false });
    future.onIOPub = m => { text += m.content.text ?? (m.content.traceback ?? []).join(''); };
    await future.done;
    return text;
  },
  async runCell(index) {
    lab.panel().content.activeCellIndex = index;
    await window.jupyterapp.commands.execute('notebook:run-cell');
  },
  async unfold() {
    const command = 'notebook:expand-all-headings';
    const { commands } = window.jupyterapp;
    if (commands.hasCommand(command)) await commands.execute(command);
  },
  async runAll() {
    const panel = lab.panel();
    await panel.revealed;
    const ok = await window.jupyterapp.commands.execute('notebook:run-all-cells');
    await lab.unfold();
    return { ok, failures: lab.failures() };
  },
  failures() {
    const found = [];
    [...lab.panel().content.model.cells].forEach((cell, i) => {
      if (cell.type !== 'code') return;
      for (const out of cell.outputs.toJSON()) {
        if (out.output_type === 'error') found.push(`cell ${i}: ${out.ename}: ${out.evalue}`);
        if (out.name === 'stderr') found.push(`cell ${i}, stderr: ${[].concat(out.text).join('')}`);
      }
    });
    return found;
  },
  widgetsShown() {
    let wanted = 0;
    for (const cell of lab.panel().content.model.cells) {
      if (cell.type !== 'code') continue;
      for (const out of cell.outputs.toJSON())
        if (out.data?.['application/vnd.jupyter.widget-view+json']) wanted += 1;
    }
    const shown = document.querySelectorAll('.jp-OutputArea-output > .jupyter-widgets').length;
    return shown >= wanted;
  },
  state(root) {
    return JSON.stringify([...root.querySelectorAll('.jp-OutputArea-output')].map(out => [
      [...out.querySelectorAll('img')].map(i => [i.src, i.complete]),
      [...out.querySelectorAll('input')].map(i => i.value),
      [...out.querySelectorAll('.noUi-target')].map(s => s.noUiSlider.get(true)),
      [...out.querySelectorAll('button')].map(b => b.className),
      [...out.querySelectorAll('.widget-html')].map(h => h.innerHTML),
      out.querySelector('.widget-html') ? '' : out.innerText,
    ]));
  },
  async settle(root, seconds) {
    const end = performance.now() + 1000 * seconds;
    const frame = () => new Promise(done => requestAnimationFrame(done));
    let before = null;
    for (;;) {
      if (performance.now() > end) throw new Error('the widgets never came to rest');
      await lab.kernel().requestExecute({ code: '', silent: true, store_history: false }).done;
      await frame();
      const now = lab.state(root);
      if (now === before && !lab.open.size && !now.includes('false]')) return;
      before = now;
    }
  },
  watch(root) {
    const seen = { heights: {}, offsets: {}, pictures: new Set(), on: true };
    const look = () => {
      if (!seen.on) return;
      const image = root.querySelector('.bptt-explorer img');
      const box = image?.getBoundingClientRect();
      seen.heights[Math.round(box?.height ?? 0)] = true;
      seen.offsets[Math.round((box?.top ?? 0) - root.getBoundingClientRect().top)] = true;
      if (image) seen.pictures.add(image.src);
      requestAnimationFrame(look);
    };
    root.labWatch = seen;
    requestAnimationFrame(look);
  },
  unwatch(root) {
    const seen = root.labWatch;
    seen.on = false;
    return {
      heights: Object.keys(seen.heights).map(Number),
      offsets: Object.keys(seen.offsets).map(Number),
      pictures: seen.pictures.size,
    };
  },
};
"""


def find_browser():
    """Path of an installed Chromium or Chrome, or None. The variable CHROMIUM overrides it."""
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    found = [path for name in BROWSERS if (path := shutil.which(name))]
    found += [path for path in (MAC, WINDOWS) if Path(path).exists()]
    return found[0] if found else None


def has_widgets(path):
    """Whether a notebook shows widgets: such cells are undeletable."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    return any(
        cell["cell_type"] == "code"
        and (
            cell["metadata"].get("deletable") is False
            or any(word in "".join(cell["source"]) for word in ("explorer(", "ipywidgets"))
        )
        for cell in cells
    )


NOTEBOOKS = sorted(path.name for path in FOLDER.glob("*.ipynb") if has_widgets(path))


@contextlib.contextmanager
def browser(pixel_ratio=2, width=1280, height=900):
    """A headless browser window; yields a playwright context."""
    from playwright.sync_api import sync_playwright

    root = hasattr(os, "geteuid") and os.geteuid() == 0
    flags = ["--disable-dev-shm-usage"] + (["--no-sandbox"] if root else [])
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=find_browser(), args=flags)
        yield chromium.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=pixel_ratio
        )
        chromium.close()


class Lab:
    """A JupyterLab server of this interpreter, on copied notebooks in a folder of its own.

    configured : whether with the server configuration that `make lab` uses.
    """

    def __init__(self, folder, notebooks, configured=True):
        self.folder, self.configured = Path(folder), configured
        self.copies = self.folder / "notebooks"
        if Path(notebooks).is_dir():
            skip = shutil.ignore_patterns(".ipynb_checkpoints")
            shutil.copytree(notebooks, self.copies, ignore=skip)
        else:
            self.copies.mkdir(parents=True)
            shutil.copy(notebooks, self.copies)
        for name, values in SETTINGS.items():
            path = self.folder / "settings/@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        private = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        foreign = ("JUPYTER", "IPYTHON", "MPLBACKEND")  # and conftest's Agg is for pytest alone
        env = {name: v for name, v in os.environ.items() if not name.startswith(foreign)}
        env |= {name: str(self.folder / part) for name, part in private.items()}
        env["JUPYTER_PREFER_ENV_PATH"] = "1"
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
        command += [f"--ServerApp.root_dir={self.folder}", "--ServerApp.ip=127.0.0.1"]
        command += ["--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"]
        command += ["--JupyterNotebookApp.expose_app_in_browser=True"]
        config = ROOT / "tools/jupyter_server_config.py"
        command += [f"--config={config}"] if self.configured and config.exists() else []
        self.log = open(self.folder / "server.log", "wb")  # noqa: SIM115
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=env, stdout=self.log, stderr=subprocess.STDOUT
        )
        end = time.monotonic() + 90
        while True:
            try:
                DIRECT.open(f"{self.url}/api/status", timeout=10).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.__exit__()
                    log = (self.folder / "server.log").read_text(errors="replace")
                    raise RuntimeError(f"JupyterLab did not start:\n{log[-3000:]}") from None
                time.sleep(0.1)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    @contextlib.contextmanager
    def open(self, context, name, way="doc/tree"):
        """The notebook `name` in a browser tab with a kernel of its own, not yet run.

        way : ``"lab/tree"`` for the whole JupyterLab, ``"notebooks"`` for Notebook 7.
        """
        page = context.new_page()
        try:
            yield Page(page, f"{self.url}/{way}/notebooks/{name}?reset")
        finally:
            page.evaluate("window.lab && lab.panel()?.sessionContext?.shutdown()")
            page.close()


class Page:
    """An open notebook."""

    def __init__(self, page, address):
        self.page = page
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.set_default_timeout(60_000)
        page.goto(address)
        self.attach()

    def attach(self):
        """Wait for the notebook and its kernel; after the page was loaded again, once more."""
        page = self.page
        page.wait_for_function("window.jupyterapp?.shell?.currentWidget", timeout=90_000)
        page.evaluate(JS)
        page.wait_for_function("lab.ready()", timeout=90_000)
        page.evaluate("lab.listen()")

    def run_all(self):
        """Run all cells, wait for every widget; seconds it took. Errors and stderr raise."""
        start = time.monotonic()
        self.page.set_default_timeout(RUN_SECONDS * 1000)
        result = self.page.evaluate("lab.runAll()")
        if result["failures"] or not result["ok"]:
            raise AssertionError("Run All failed: " + "; ".join(result["failures"]))
        self.page.wait_for_function("lab.widgetsShown()")
        self.settle(self.page.locator(".jp-Notebook"), RUN_SECONDS)
        self.page.set_default_timeout(60_000)
        return time.monotonic() - start

    def unfold(self):
        """Open the folded headings, so that all explorers are there."""
        self.page.evaluate("lab.unfold()")

    def settle(self, root, seconds=60):
        root.evaluate("(root, seconds) => lab.settle(root, seconds)", seconds)

    def ask(self, code):
        """What the kernel prints for a piece of code that leaves no trace in the notebook."""
        return self.page.evaluate("code => lab.ask(code)", code)

    def run_cell(self, index):
        self.page.evaluate("index => lab.runCell(index)", index)

    def failures(self):
        """Errors and stderr in the notebook's outputs, and errors of the page itself."""
        return self.page.evaluate("lab.failures()") + self.errors

    def cell_count(self):
        return self.page.evaluate("lab.cells()")

    def stored(self):
        """What the cells that call `explorer(` show before anything ran."""
        self.page.evaluate("lab.decoded()")
        return self.page.evaluate("lab.stored()")

    def other_widgets(self):
        """Cells with buttons, but without an explorer."""
        quiet = ":not(:has(.bptt-explorer))"
        cells = self.page.locator(f".jp-CodeCell:has(.jupyter-widgets button){quiet}")
        return [cells.nth(i) for i in range(cells.count())]

    def shown(self, cell):
        """Text and pictures of a cell's outputs, buttons left out."""
        return cell.evaluate("cell => lab.shown(cell)")

    def explorers(self):
        roots = self.page.locator(".jp-CodeCell:has(.bptt-explorer)")
        return [Explorer(self, roots.nth(i), i + 1) for i in range(roots.count())]


class Explorer:
    """One code cell with a `bptt-explorer`: controls, picture, sentence."""

    def __init__(self, page, root, number):
        self.page, self.root, self.name = page, root, f"explorer {number}"
        self.mouse, self.keyboard = page.page.mouse, page.page.keyboard
        controls = root.locator(".bptt-explorer")
        assert controls.count() == 1, f"{self.name}: {controls.count()} explorers in one cell"
        self.controls = controls
        self.image = controls.locator("img")
        rows = controls.locator(".bptt-control")
        self.sliders = [Slider(self, rows.nth(i)) for i in range(rows.count())]
        toggles = controls.locator(".widget-toggle-buttons")
        self.choices = [toggles.nth(i) for i in range(toggles.count())]
        players = controls.locator(".bptt-control .widget-toggle-button")
        self.players = [players.nth(i) for i in range(players.count())]
        self.reset_button = controls.get_by_role("button", name="Reset", exact=True)

    def live(self):
        """The sliders that can be moved."""
        return [slider for slider in self.sliders if slider.enabled()]

    def settle(self):
        self.page.settle(self.root)

    @contextlib.contextmanager
    def another_picture(self):
        """Wait until the picture is another one than at the start of the block."""
        image = "root => root.querySelector('.bptt-explorer img')?.src"
        before = self.root.evaluate(image)
        yield
        self.page.page.wait_for_function(
            f"([root, before]) => ({image})(root) !== before",
            arg=[self.root.element_handle(), before],
        )

    def picture(self):
        """A digest of the picture's bytes."""
        return self.image.evaluate("image => lab.digest(image)")

    def status(self):
        """The line that complains; a picture without controls has none."""
        lines = self.root.locator(".bptt-status").all_inner_texts()
        return " ".join(lines).strip()

    def sentence(self):
        return self.root.locator(".bptt-sentence").first.inner_text().strip()

    def pictures_in_sight(self):
        return self.root.locator(".jp-OutputArea-output img:visible").count()

    def stored_in_sight(self):
        return self.root.locator(".bptt-stored:visible").count()

    def sharpness(self):
        """Pixels of the picture per pixel of the layout."""
        return self.image.evaluate("i => i.naturalWidth / i.getBoundingClientRect().width")

    def reset(self):
        self.reset_button.click()
        self.settle()

    @contextlib.contextmanager
    def steady(self):
        """Check in every animation frame that the picture keeps its height and its place."""
        seen = {}
        self.root.evaluate("root => lab.watch(root)")
        try:
            yield seen
        finally:
            seen.update(self.root.evaluate("root => lab.unwatch(root)"))
        assert len(seen["heights"]) <= 1, f"{self.name}: picture heights {seen['heights']}"
        assert len(seen["offsets"]) <= 1, f"{self.name}: picture moved to {seen['offsets']}"


class Slider:
    """A slider with its number box."""

    def __init__(self, explorer, row):
        self.explorer, self.row = explorer, row
        self.bar = row.locator(".bptt-slider")
        self.handle = self.bar.locator(".noUi-handle")
        self.box = row.locator("input[type=text]")
        labels = row.locator("label").all_inner_texts()
        (self.label,) = (label.strip() for label in labels if label.strip())
        self.name = f"{explorer.name}, slider {self.label}"

    def enabled(self):
        return self.bar.locator(".noUi-target").get_attribute("disabled") is None

    def value(self):
        """Where the handle stands, in the numbers of the box: the slider itself counts steps."""
        count = self.bar.locator(".noUi-target").evaluate("bar => bar.noUiSlider.get(true)")
        return count * self.limits()[2]

    def limits(self):
        """Least value, greatest value, step, in the numbers of the box."""
        span = self.row.locator("label span").get_attribute("title")
        low, high, step = re.findall(r"-?[\d.]+", span)
        end = self.bar.locator(".noUi-target").evaluate("bar => bar.noUiSlider.options.range.max")
        return float(low), min(float(high), end * float(step)), float(step)

    def number(self):
        return float(self.box.input_value())

    def bring_up(self):
        self.row.evaluate("row => row.scrollIntoView({ block: 'center' })")

    def place(self, fraction):
        """Page coordinates of the point at `fraction` of the bar."""
        box = self.bar.locator(".noUi-base").bounding_box()
        return box["x"] + fraction * box["width"], box["y"] + box["height"] / 2

    def grab(self):
        """Press the mouse button on the handle."""
        self.bring_up()
        box = self.handle.bounding_box()
        self.explorer.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.explorer.mouse.down()

    def move(self, fraction, moves=12):
        self.explorer.mouse.move(*self.place(fraction), steps=moves)

    def release(self):
        self.explorer.mouse.up()

    def drag(self, fraction, moves=12):
        """Grab, move in `moves` events, release, wait for the picture."""
        self.grab()
        self.move(fraction, moves)
        self.release()
        self.explorer.settle()

    def press(self, key):
        """A key with the slider's handle focused."""
        self.bring_up()
        self.handle.focus()
        self.explorer.keyboard.press(key)
        self.explorer.settle()

    def type(self, value):
        """Type into the number box and press Enter."""
        self.box.fill(str(value))
        self.box.press("Enter")
        self.explorer.settle()
