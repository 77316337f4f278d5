"""The documentation keeps up with the code."""

import re
from pathlib import Path

import pytest

import isthmus
from isthmus.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)
COMMANDS = [name for name in app if not name.startswith("-")]


def test_commands_were_found():
    assert {"demo", "fit", "encode", "decode", "info"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_section(command):
    page = (ROOT / "docs/command-line.md").read_text("utf-8")
    assert f"\n## {command}\n" in page


@pytest.mark.parametrize(
    "name", [name for name in isthmus.__all__ if name.endswith("Autoencoder") or name.islower()]
)
def test_every_estimator_and_function_is_documented(name):
    assert re.search(rf"\b{name}\b", TEXT)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "zensical.toml").read_text("utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert f'"{page.relative_to(ROOT / "docs").as_posix()}"' in navigation
