"""What a screen reader is told: axe-core finds nothing unnamed, and the sentence is said once."""

OURS = [".bptt-explorer"], [".bptt-quiz"]
# A page in itself is JupyterLab's: headings, landmarks. What is asked is asked of our parts.
AXE = """async parts => {
  const there = parts.filter(([part]) => document.querySelector(part));
  const { violations } = await axe.run({ include: there.flat() });
  return violations.map(v => `${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 200)}`); }"""


def test_axe_finds_nothing(page):
    from axe_playwright_python.base import AXE_SCRIPT

    page.page.evaluate(AXE_SCRIPT)
    assert page.page.evaluate(AXE, OURS) == []


def test_every_control_and_picture_has_its_name(explorers):
    for explorer in explorers:
        for slider in explorer.sliders:
            assert slider.handle.get_attribute("aria-label") == slider.label
        assert explorer.image.get_attribute("alt") == explorer.sentence() != ""


def test_the_sentence_is_said_when_a_drag_is_over(server, window):
    """Once; where a busy machine lets it stand for half a second on the way, there as well."""
    with server.open(window, "05_worked_example.ipynb") as page:
        page.run_all()
        explorer = page.explorers()[0]
        watch = """(element, name) => { window[name] = []; new MutationObserver(
            () => window[name].push([performance.now(), element.textContent])).observe(element,
            { childList: true, subtree: true }); }"""
        explorer.root.locator(".bptt-said").evaluate(watch, "told")
        explorer.root.locator(".widget-html:has(> * > .bptt-sentence)").evaluate(watch, "shown")
        slider = explorer.sliders[0]
        slider.grab()
        for place in (0.3, 0.6, 0.4, 0.7):
            slider.move(place, moves=25)
        slider.release()
        explorer.settle()
        page.page.wait_for_function("told.length")
        page.page.wait_for_timeout(1500)  # what might come another time would come now
        told, shown = page.page.evaluate("[told, shown]")
        assert told[-1][1] == explorer.sentence() == explorer.image.get_attribute("alt")
        times = [time for time, _ in shown] + [float("inf")]
        rests = sum(after - time > 500 for time, after in zip(times, times[1:]))
        assert len(told) <= rests < len({text for _, text in shown})
        assert explorer.root.locator(".bptt-said").get_attribute("role") == "status"
