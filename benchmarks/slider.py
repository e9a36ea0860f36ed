"""`make bench-slider`: slider to pixel, ours beside its peers, in a real JupyterLab.

Prints Markdown. Every round opens every notebook of ``slider_notebooks`` anew, in a new order, on
two servers: JupyterLab as it is, and with the configuration that `make lab` uses. An input event
carries the time at which Chromium made it; a frame counts when what it shows of the figure is
another content than before (decoded images, the pixels of canvases, the paths of drawings), and
its time is taken after it was painted.
"""

import argparse
import contextlib
import math
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import ROOT, ratio, table, where, with_peers

PEERS = ["ipympl", "plotly", "anywidget", "bqplot", "playwright"]
SERVERS = {"JupyterLab": False, "make lab": True}
SECONDS = 3  # of a drag, and of a held key

COUNT_BYTES = """
window.received = { bytes: 0, messages: 0 };
window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    if (String(args[0]).includes('/channels')) this.addEventListener('message', ({ data }) => {
      received.bytes += data.byteLength ?? data.length;
      received.messages += 1;
    });
  }
};
const canvas = CanvasRenderingContext2D.prototype;
for (const name of ['drawImage', 'stroke', 'fill', 'fillRect', 'clearRect', 'putImageData']) {
  const real = canvas[name];
  canvas[name] = function (...args) { this.canvas.touched = true; return real.apply(this, args); };
}
"""

WATCH = r"""
window.bench = {
  frames: [], inputs: [], last: null, touched: true, moving: false, img: null, decoded: '',
  start(root) {
    bench.root = root;
    bench.paper = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    new MutationObserver(() => { bench.touched = true; bench.decode(); }).observe(root,
      { subtree: true, childList: true, attributes: true, characterData: true });
    const input = event => {
      if (event.type === 'keydown' || event.buttons) bench.inputs.push(event.timeStamp);
    };
    for (const kind of ['keydown', 'pointermove']) window.addEventListener(kind, input, true);
    const painted = new MessageChannel();
    painted.port1.onmessage = () => bench.look();
    const frame = () => { requestAnimationFrame(frame); painted.port2.postMessage(0); };
    bench.decode();
    frame();
  },
  parts: kind => [...bench.root.querySelectorAll('.jp-OutputArea-output ' + kind)]
    .filter(part => part.getBoundingClientRect().width > 200),
  decode() {
    const img = bench.parts('img')[0];
    if (!img || (img === bench.img && img.src === bench.src)) return;
    bench.img = img;
    const src = bench.src = img.src;
    img.decode().then(() => {
      if (bench.img === img && bench.src === src) { bench.decoded = src; bench.look(true); }
    }).catch(() => 0);
  },
  look(force) {
    const canvases = bench.parts('canvas');
    if (!force && !bench.touched && !canvases.some(canvas => canvas.touched)) return;
    const now = performance.now(), content = bench.content(canvases);
    if (content && content !== bench.last) { bench.last = content; bench.frames.push(now); }
    bench.touched = false;
    for (const canvas of canvases) canvas.touched = false;
  },
  content(canvases) {
    const seen = [bench.decoded];
    for (const canvas of canvases) {
      const w = bench.paper.canvas.width = canvas.width >> 2;
      const h = bench.paper.canvas.height = canvas.height >> 2;
      bench.paper.drawImage(canvas, 0, 0, w, h);
      seen.push(bench.hash(new Uint32Array(bench.paper.getImageData(0, 0, w, h).data.buffer)));
    }
    for (const svg of bench.parts('svg')) {
      const parts = [...svg.querySelectorAll('path, g[transform], text, line')].map(part =>
        (part.getAttribute('d') ?? '') + (part.getAttribute('transform') ?? '')
        + (part.tagName === 'text' ? part.textContent : ''));
      seen.push(parts.join('|').replace(/-?\d+\.\d+/g, n => (+n).toFixed(2)));
    }
    return seen.join('');
  },
  async picture() {  // what stands there, whatever address it has
    const image = bench.parts('img')[0], rest = bench.content(bench.parts('canvas'));
    if (!image) return rest;
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
    return bench.hash(bytes) + rest.replace(bench.decoded, '');
  },
  hash(words) {
    let hash = 0;
    for (const word of words) hash = (Math.imul(hash, 31) + word) | 0;
    return hash;
  },
  clear() { bench.frames = []; bench.inputs = []; },
  // Resolves once the figure has changed and then kept still for so many milliseconds.
  async calm(rest, patience = 5000) {
    const start = performance.now();
    for (;;) {
      await new Promise(done => setTimeout(done, 10));
      const now = performance.now();
      if (bench.frames.length ? now - bench.frames.at(-1) > rest : now - start > patience) break;
    }
    return { frames: bench.frames, inputs: bench.inputs };
  },
};
"""


