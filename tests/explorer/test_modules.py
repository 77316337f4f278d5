"""The modules of the page, tested by themselves."""

from .node import node


def test_modules_of_the_page_do_what_they_say():
    result = node("--test", "modules.test.mjs")
    assert result.returncode == 0, result.stdout.decode()
