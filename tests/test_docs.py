"""The documentation keeps up with the code."""

import re
import runpy
from pathlib import Path

import pytest

import isthmus
from isthmus.cli import app

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs/reference"
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.parent != REFERENCE),
]
LECTURE = [page for page in PAGES if page.parent.name == "lecture"]
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


@pytest.fixture(scope="module")
def reference() -> dict[Path, str]:
    """The pages of the reference, which the build of the documentation writes."""
    written = runpy.run_path(str(ROOT / "docs/reference.py"))["pages"]()
    return {REFERENCE / f"{name}.md": text for name, text in written.items()}


@pytest.mark.parametrize("name", isthmus.__all__)
def test_every_public_name_has_one_section_of_the_reference(name, reference):
    assert "\n".join(reference.values()).count(f" {{ #{name} }}\n") == 1
    assert f"#{name})" in reference[REFERENCE / "index.md"]


@pytest.mark.parametrize("page", LECTURE, ids=lambda page: page.stem)
def test_every_lecture_page_links_to_the_reference_of_its_estimators(page):
    text = page.read_text("utf-8")
    imported = re.findall(r"\w+", " ".join(re.findall(r"from isthmus import (.*)", text)))
    estimators = [name for name in imported if hasattr(isthmus.estimators, name)]
    assert estimators
    for name in estimators:
        assert f"(../reference/estimators.md#{name})" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page, reference):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        path = (page.parent / target).resolve()
        assert path in reference or path.exists(), target


def test_every_page_is_in_the_navigation(reference):
    navigation = (ROOT / "zensical.toml").read_text("utf-8")
    for page in [*PAGES[1:], *reference]:
        assert f'"{page.relative_to(ROOT / "docs").as_posix()}"' in navigation