class Visit:
    """One notebook, opened and run, with its slider in reach."""

    def __init__(self, page, slider):
        import psutil

        self.page, self.tab = page, page.page
        page.run_all()
        root = self.tab.locator(".jp-CodeCell:has(.noUi-target)").last
        rows = root.locator(".widget-hbox, .widget-hslider").filter(has_text=slider)
        self.bar = rows.locator(".noUi-target").first
        self.handle = self.bar.locator(".noUi-handle")
        root.evaluate("root => root.scrollIntoView({ block: 'start' })")
        self.tab.evaluate(WATCH)
        root.evaluate("root => bench.start(root)")
        self.kernel = psutil.Process(int(self.ask("__import__('os').getpid()")))

    def ask(self, code):
        return self.tab.evaluate(
            "code => lab.kernel().requestExecute({ code: '', silent: true,"
            " user_expressions: { it: code } }).done"
            ".then(r => r.content.user_expressions.it.data['text/plain'])",
            code,
        )

    @contextlib.contextmanager
    def counted(self, cost):
        """Frames, bytes and kernel seconds of the block go into ``cost``."""
        before = self.tab.evaluate("({ ...received })")
        cpu = self.kernel.cpu_times()
        yield
        after, spent = self.tab.evaluate("({ ...received })"), self.kernel.cpu_times()
        cost["bytes"] = after["bytes"] - before["bytes"]
        cost["cpu"] = spent.user + spent.system - cpu.user - cpu.system

    def press(self, key, rest):
        """One move: (first, last) seconds from the key event to a changed figure."""
        self.tab.evaluate("bench.clear()")
        self.tab.keyboard.press(key)
        seen = self.tab.evaluate("rest => bench.calm(rest)", rest)
        if not seen["frames"]:
            return None
        return [(seen["frames"][i] - seen["inputs"][0]) / 1000 for i in (0, -1)]

    def go_to(self, fraction):
        """Click on the bar, by a detour: a click on the handle would not move it."""
        box = self.bar.locator(".noUi-base").bounding_box()
        for share in (0.95, fraction):
            self.tab.evaluate("bench.clear()")
            self.tab.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
            self.tab.evaluate("bench.calm(500, 1500)")
        at = self.handle.bounding_box()
        there = (at["x"] + at["width"] / 2 - box["x"]) / box["width"]
        assert abs(there - fraction) < 0.03, f"the slider stands at {there:.2f}, not {fraction}"
        self.handle.focus()

    def singles(self, moves, rng):
        """So many moves, half of them to the right and back again."""
        self.go_to(0.62)
        self.press("ArrowRight", 300)
        right = moves // 2
        return self.moves(["ArrowRight"] * right + ["ArrowLeft"] * (moves - right), rng)

    def new_values(self, moves, rng):
        """So many moves to the right: none is to a value that was seen before, and may be kept."""
        self.go_to(0.3)
        return self.moves(["ArrowRight"] * moves, rng)

    def moves(self, keys, rng):
        cost = {}
        with self.counted(cost):
            taken = [self.press(key, rng.uniform(150, 250)) for key in keys]
        found = [t for t in taken if t]
        still = len(keys) - len(found)
        assert len(found) >= 0.9 * len(keys), f"{still} of {len(keys)} moves changed nothing"
        first, last = np.array(found).T
        return {"first": first, "last": last, **{k: v / len(found) for k, v in cost.items()}}

    def drag(self):
        """The mouse sweeps the slider for three seconds and ends where nothing was before."""
        self.go_to(0.62)
        box = self.bar.locator(".noUi-base").bounding_box()
        y = box["y"] + box["height"] / 2
        at = lambda share: box["x"] + share * box["width"]  # noqa: E731
        self.tab.mouse.move(at(0.62), y)
        self.tab.mouse.down()
        self.tab.evaluate("bench.clear()")

        def step(now):
            self.tab.mouse.move(at(0.62 - 0.12 * math.sin(2 * math.pi * now / SECONDS * 1.75)), y)

        return self.stream(step, 60, self.tab.mouse.up)

    def hold(self):
        """The arrow key repeats 30 times a second for three seconds."""
        self.go_to(0.55)
        self.tab.evaluate("bench.clear()")
        keyboard = self.tab.keyboard
        step = lambda now: keyboard.down("ArrowRight")  # noqa: E731
        return self.stream(step, 30, lambda: keyboard.up("ArrowRight"))

    def stream(self, step, rate, release):
        """Inputs at a steady rate, or as many as the page takes; what was seen of them.

        right: the last picture is the one that stands when the slider leaves and comes back.
        """
        start, now = time.perf_counter(), 0
        while now < SECONDS:
            step(now)
            time.sleep(1 / rate - (time.perf_counter() - start) % (1 / rate))
            now = time.perf_counter() - start
        step(SECONDS)
        release()
        seen = self.tab.evaluate("bench.calm(1000)")
        shown = self.tab.evaluate("bench.picture()")
        last = seen["inputs"][-1]
        during = sum(t <= last for t in seen["frames"])
        self.handle.focus()
        for key in ("ArrowRight", "ArrowLeft"):
            self.press(key, 400)
        return {
            "rate": during / (last - seen["inputs"][0]) * 1000,
            "inputs": len(seen["inputs"]),
            "lag": (seen["frames"][-1] - last) / 1000,
            "right": shown == self.tab.evaluate("bench.picture()"),
        }

    def memory(self, moves):
        """Megabytes by which the kernel grows over so many moves, after 50 to warm up."""
        self.go_to(0.55)
        for i in range(moves + 50):
            if i == 50:
                before = self.kernel.memory_full_info().uss
            self.press("ArrowRight" if i % 80 < 40 else "ArrowLeft", 1)
        return (self.kernel.memory_full_info().uss - before) / 1e6


