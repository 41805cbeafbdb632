"""The site names all that is public, and links in Markdown lead to files."""

import re
from pathlib import Path

import pytest

import skgru
import skgru.persistence
import skgru.plotting
import skgru.sktime

ROOT = Path(__file__).parent.parent
PAGES = [
    page
    for folder in (".", "benchmarks", "changelog.d", "docs", "docs/design")
    for page in sorted((ROOT / folder).glob("*.md"))
]


def test_the_reference_lists_every_public_name():
    listed = set(re.findall(r"^   ([\w.]+)$", (ROOT / "docs/reference.rst").read_text(), re.M))
    parts = {"": skgru, "sktime.": skgru.sktime, "plotting.": skgru.plotting}
    parts["persistence."] = skgru.persistence
    public = {part + name for part, module in parts.items() for name in module.__all__}
    assert listed == public - {"__version__"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_in_markdown_lead_to_files(page):
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    here = [target for target in targets if not re.match(r"\w+:", target)]
    assert [target for target in here if not (page.parent / target).exists()] == []


def test_every_folder_of_the_gallery_has_a_place_in_it():
    folders = {path.parent.name for path in (ROOT / "examples").glob("*/plot_*.py")}
    conf = (ROOT / "docs/conf.py").read_text()
    assert folders == {folder for folder in folders if f'"{folder}"' in conf}
    assert all((ROOT / f"examples/{folder}/GALLERY_HEADER.rst").exists() for folder in folders)
