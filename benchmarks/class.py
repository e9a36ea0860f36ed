"""A class at once: `make bench-class`. A JupyterHub on this machine, so many students, notebook 5.

Each student logs in through the hub's form, gets a server of their own, opens the notebook, runs
all its cells, and then drags W_h, all of them at the same time. A student is a client that speaks
what a browser speaks: HTTP to open, the kernel's WebSocket to run and to drag. It loads the page
and its main script, but draws nothing: twenty browsers on two cores would measure the browsers. One
real Chromium (``--browsers``) is among them, and says what a student sees.

A drag is what JupyterLab makes of it: the next value goes out once the kernel is idle again. So a
move is as late as the class makes it, and the class as fast as the machine. Everything is bounded:
number of students, seconds, and how long anything may take; only 127.0.0.1 is spoken to.
"""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import numpy as np
from common import ROOT, table, where, with_peers

sys.path.append(str(ROOT / "tests" / "browser"))
import lab  # noqa: E402
import slider  # noqa: E402

PEERS = ["jupyterhub", "psutil", "playwright"]
GOALS = "all to the end", "p95 of a move under 0.5 s", "under 200 MiB each"
NOTEBOOK = "05_worked_example.ipynb"
SLIDER = "IntSliderModel", 90  # W_h of notebook 5: 0.9, counted in hundredths
PLACES = [*range(90, 125), *range(125, 55, -1), *range(55, 90)]  # to and fro
PROTOCOL = "v1.kernel.websocket.jupyter.org"
PATIENCE = 420  # seconds that opening may take
CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.JupyterHub.authenticator_class = "shared-password"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.log_level = "WARN"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.auth_token = {secret!r}
c.SharedPasswordAuthenticator.user_password = {password!r}
c.Authenticator.allow_all = True
c.SimpleLocalProcessSpawner.home_dir_template = {home!r}
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = {args!r}
c.Spawner.environment = {environment!r}
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience}
c.Spawner.default_url = "/lab"
"""


def free_ports(count):
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


class Hub:
    """A JupyterHub with its proxy in a folder that is thrown away, and a home for each student."""

    def __init__(self, folder, names, proxy):
        self.folder, self.names = Path(folder).resolve(), names
        self.port, hub, api = free_ports(3)
        self.url, self.password = f"http://127.0.0.1:{self.port}", secrets.token_hex(16)
        for name in names:
            copies = self.folder / "home" / name / "notebooks"
            copies.mkdir(parents=True)
            shutil.copy(ROOT / "notebooks" / NOTEBOOK, copies)
        args = [f"--config={ROOT / 'tools' / 'jupyter_server_config.py'}"]
        args += ["--LabApp.expose_app_in_browser=True"]
        args += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        fonts = str(self.folder / "matplotlib")
        environment = {"OPENBLAS_NUM_THREADS": "1", "MPLCONFIGDIR": fonts, "no_proxy": "127.0.0.1"}
        environment |= {"JUPYTER_PREFER_ENV_PATH": "1"}
        home, secret = str(self.folder / "home" / "{username}"), secrets.token_hex(32)
        how = dict(port=self.port, hub=hub, api=api, proxy=str(proxy), python=sys.executable)
        how |= dict(home=home, args=args, environment=environment, patience=PATIENCE)
        how |= dict(password=self.password, secret=secret)
        config = CONFIG.format(**how)
        (self.folder / "jupyterhub_config.py").write_text(config, encoding="utf-8")
        make_cache = [sys.executable, "-c", "import matplotlib.font_manager"]
        subprocess.run(make_cache, env=os.environ | environment, check=True)

    def __enter__(self):
        import psutil

        keep = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "CONFIGPROXY"))}
        with open(self.folder / "hub.log", "wb") as log:
            self.process = psutil.Popen(
                [sys.executable, "-m", "jupyterhub"],
                cwd=self.folder,
                env=keep,
                stdout=log,
                stderr=subprocess.STDOUT,
            )  # in our group: Ctrl-C reaches it, and it stops proxy and servers
        end = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError):  # an HTTPError is one, too
                lab.DIRECT.open(f"{self.url}/hub/health", timeout=10).close()
                return self
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                sys.exit("the hub did not start:\n" + self.log()[-3000:])
            time.sleep(0.2)

    def __exit__(self, *_):
        import psutil

        with contextlib.suppress(psutil.Error):
            self.process.send_signal(signal.SIGTERM)  # stops proxy and servers, too
            self.process.wait(60)
        for process in psutil.process_iter(["cwd"]):  # what it left, should it have crashed
            if Path(process.info["cwd"] or "/").is_relative_to(self.folder):
                with contextlib.suppress(psutil.Error):
                    process.kill()

    def log(self):
        return (self.folder / "hub.log").read_text(errors="replace")

    def processes(self):
        """{who: processes}: a student's server with its kernel; "hub" is hub and proxy."""
        found = {"hub": [self.process]}
        for child in self.process.children():
            command = " ".join(child.cmdline())
            who = next((n for n in self.names if str(self.folder / "home" / n) == child.cwd()), "")
            found.setdefault(who if "singleuser" in command else "hub", []).extend(
                [child, *child.children(recursive=True)]
            )
        return found


