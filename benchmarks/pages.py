"""`make bench-pages`: slider to pixel on a page of the built site, opened from its folder.

Prints Markdown: for each live picture of the pages that are named (all without arguments), with all
its frames there, milliseconds from an input event, at the time that Chromium gave it, until its
picture is decoded and a frame painted; p50 and p95 of moves that follow each other slowly, and of
a drag, where a move that the next one overtakes before it is painted is not counted, but told. Then
what a page weighs before anybody touches it (of a film, all of it).
"""

import argparse
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import numpy as np
from common import ROOT, table, where

sys.path.insert(0, str(ROOT / "tests/browser"))
from lab import browser

WATCH = """figure => {
  const image = figure.querySelector('img');
  window.bench = { taken: [], inputs: 0 };
  let waiting = null;
  const input = event => { waiting = event.timeStamp; bench.inputs += 1; };
  figure.addEventListener('input', input, true);
  const frame = () => new Promise(done => requestAnimationFrame(() => {
    const painted = new MessageChannel();
    painted.port1.onmessage = done;
    painted.port2.postMessage(0);
  }));
  new MutationObserver(async () => {
    const since = waiting, source = image.src;
    if (since === null) return;
    waiting = null;
    await Promise.all([frame(), image.decode().catch(() => 0)]);
    if (image.src === source) bench.taken.push(performance.now() - since);
  }).observe(image, { attributes: true, attributeFilter: ['src'] });
}"""
ALL_THERE = "figure => figure.dataset.loaded === 'all'"


def drag(page, slider, moves, pause):
    """Over the whole way and back with the mouse, a move every ``pause`` ms; the times taken."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.evaluate("bench.taken = []; bench.inputs = 0")
    places = np.concatenate([np.linspace(0, 1, moves // 2), np.linspace(1, 0, moves // 2)])
    for number, place in enumerate(places):
        page.mouse.move(box["x"] + 8 + place * (box["width"] - 16), box["y"] + box["height"] / 2)
        if number == 0:
            page.mouse.down()
        page.wait_for_timeout(pause)
    page.mouse.up()
    page.wait_for_timeout(200)
    return page.evaluate("[bench.taken, bench.inputs]")


def measured(page, figure):
    """One row: the first slider of a live picture."""
    element, slider = figure.element_handle(), figure.locator("input[type=range]").first
    slider.focus()  # loads every frame
    page.wait_for_function(ALL_THERE, arg=element, timeout=120_000)
    figure.evaluate(WATCH)
    slow, _ = drag(page, slider, 60, 120)
    fast, inputs = drag(page, slider, 120, 16)
    cells = [f"{np.percentile(t, q):.0f}" for t in (slow, fast) for q in (50, 95)]
    return [figure.get_attribute("id"), *cells, f"{len(fast)} of {inputs}"]


def weight(window, path):
    """kB of a page and all that it asks for before it is touched."""
    page, asked = window.new_page(), set()
    page.on("request", lambda request: asked.add(request.url.partition("#")[0].partition("?")[0]))
    page.goto(path.as_uri())
    page.wait_for_timeout(3000)
    page.close()
    files = [Path(unquote(urlparse(url).path)) for url in asked]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[1])
    parser.add_argument("pages", nargs="*", help="05_worked_example.html, say")
    parser.add_argument("--site", default=ROOT / "site", type=Path)
    args = parser.parse_args()
    site = args.site.resolve()
    names = args.pages or sorted(path.name for path in site.glob("[0-9]*.html"))
    rows, weights = [], []
    with browser(pixel_ratio=2, width=1366, height=768) as window:
        window.set_offline(True)
        for name in names:
            page = window.new_page()
            page.goto((site / name).as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            live = page.locator("figure.explorer:has(input[type=range])")
            rows += [measured(page, live.nth(i)) for i in range(live.count())]
            page.close()
        for name in ["index.html", *names]:
            weights.append([name, f"{weight(window, site / name):.0f}"])
    head = ["picture", "moves, ms, p50", "p95", "drag, ms, p50", "p95", "moves of the drag painted"]
    print(
        table(head, rows),
        table(["page", "kB before a touch"], weights),
        where("sphinx", "furo", "playwright"),
        sep="\n\n",
    )


if __name__ == "__main__":
    main()