def measure(servers, context, files, rounds, moves, with_memory):
    """{(name, server): list of a dict a round}"""
    found, rng = {}, random.Random(0)
    pairs = [(name, server) for name in files for server in servers]
    pairs = [pair for pair in pairs if pair[0] not in notebooks.HEAVY or pair[1] == "make lab"]
    for number in range(rounds):
        rng.shuffle(pairs)
        for name, server in pairs:
            start = time.perf_counter()
            file, slider = files[name]
            with servers[server].open(context, file) as page:
                visit = Visit(page, slider)
                if name in notebooks.HEAVY:
                    seen = {"singles": visit.new_values(10, rng)}
                else:
                    seen = {"singles": visit.singles(moves, rng)}
                    seen |= {"drag": visit.drag(), "hold": visit.hold()}
                    ours = with_memory and number == 0 and name == notebooks.OURS
                    if ours and server == "make lab":
                        seen["memory"] = visit.memory(500)
                assert not page.failures(), page.failures()
            found.setdefault((name, server), []).append(seen)
            p50 = 1000 * np.median(seen["singles"]["first"])
            took = time.perf_counter() - start
            note = f"round {number + 1}: {name}, {server}: {p50:.0f} ms, took {took:.0f} s"
            print(note, file=sys.stderr, flush=True)
    return found


def quantile(found, pair, q, which="first"):
    """(rounds,): this quantile of a round's single moves."""
    return np.array([np.percentile(seen["singles"][which], q) for seen in found[pair]])


def middle(found, pair, part, key):
    return np.median([seen[part][key] for seen in found[pair]])


def ms(seconds):
    return f"{1000 * np.median(seconds):.0f}"


def singles_table(found, names):
    plain, lab = SERVERS
    head = ["single move, ms, p50 / p95", plain, lab]
    head += [f"× ours, {plain}, p50", "p95", f"× ours, {lab}, p50", "p95"]
    head += [f"{plain} × ours under {lab}, p50", "p95"]
    rows = []
    for name in names:
        times = [" / ".join(ms(quantile(found, (name, s), q)) for q in (50, 95)) for s in SERVERS]
        pairs = (plain, plain), (lab, lab), (plain, lab)
        ratios = [
            ratio(quantile(found, (name, a), q), quantile(found, (notebooks.OURS, b), q))
            for a, b in pairs
            for q in (50, 95)
        ]
        rows.append([name, *times, *ratios])
    print(table(head, rows), flush=True)
    gain = [ratio(*(quantile(found, (notebooks.OURS, s), q) for s in SERVERS)) for q in (50, 95)]
    print(f"Ours, {plain} against {lab}: p50 {gain[0]}, p95 {gain[1]} times as long.\n")


