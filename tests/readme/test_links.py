"""Every link of what people read leads to a file that is there, and to a heading in it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from labcheck.images.lab import CHECKOUT
from tests.readme import markdown

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").glob("*.md")])


def broken(page: Path, root: Path) -> list[str]:
    """Return the links of a page that lead nowhere under `root`; other sites are not asked."""
    return [link for link in markdown.links(page.read_text(encoding="utf-8")) if not _leads_somewhere(page, root, link)]


def _leads_somewhere(page: Path, root: Path, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return parts.scheme == "https" and bool(parts.netloc)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_relative_to(root) or not target.exists():
        return False
    return not parts.fragment or unquote(parts.fragment) in markdown.anchors(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_lead_somewhere(page: Path) -> None:
    """No link of the page is broken."""
    nowhere = broken(page, CHECKOUT)
    assert not nowhere, f"{page.name}: {nowhere}"


def test_broken_links_are_found(tmp_path: Path) -> None:
    """A missing file, a missing heading, a folder outside and a plain http address are broken; what is there is not."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "there.md").write_text("# A heading\n## A heading\n", encoding="utf-8")
    page = tmp_path / "page.md"
    good = ["docs/there.md", "docs/there.md#a-heading", "docs/there.md#a-heading-1", "https://example.org/x", "#me"]
    bad = ["docs/none.md", "docs/there.md#none", "docs/there.md#a-heading-2", "../", "http://example.org", "#none"]
    page.write_text("# Me\n" + "\n".join(f"[x]({link})" for link in [*good, *bad]), encoding="utf-8")
    assert broken(page, tmp_path) == bad
