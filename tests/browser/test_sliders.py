"""Every slider of every notebook, moved in a real JupyterLab with a mouse and a keyboard.

Explorers are found in the page, so a new notebook is covered without a line here.
"""

from lab import NOTEBOOKS


def close(a, b):
    return abs(a - b) <= 1e-9 * max(1, abs(a), abs(b))


def agree(slider, fraction=None):
    """The number box follows its slider, and the slider stands where it was put."""
    low, high, step = slider.limits()
    number, value = slider.number(), slider.value()
    assert close(number, value), f"{slider.name} at {value}, its number box at {number}"
    if fraction is not None:
        off = abs(slider.number() - low - fraction * (high - low))
        assert off <= step + 0.01 * (high - low), f"{slider.name}: {off} from where it was put"


def test_there_is_a_slider_to_test():
    assert NOTEBOOKS


def test_a_fresh_clone_shows_picture_and_sentence(page):
    for cell in page.fresh:
        assert cell["pictures"] and all(cell["pictures"]), f"{cell}: no picture before running"
        assert cell["sentences"] and all(cell["sentences"]), f"{cell}: no sentence before running"
        assert cell["widgets"] == 0


def test_every_stored_picture_becomes_a_live_one_and_steps_aside(page):
    assert len(page.explorers()) == len(page.fresh)
    for explorer in page.explorers():
        assert explorer.pictures_in_sight() == 1 and explorer.stored_in_sight() == 0


def test_mouse(explorers):
    for explorer in explorers:
        start = explorer.picture()
        for slider in explorer.live():
            seen = {start}
            with explorer.steady():
                slider.grab()
                for fraction in (0.2, 0.9):
                    slider.move(fraction)
                    explorer.settle()
                    seen.add(explorer.picture())
                    agree(slider, fraction)
                slider.release()
                explorer.settle()
            assert len(seen) > 1, f"{slider.name}: the picture did not follow the mouse"
            explorer.reset()
            assert explorer.picture() == start, f"{slider.name}: reset left another picture"


def test_keyboard(explorers):
    for explorer in explorers:
        for slider in explorer.live():
            low, high, step = slider.limits()
            seen = {explorer.picture()}
            with explorer.steady():
                for key, value in (
                    ("Home", low),
                    ("ArrowRight", low + step),
                    ("End", high),
                    ("ArrowLeft", high - step),
                ):
                    slider.press(key)
                    seen.add(explorer.picture())
                    agree(slider)
                    assert close(slider.number(), value), f"{slider.name}: {key} gave {value}"
            assert len(seen) > 1, f"{slider.name}: the picture did not follow the keyboard"
            explorer.reset()


def test_a_fast_drag_ends_where_the_number_box_leads(explorers):
    for explorer in explorers:
        for slider in explorer.live():
            _, high, step = slider.limits()
            slider.drag(0.25, moves=40)
            agree(slider, 0.25)
            value, shown, said = slider.number(), explorer.picture(), explorer.sentence()
            with explorer.steady():
                slider.type(high + 10 * step)
                assert explorer.status().startswith(f"{slider.label}: expected "), "beyond its end"
                assert explorer.picture() == shown and close(slider.number(), value)
                slider.type(high)
                assert explorer.status() == "" and close(slider.number(), high)
                slider.type(f"{value:.9g}".replace(".", ","))
            agree(slider)
            assert explorer.picture() == shown, f"{slider.name}: a stale picture at {value}"
            assert explorer.sentence() == said, f"{slider.name}: a stale sentence at {value}"
            explorer.reset()


def test_choices(explorers):
    for explorer in explorers:
        for choice in explorer.choices:
            buttons = choice.locator("button")
            seen = {(explorer.picture(), explorer.sentence())}
            for i in range(buttons.count()):
                with explorer.steady():
                    buttons.nth(i).click()
                    explorer.settle()
                assert "mod-active" in buttons.nth(i).get_attribute("class")
                seen.add((explorer.picture(), explorer.sentence()))
            # A guess starts with none of its options, so that the start is one more.
            assert len(seen) >= buttons.count(), f"{explorer.name}: a choice changes nothing"
            explorer.reset()


def test_play(explorers):
    for explorer in explorers:
        for player in explorer.players:
            start = explorer.picture()
            button = player
            with explorer.steady():
                with explorer.another_picture():
                    button.click()
                button.click()
                explorer.settle()
            for slider in explorer.sliders:
                agree(slider)
            explorer.reset()
            assert explorer.picture() == start, f"{explorer.name}: reset left another picture"


def test_reset(explorers):
    """Often, because a redraw in a second thread of the kernel spoils only some of them."""
    for explorer in (e for e in explorers if e.reset_button.count()):
        start, said = explorer.picture(), explorer.sentence()
        for _ in range(3):
            for slider in explorer.live():
                slider.press("End")
            explorer.reset()
            assert explorer.picture() == start, f"{explorer.name}: reset left another picture"
            assert explorer.sentence() == said
            for slider in explorer.sliders:
                agree(slider)


def test_d_d_does_not_delete_the_cell(page, explorers):
    before = page.cell_count()
    for explorer in explorers:
        for slider in explorer.live()[:1]:
            slider.press("d")
            slider.press("d")
    assert page.cell_count() == before


def test_sharp_on_a_2x_screen(explorers):
    for explorer in explorers:
        assert explorer.sharpness() >= 1.9, f"{explorer.name}: a blurred picture"


def test_other_widgets_answer(page):
    """Quizzes and the like: pressing their buttons shows something, and nothing fails."""
    for cell in page.other_widgets():
        buttons = cell.locator(".jupyter-widgets button:enabled")
        start, shown = page.shown(cell), set()
        for i in range(buttons.count()):
            buttons.nth(i).click()
            page.settle(cell)
            shown.add(page.shown(cell))
        assert shown - {start}, f"no button changes what this shows: {start[:200]}"
    assert page.failures() == []
