"""What tests do to a page."""

from contextlib import contextmanager


def place_of(page, row):
    """Give where a row is on the screen."""
    return page.evaluate(
        """row => {
            const { view, grid } = isthmus;
            const box = document.getElementById("marks").getBoundingClientRect();
            const [x, y] = view.toScreen(grid.x[row], grid.y[row]);
            return [x + box.left, y + box.top];
        }""",
        row,
    )


def lone_rows(page, n, gap=20):
    """Give rows that no other row is near to on the screen."""
    return page.evaluate(
        """([n, gap]) => {
            const { view, grid } = isthmus;
            const at = i => view.toScreen(grid.x[i], grid.y[i]);
            const all = Array.from(grid.x, (_, i) => at(i));
            const lone = [];
            for (let i = 0; i < all.length && lone.length < n; i++) {
                const near = all.filter(p => Math.hypot(p[0] - all[i][0], p[1] - all[i][1]) < gap);
                if (near.length === 1) lone.push(i);
            }
            return lone;
        }""",
        [n, gap],
    )


def empty_spot(page):
    """Give a place on the screen that no row is near to, inside the range of the rows."""
    return page.evaluate(
        """() => {
            const { view, grid } = isthmus;
            const box = document.getElementById("marks").getBoundingClientRect();
            const all = Array.from(grid.x, (_, i) => view.toScreen(grid.x[i], grid.y[i]));
            for (let y = 120; y < view.height - 40; y += 7) {
                for (let x = 120; x < view.width - 40; x += 7) {
                    if (all.every(p => Math.hypot(p[0] - x, p[1] - y) > 25)) {
                        return [x + box.left, y + box.top];
                    }
                }
            }
        }"""
    )


def drawn_pixels(page):
    """Count the pixels of the map that are not empty."""
    return page.evaluate(
        """() => {
            const canvas = document.getElementById("points");
            const context = canvas.getContext("2d");
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
            return count;
        }"""
    )


def first_picture(page, which=0):
    """Give the shades of a picture beside the map."""
    return page.evaluate(
        """which => {
            const canvas = document.querySelectorAll("#look canvas")[which];
            const context = canvas.getContext("2d");
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
        }""",
        which,
    )


def point(page, place):
    page.mouse.move(*place)


def shown_row(page, row):
    """Wait until a row is shown; the page counts from 1."""
    page.wait_for_function(
        "row => document.getElementById('look').dataset.row === String(row)", arg=row
    )


def draw(page, places):
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()


@contextmanager
def downloaded(page):
    """Give a list that holds the content of what is downloaded inside."""
    content = []
    with page.expect_download() as waiting:
        yield content
    with open(waiting.value.path(), "rb") as file:
        content.append(file.read())
