import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from isthmus import Autoencoder, LinearAutoencoder
from isthmus.explorer import Server, Session, write_page

from .pages import (
    downloaded,
    draw,
    drawn_pixels,
    empty_spot,
    first_picture,
    lone_rows,
    place_of,
    point,
    shown_row,
)


@pytest.fixture(scope="module")
def session(pictures):
    images, target = pictures
    labels = pd.DataFrame({"digit": target})
    return Session(LinearAutoencoder(2).fit(images), images, labels=labels)


@pytest.fixture(scope="module", params=["served", "one file"])
def address(request, session, pictures, tmp_path_factory):
    """Where the page is: with a server behind it, and as a file that has none."""
    if request.param == "served":
        with Server(session) as server:
            yield server.address
        return
    path = tmp_path_factory.mktemp("page") / "map.html"
    labels = pd.DataFrame({"digit": pictures[1]})
    write_page(session.model, session.rows, path, labels=labels)
    yield path.as_uri()


def test_all_points_are_drawn(visit, address):
    page = visit(address)
    # A row takes some pixels, and not all of them share theirs.
    assert drawn_pixels(page) > 5 * 1797
    assert "1,797 rows" in page.text_content("#sentence")


def test_pointing_at_a_row_shows_it_beside_its_reconstruction(visit, address, session, pictures):
    page = visit(address)
    for row in lone_rows(page, 2):
        point(page, place_of(page, row))
        shown_row(page, row)
        assert first_picture(page) == pictures[0][row].ravel().tolist()
        back = session.reconstructed([row])[0].ravel()
        assert np.allclose(first_picture(page, 1), back, atol=1)
        assert str(pictures[1][row]) in page.text_content("#look td:last-child")


def test_pointing_at_an_empty_spot_shows_live_what_would_be_there(visit, address, session):
    page = visit(address)
    spot = empty_spot(page)
    point(page, spot)
    page.wait_for_selector("#look >> text=No row here")
    place = page.evaluate(
        """([x, y]) => {
            const box = document.getElementById("marks").getBoundingClientRect();
            return isthmus.view.toData(x - box.left, y - box.top);
        }""",
        spot,
    )
    expected = session.view.pixels(session.decode(place))[0].ravel()
    assert np.allclose(first_picture(page), expected, atol=1)
    took = page.evaluate(
        """async code => {
            const times = [];
            for (let i = 0; i < 21; i++) {
                const start = performance.now();
                await isthmus.source.ask({ ask: "decode", code: [code[0] + i / 50, code[1]] });
                times.push(performance.now() - start);
            }
            return times.sort((a, b) => a - b)[10];
        }""",
        place,
    )
    # Far beyond what it takes, so that a busy machine is no failure: see benchmarks/explorer.py.
    assert took < 1000


def test_a_lasso_selects_compares_and_saves_the_rows_inside(visit, address, session):
    page = visit(address)
    row = lone_rows(page, 1)[0]
    x, y = place_of(page, row)
    page.keyboard.down("Shift")
    draw(page, [(x - 60, y - 50), (x + 60, y - 50), (x + 60, y + 50), (x - 60, y + 50)])
    page.keyboard.up("Shift")
    page.wait_for_selector("#contrast li")
    chosen = np.array(page.evaluate("Array.from(isthmus.selection.rows)"))
    corners = page.evaluate("isthmus.selection.lasso")
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    inside = ((session.codes > low) & (session.codes < high)).all(axis=1)
    assert chosen.tolist() == np.flatnonzero(inside).tolist()
    assert row in chosen
    with downloaded(page) as content:
        page.click("text=Save csv")
    table = pd.read_csv(io.BytesIO(content[0]))
    assert table["row"].tolist() == (chosen + 1).tolist()
    assert table["digit"].tolist() == session.column("digit").places[chosen].tolist()
    assert np.array_equal(table.iloc[:, 2:66], session.rows[chosen].reshape(-1, 64))
    if page.locator("text=Save parquet").count():
        with downloaded(page) as content:
            page.click("text=Save parquet")
        assert len(pd.read_parquet(io.BytesIO(content[0]))) == len(chosen)