def memory(processes):
    """MiB that they take of the machine (PSS: what is shared is divided), and their RSS."""
    parts = [process.memory_full_info() for process in processes if process.is_running()]
    pss = sum(getattr(part, "pss", part.uss) for part in parts)
    return pss / 2**20, sum(part.rss for part in parts) / 2**20


def cpu(processes):
    """Seconds of a core that they have taken so far."""
    return sum(sum(process.cpu_times()[:2]) for process in processes if process.is_running())


def packed(channel, message):
    """A message as JupyterLab sends it: where each part ends, then the parts."""
    keys = "header", "parent_header", "metadata", "content"
    parts = [channel.encode(), *(json.dumps(message[key]).encode() for key in keys)]
    ends = np.cumsum([8 * (len(parts) + 2), *map(len, parts)]).astype("<u8")
    return np.uint64(len(ends)).tobytes() + ends.tobytes() + b"".join(parts)


def unpacked(data):
    """(type, id of the request that it answers, content) of a message."""
    count = int.from_bytes(data[:8], "little")
    ends = np.frombuffer(data, "<u8", count, 8).tolist()
    header, parent, content = (json.loads(data[ends[i] : ends[i + 1]]) for i in (1, 2, 4))
    return header["msg_type"], parent.get("msg_id"), content


class Kernel:
    """A running kernel, seen through its WebSocket."""

    def __init__(self, socket):
        self.socket, self.session, self.models = socket, uuid4().hex, {}

    async def ask(self, kind, content):
        """Send, then yield (kind, content) of every answer until the kernel is idle again."""
        header = dict(msg_id=uuid4().hex, msg_type=kind, session=self.session, username="")
        header |= dict(version="5.4", date="2026-01-01T00:00:00Z")
        message = dict(header=header, parent_header={}, metadata={}, content=content)
        await self.socket.write_message(packed("shell", message), binary=True)
        while (data := await self.socket.read_message()) is not None:
            kind, asked, content = unpacked(data)
            if asked != header["msg_id"]:
                continue
            if kind == "status" and content["execution_state"] == "idle":
                return
            yield kind, content
        raise ConnectionError("the server closed the connection")

    async def run(self, code):
        """Whether it showed a picture. Widgets that it makes are remembered; errors raise."""
        shown = False
        content = dict(code=code, silent=False, store_history=True, allow_stdin=False)
        async for kind, said in self.ask("execute_request", content):
            if kind == "error":
                raise RuntimeError(f"{said['ename']}: {said['evalue']}")
            if kind == "comm_open":
                self.models[said["comm_id"]] = said["data"].get("state", {})
            shown |= kind == "display_data" and "image/png" in said["data"]
        return shown

    def find(self, model, value=None):
        return next(
            comm
            for comm, state in self.models.items()
            if state.get("_model_name") == model and value in (None, state.get("value"))
        )

    async def move(self, slider, image, value):
        """Seconds until the picture for this value is here."""
        data = dict(method="update", state=dict(value=value), buffer_paths=[])
        start, seen = time.perf_counter(), None
        async for kind, said in self.ask("comm_msg", dict(comm_id=slider, data=data)):
            if kind == "comm_msg" and said["comm_id"] == image and seen is None:
                seen = time.perf_counter() - start
        if seen is None:
            raise RuntimeError(f"no picture for {value}")
        return seen