def streams_table(found, names, server):
    head = [server, "drag: frames/s", "right picture after, ms", "held key: frames/s"]
    head += ["right picture after, ms", "always right", "complete after, ms, p50"]
    head += ["KB a move", "kernel ms a move", "kernel MB after 500 moves"]
    rows = []
    for name in names:
        pair, row = (name, server), [name]
        for part in ("drag", "hold"):
            row += [f"{middle(found, pair, part, 'rate'):.0f}"]
            row += [f"{1000 * middle(found, pair, part, 'lag'):.0f}"]
        wrong = sum(not seen[p]["right"] for seen in found[pair] for p in ("drag", "hold"))
        row += [f"no, {wrong} of {2 * len(found[pair])} wrong" if wrong else "yes"]
        row += [ms(quantile(found, pair, 50, "last"))]
        row += [f"{middle(found, pair, 'singles', 'bytes') / 1000:.1f}"]
        row += [f"{1000 * middle(found, pair, 'singles', 'cpu'):.1f}"]
        grown = [seen["memory"] for seen in found[pair] if "memory" in seen]
        rows.append([*row, f"{grown[0]:+.1f}" if grown else ""])
    print(table(head, rows), flush=True)


def heavy_table(found, names):
    head = ["each move to a new value, make lab", "p50 / p95, ms", "× notebook 05, p50", "p95"]
    rows = []
    for name in names:
        times = " / ".join(ms(quantile(found, (name, "make lab"), q)) for q in (50, 95))
        against = [
            ratio(*(quantile(found, (n, "make lab"), q) for n in (name, notebooks.OURS)))
            for q in (50, 95)
        ]
        rows.append([name, times, *against])
    print(table(head, rows), flush=True)


def profile():
    """Kernel side of one move of the worked example, step by step, in a kernel of its own."""
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory(prefix="bptt-slider-") as folder:
        import nbformat

        file, _ = notebooks.write(Path(folder))[notebooks.OURS]
        nb = nbformat.read(Path(folder) / file, 4)
        nb.cells.append(nbformat.v4.new_code_cell(notebooks.PROFILE))
        NotebookClient(nb, kernel_name="python3").execute(cwd=ROOT)
    size, head, *rows = nb.cells[-1].outputs[-1]["text"].split("\n")[:-1]
    print(f"**One move on the kernel's side**, a picture of {size}\n")
    print(table(head.split(","), [row.split(",") for row in rows]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="at most 2 rounds of 10 moves")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="names that contain this, besides ours")
    parser.add_argument("--pixel-ratio", type=float, default=2, help="of the screen")
    parser.add_argument("--profile", action="store_true", help="the kernel's side alone")
    args = parser.parse_args()
    missing = with_peers(PEERS)
    global notebooks
    import slider_notebooks as notebooks

    if args.profile:
        return profile()
    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    from lab import Lab, browser

    rounds, moves = (min(args.rounds, 2), 10) if args.quick else (args.rounds, 30)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bptt-slider-")))
        (folder / "made").mkdir()
        files = notebooks.write(folder / "made")
        files = {n: f for n, f in files.items() if args.only in n or n == notebooks.OURS}
        servers = {}
        for name, configured in SERVERS.items():
            home = folder / name.replace(" ", "-")
            home.mkdir()
            servers[name] = stack.enter_context(Lab(home, folder / "made", configured))
        context = stack.enter_context(browser(args.pixel_ratio))
        context.add_init_script(COUNT_BYTES)
        version = context.browser.version
        found = measure(servers, context, files, rounds, moves, not args.quick)
    print("## Slider to pixel\n")
    print(
        where("jupyterlab", "ipywidgets", "matplotlib", *PEERS).replace(
            "; Python",
            f"; Chromium {version}, headless, {args.pixel_ratio:g} device pixels; Python",
        )
    )
    if missing:
        print("Could not be installed, so not measured:", ", ".join(missing), "\n")
    light = [name for name in files if name not in notebooks.HEAVY]
    singles_table(found, light)
    for server in SERVERS:
        streams_table(found, light, server)
    heavy_table(found, [name for name in files if name in notebooks.HEAVY])
    profile()


if __name__ == "__main__":
    main()