def test_dragging_from_a_point_to_another_shows_the_way(visit, address, session):
    page = visit(address)
    first, last = lone_rows(page, 2)
    page.click("[data-tool=way]")
    draw(page, [place_of(page, first), place_of(page, last)])
    page.wait_for_selector("#way canvas")
    assert page.locator("#way canvas").count() == 15
    assert f"From row {first + 1:,} to row {last + 1:,}" in page.text_content("#way h2")


def test_labels_colour_the_page_until_another_colour_is_chosen(visit, address):
    page = visit(address)
    assert page.input_value("#colour") == "digit"
    assert page.locator("#legend li").count() == 10
    page.fill("#colour", "none")
    page.press("#colour", "Enter")
    page.wait_for_function("() => location.hash.includes('colour=none')")
    assert page.locator("#legend li").count() == 0
    again = visit(page.url)
    assert again.locator("#legend li").count() == 0


def test_search_and_colour_are_reopened_by_a_link(visit, address, session):
    page = visit(address)
    page.fill("#colour", "score")
    page.press("#colour", "Enter")
    page.wait_for_function("() => location.hash.includes('colour=score')")
    page.fill("#find", "digit = 3")
    page.press("#find", "Enter")
    page.wait_for_selector("#contrast li")
    page.keyboard.press("Tab")
    page.evaluate("isthmus.view.look([1, 2], 3)")
    page.wait_for_function(
        "() => location.hash.includes('find') && location.hash.includes('view=1,2,3')"
    )
    again = visit(page.url)
    assert again.input_value("#colour") == "score"
    assert again.evaluate("isthmus.view.zoom") == 3
    assert again.evaluate("isthmus.selection.rows.length") == session.search("digit = 3").size


def test_rows_of_a_dropped_file_are_placed(visit, address, session, tmp_path):
    page = visit(address)
    np.save(tmp_path / "new.npy", session.rows[:5])
    page.set_input_files("#file", tmp_path / "new.npy")
    page.wait_for_selector("text=5 rows of")
    placed = page.evaluate("isthmus.marks.placed.map(both => both.map(part => Array.from(part)))")
    assert np.allclose(np.transpose(placed[0]), session.codes[:5], atol=1e-3)
    (tmp_path / "wrong.csv").write_text("a,b\n1,2\n")
    page.set_input_files("#file", tmp_path / "wrong.csv")
    page.wait_for_selector("#alert >> text=wrong.csv has 2")
    assert str(tmp_path) not in page.text_content("#alert")


def test_the_keyboard_alone_reaches_everything(visit, address):
    page = visit(address)
    while page.evaluate("document.activeElement.id") != "marks":
        page.keyboard.press("Tab")
    row = lone_rows(page, 1)[0]
    for _ in range(30):
        page.keyboard.press("+")
    page.evaluate(
        "([x, y]) => isthmus.view.look([x, y], 20)",
        page.evaluate("row => [isthmus.grid.x[row], isthmus.grid.y[row]]", row),
    )
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    shown_row(page, row)
    page.keyboard.press("Enter")
    page.wait_for_selector("#look >> text=kept")
    assert f"Row {row + 1:,}" in page.text_content("#spoken")
    page.keyboard.press("Space")
    page.wait_for_selector("text=1 row selected")
    page.keyboard.press("0")
    page.keyboard.press("a")
    page.wait_for_selector("text=1,797 rows selected")
    page.keyboard.press("w")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector("#way canvas")
    page.keyboard.press("Escape")
    assert page.is_hidden("#way")
    assert page.is_hidden("#selected")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"


