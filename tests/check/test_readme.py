"""The READMEs' commands that need a lab machine, typed by a reader; and the picture of one, beside what it prints."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from labcheck.images.lab import CHECKOUT
from tests.readme import desk

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.images.bases import Source
    from tests.readme.desk import Desk

pytestmark = pytest.mark.slow
FAILURE = 2  # make's own, whatever fails
_BASES = re.compile(r"Bases: |Base images: |Базовые образы: ")  # lines that tell where this host has them from


@pytest.fixture
def reader(tmp_path: Path, source: Source) -> Desk:
    """A reader at this host."""
    return desk.lay_out(tmp_path, desk.shell(HUB=source.setting))


def test_check(reader: Desk) -> None:
    """The first step that broke is named with what helps, the points below; in Russian, where that is asked for."""
    output = reader.type("make check SUBMISSION=../works/ivanov", code=FAILURE)
    assert "First step that broke: 108." in output
    assert re.search(r"^\d\d of 100 points$", output, re.MULTILINE)
    output = reader.type("LANGUAGE=ru make check SUBMISSION=../works/ivanov", code=FAILURE)
    assert "Первый шаг, который не удался: 108." in output


def test_check_class(reader: Desk) -> None:
    """Everybody in the folder has a mark and a page, the right one full marks."""
    reader.type("make check-class CLASS=../works OUT=../results")
    out = reader.folder.parent / "results"
    marks = {one["name"]: one["percent"] for one in json.loads((out / "results.json").read_text())["submissions"]}
    assert marks["petrova"] == 100
    assert marks["ivanov"] < 100
    assert "petrova" in (out / "index.html").read_text(encoding="utf-8")


def test_walkthrough(source: Source) -> None:
    """A part of the lab is typed as it stands in the text, and all of it holds (steps 62-78)."""
    reader = desk.at_checkout(desk.shell(HUB=source.setting))
    output = reader.type("make walkthrough STEP=62-78")
    assert "docker network create" in output
    assert "failed" not in output


@pytest.mark.parametrize(("file", "language"), [("terminal.svg", "en"), ("terminal.ru.svg", "ru")])
def test_picture(reader: Desk, file: str, language: str) -> None:
    """The pictures of a terminal show what the command in their first line prints; scripts/terminal.py draws them."""
    prompt, *shown = _lines(CHECKOUT / "docs" / file)
    reader.environment["LANGUAGE"] = language
    printed = reader.type(prompt.removeprefix("$ "), code=FAILURE)
    assert _comparable(shown) == _comparable(printed.splitlines())


def _lines(svg: Path) -> list[str]:
    """Return the lines of text that a picture shows: what stands at the same height."""
    lines: dict[str, str] = {}
    for text in ET.parse(svg).getroot().iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314 - a file of ours
        if "-matrix" not in text.get("class", "") and "clip-path" in text.attrib:
            height = text.attrib["y"]
            lines[height] = lines.get(height, "") + "".join(text.itertext())
    return [line.replace("\xa0", " ").rstrip() for line in lines.values()]


def _comparable(lines: list[str]) -> list[str]:
    """Leave out what differs from host to host: where bases are from, addresses; and what make says, and margins."""
    kept = (line.strip() for line in lines if line.strip() and not _BASES.match(line) and not line.startswith("make:"))
    return [re.sub(r"http://[\d.:]+", "http://…", line) for line in kept]