class Client:
    """A student without a screen."""

    def __init__(self, hub, name):
        import httpx

        how = dict(follow_redirects=True, timeout=PATIENCE, trust_env=False)
        self.web, self.hub, self.name = httpx.AsyncClient(base_url=hub.url, **how), hub, name
        self.server, self.kernel = f"/user/{name}", None

    async def login(self):
        """Through the hub's form; on to the page with the notebook, as soon as the server runs."""
        page = f"{self.server}/lab/tree/notebooks/{NOTEBOOK}"
        form = dict(username=self.name, password=self.hub.password)
        await self.web.get("/hub/login")
        form["_xsrf"] = self.cookie("/hub/")
        reply = await self.web.post("/hub/login", params={"next": f"/hub{page}"}, data=form)
        if reply.status_code == 424:  # "your server is not running", with a button that starts it
            reply = await self.web.get(f"/hub/spawn/{self.name}")
        while reply.url.path.startswith("/hub/") and reply.status_code in (200, 424, 503):
            await asyncio.sleep(0.5)
            reply = await self.web.get(page)
        reply.raise_for_status()
        for script in set(part.split('"')[0] for part in reply.text.split('src="')[1:]):
            (await self.web.get(script)).raise_for_status()

    def cookie(self, path):
        return next(c.value for c in self.web.cookies.jar if c.name == "_xsrf" and c.path == path)

    async def open(self):
        """The notebook's cells, and its kernel."""
        from tornado.httpclient import HTTPRequest
        from tornado.websocket import websocket_connect

        path = f"notebooks/{NOTEBOOK}"
        reply = await self.web.get(f"{self.server}/api/contents/{path}")
        cells = reply.raise_for_status().json()["content"]["cells"]
        what = dict(path=path, name=NOTEBOOK, type="notebook", kernel={"name": "python3"})
        token = {"X-XSRFToken": self.cookie(f"{self.server}/")}
        reply = await self.web.post(f"{self.server}/api/sessions", json=what, headers=token)
        kernel = reply.raise_for_status().json()["kernel"]["id"]
        request = self.web.build_request("GET", f"{self.server}/api/kernels/{kernel}/channels")
        address = str(request.url.copy_with(scheme="ws"))
        cookies = {"Cookie": request.headers["cookie"]}
        request = HTTPRequest(address, headers=cookies, request_timeout=PATIENCE)
        how = dict(subprotocols=[PROTOCOL], max_message_size=2**28)
        self.kernel = Kernel(await websocket_connect(request, **how))
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    async def work(self):
        """Seconds: Login to the notebook open; Run All to the first picture; Run All."""
        start = time.perf_counter()
        await self.login()
        cells = await self.open()
        opened, picture, start = time.perf_counter() - start, None, time.perf_counter()
        for code in cells:
            if await self.kernel.run(code) and picture is None:
                picture = time.perf_counter() - start
        return opened, picture, time.perf_counter() - start

    async def leave(self):
        if self.kernel:
            self.kernel.socket.close()
        await self.web.aclose()

    async def drag(self, seconds):
        slider, image = self.kernel.find(*SLIDER), self.kernel.find("ImageModel")
        moves, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end:
            value = PLACES[(len(moves) + 1) % len(PLACES)]
            moves.append(await self.kernel.move(slider, image, value))
        return moves


class Browser:
    """A student with one: the same in Chromium, from the key event to the changed picture."""

    def __init__(self, hub, name):
        self.hub, self.name, self.thread = hub, name, ThreadPoolExecutor(1)
        self.stack = contextlib.ExitStack()

    async def work(self):
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._work)

    async def drag(self, seconds):
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._drag, seconds)

    async def leave(self):
        await asyncio.get_running_loop().run_in_executor(self.thread, self.stack.close)

    def _work(self):
        start = time.perf_counter()
        tab = self.stack.enter_context(lab.browser()).new_page()
        tab.set_default_timeout(1000 * PATIENCE)
        tab.goto(f"{self.hub.url}/hub/login")
        tab.fill("input[name=username]", self.name)
        tab.fill("input[name=password]", self.hub.password)
        tab.click("#login_submit")
        tab.wait_for_url(f"**/user/{self.name}/lab**")
        page = lab.Page(tab, f"{self.hub.url}/user/{self.name}/lab/tree/notebooks/{NOTEBOOK}")
        opened, start = time.perf_counter() - start, time.perf_counter()
        self.visit = slider.Visit(page, "W_h")
        ran = time.perf_counter() - start
        return opened, np.nan, ran

    def _drag(self, seconds):
        self.visit.go_to(0.62)
        moves, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end:
            key = "ArrowRight" if len(moves) % 40 < 20 else "ArrowLeft"
            if taken := self.visit.press(key, 1):
                moves.append(taken[0])
        return moves


class Cost(NamedTuple):
    """Of a student, or of hub and proxy: MiB at the end of the drag, cores during it."""

    pss: float
    rss: float
    kernel: float  # of the PSS
    cores: float


async def all_of(students, what, *args):
    """{student: what came of it, or the exception}, all at the same time."""
    tasks = [asyncio.wait_for(getattr(s, what)(*args), PATIENCE + sum(args)) for s in students]
    return dict(zip(students, await asyncio.gather(*tasks, return_exceptions=True)))


async def attend(hub, students, seconds):
    """What came of opening and of dragging, the cost by name, and the cores that clients took."""
    worked = await all_of(students, "work")
    there = [student for student, took in worked.items() if not isinstance(took, BaseException)]
    print(f"{len(there)} of {len(students)} ran the notebook", file=sys.stderr, flush=True)
    parts = hub.processes()
    before, own = {name: cpu(some) for name, some in parts.items()}, time.process_time()
    start = time.perf_counter()
    dragged = await all_of(there, "drag", seconds)
    took = time.perf_counter() - start
    own = (time.process_time() - own) / took
    costs = {
        name: Cost(*memory(some), memory(some[1:])[0], (cpu(some) - before[name]) / took)
        for name, some in parts.items()
    }
    await all_of(students, "leave")
    return worked, dragged, costs, own


