"""A browser without a screen, where there is one."""

import shutil

import numpy as np
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if CHROMIUM is None:
        pytest.skip("needs the chromium of the system, such as Debian's")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Open an address in a window of its own; nothing may go wrong in it, nor leave the machine."""
    opened = []

    def visit(address, **options):
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 700}, **options})
        page = context.new_page()
        opened.append((context, heard := []))
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        home = address.split("#")[0].rpartition("/")[0]

        def note(request):
            if not request.url.startswith((home, "data:", "blob:")):
                heard.append(request.url)

        page.on("request", note)
        page.goto(address)
        page.wait_for_selector("html[data-ready]", timeout=15_000)
        return page

    yield visit
    for context, heard in opened:
        context.close()
        assert heard == []


@pytest.fixture(scope="module")
def pictures(digits):
    """Digits as pictures of bytes, and which digits they are."""
    from sklearn.datasets import load_digits

    return np.rint(digits * 255).astype(np.uint8).reshape(-1, 8, 8), load_digits().target