@pytest.mark.parametrize("address", ["served"], indirect=True)
def test_a_phone_taps_and_pinches(visit, address):
    page = visit(address, viewport={"width": 390, "height": 780}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.touchscreen.tap(*place_of(page, row := lone_rows(page, 1, 10)[0]))
    shown_row(page, row)
    zoom = page.evaluate(
        """() => {
            const marks = document.getElementById("marks");
            const box = marks.getBoundingClientRect();
            marks.setPointerCapture = () => {};
            const touch = (type, pointerId, x, y) => marks.dispatchEvent(new PointerEvent(type, {
                pointerId, pointerType: "touch", clientX: box.left + x, clientY: box.top + y }));
            touch("pointerdown", 11, 100, 100);
            touch("pointerdown", 12, 200, 100);
            touch("pointermove", 12, 300, 100);
            touch("pointerup", 11, 100, 100);
            touch("pointerup", 12, 300, 100);
            return isthmus.view.zoom;
        }"""
    )
    assert zoom == pytest.approx(2)


@pytest.mark.parametrize("address", ["one file"], indirect=True)
def test_in_the_dark_the_page_is_dark(visit, address):
    page = visit(address, color_scheme="dark")
    colours = page.evaluate(
        "['backgroundColor', 'color'].map(name => getComputedStyle(document.body)[name])"
    )
    sums = [sum(map(int, colour[4:-1].split(","))) for colour in colours]
    assert sums[0] < 100 < 600 < sums[1]


def test_other_axes_are_chosen_and_walked_along(visit, table):
    names = [f"column {i}" for i in range(6)]
    frame = pd.DataFrame(table, columns=names)
    session = Session(LinearAutoencoder(4).fit(frame), frame)
    with Server(session) as server:
        page = visit(f"{server.address}#axes=1,3")
        shown = page.evaluate("[Array.from(isthmus.grid.x), Array.from(isthmus.grid.y)]")
        assert np.allclose(np.transpose(shown), session.codes[:, [1, 3]])
        page.click("#axes summary")
        page.select_option("#axis-across", "2")
        page.wait_for_function("() => location.hash.startsWith('#axes=2,3')")
        page.locator("#axes button").first.click()
        page.wait_for_selector("#way td")
        assert "Along code" in page.text_content("#way h2")


def test_hostile_names_and_cells_are_texts(visit):
    evil = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    long, arabic = "x" * 20_000, "\u202eمرحبا بالعالم\u202c🙂"
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(60, 3)), columns=[evil, long, arabic])
    frame["text"] = generator.choice([evil, long, arabic], 60)
    frame["={1+1}"] = generator.integers(0, 3, 60)
    model = Autoencoder(2, hidden=4, max_epochs=1).fit(frame)
    with Server(Session(model, frame), title=evil) as server:
        page = visit(server.address)
        assert page.text_content("#title") == evil
        row = lone_rows(page, 1)[0]
        page.mouse.click(*place_of(page, row))
        shown_row(page, row)
        page.fill("#colour", "text")
        page.press("#colour", "Enter")
        page.wait_for_selector("#legend li")
        page.fill("#find", evil)
        page.press("#find", "Enter")
        page.wait_for_selector("#contrast li")
        assert "owned" not in page.evaluate("document.title").replace(evil, "")
        assert page.locator("img, #look script, #side script").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 1000
        assert evil in page.text_content("#look")


def test_ten_thousand_columns_are_shown(visit):
    x = np.random.default_rng(0).normal(size=(40, 10_000)).astype(np.float32)
    table = pa.table(list(x.T), names=[f"c{i}" for i in range(10_000)])
    with Server(Session(LinearAutoencoder(2).fit(table), table)) as server:
        page = visit(server.address)
        row = lone_rows(page, 1)[0]
        page.mouse.click(*place_of(page, row))
        shown_row(page, row)
        assert page.locator("#look tbody tr").count() == 60
        assert "9,940 more" in page.text_content("#look")
        page.fill("#colour", "c9999")
        page.press("#colour", "Enter")
        page.wait_for_selector("#legend >> text=c9999")


def test_a_page_says_that_its_server_has_ended(browser, pictures):
    images, _ = pictures
    with Server(Session(LinearAutoencoder(2).fit(images[:100]), images[:100])) as server:
        page = browser.new_page()
        page.goto(server.address)
        page.wait_for_selector("html[data-ready]")
    page.wait_for_selector("#alert >> text=The server has ended")
    page.close()