def shown(values, scale=1, unit=" s", high=np.max):
    return f"{scale * np.median(values):.3g} / {scale * high(values):.3g}{unit}"


def p95(values):
    return np.percentile(values, 95)


def report(students, worked, dragged, costs, own, seconds):
    failed = {s.name: r for s in students for r in (worked[s], dragged.get(s)) if is_error(r)}
    good = [s for s in students if s.name not in failed]
    clients = [s for s in good if isinstance(s, Client)]
    if not clients:
        sys.exit(f"nobody got to the end: {failed}")
    opened, picture, ran = np.array([worked[s] for s in clients]).T
    moves = np.concatenate([dragged[s] for s in clients])
    pss, rss, kernel, cores = np.array([costs[s.name] for s in good]).T
    rows = [
        ["opened, ran and dragged to the end", f"{len(good)} of {len(students)}"],
        ["Login to the notebook open, p50 / longest", shown(opened)],
        ["Run All to the first picture, p50 / longest", shown(picture)],
        ["Run All, p50 / longest", shown(ran)],
        [f"a move while all drag, p50 / p95, {len(moves)} moves", shown(moves, 1000, " ms", p95)],
        ["pictures a second and student", f"{len(moves) / seconds / len(clients):.3g}"],
        ["memory a student (PSS), p50 / largest", shown(pss, unit=" MiB")],
        ["of it the kernel, p50", f"{np.median(kernel):.3g} MiB"],
        ["the same as RSS, shared pages counted in full", shown(rss, unit=" MiB")],
        ["cores a student while dragging", f"{np.mean(cores):.2g}"],
        ["hub and proxy", f"{costs['hub'].pss:.0f} MiB, {costs['hub'].cores:.2g} cores"],
        ["the clients of this measurement", f"{own:.2g} cores, without Chromium"],
    ]
    for student in good:
        if isinstance(student, Browser):
            (opened, _, ran), seen = worked[student], dragged[student]
            said = f"{shown(seen, 1000, ' ms', p95)}; opened after {opened:.3g} s, ran in {ran:.3g}"
            rows.append([f"in Chromium, {len(seen)} moves, p50 / p95", said])
    print(table([f"{len(students)} students, {seconds:g} s", ""], rows))
    met = len(good) == len(students), p95(moves) < 0.5, pss.max() < 200
    said = ", ".join(f"{goal}: {'yes' if m else 'no'}" for goal, m in zip(GOALS, met))
    print(f"Goals. {said}.\n")
    for name, error in failed.items():
        print(f"{name}: {type(error).__name__}: {error}")


def is_error(result):
    return isinstance(result, BaseException)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=20, help="at most 50")
    parser.add_argument("--browsers", type=int, default=1, help="so many of them in Chromium")
    parser.add_argument("--seconds", type=float, default=60, help="of dragging, at most 300")
    args = parser.parse_args()
    if not 1 <= args.students <= 50 or not 0 < args.seconds <= 300:
        parser.error("expected 1 to 50 students and at most 300 seconds")
    if missing := with_peers(PEERS):
        sys.exit(f"not to be had: {', '.join(missing)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # by way of Hub.__exit__
    browsers = min(args.browsers, args.students - 1) if lab.find_browser() else 0
    names = [f"student{i + 1:02d}" for i in range(args.students)]
    with tempfile.TemporaryDirectory(prefix="bptt-class-") as folder:
        proxy = install_proxy(Path(folder))
        with Hub(folder, names, proxy) as hub:
            kinds = [Browser] * browsers + [Client] * (args.students - browsers)
            students = [kind(hub, name) for kind, name in zip(kinds, names)]
            seen = asyncio.run(attend(hub, students, args.seconds))
            if any(map(is_error, seen[0].values())):
                print(hub.log()[-3000:], file=sys.stderr)
    report(students, *seen, args.seconds)
    print(where("jupyterhub", "jupyterlab", "ipywidgets", "matplotlib", "numpy"))


def install_proxy(folder):
    """configurable-http-proxy, which comes from npm; the path of its command."""
    if not (npm := shutil.which("npm")):
        sys.exit("npm is needed: it brings configurable-http-proxy, which a JupyterHub runs on")
    how = [npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder)]
    subprocess.run([*how, "configurable-http-proxy"], check=True, cwd=folder)
    return folder / "node_modules" / ".bin" / "configurable-http-proxy"


if __name__ == "__main__":
    main()
