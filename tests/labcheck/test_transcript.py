"""What a terminal shows, and the transcript that is made of it."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from labcheck.walkthrough import screen
from labcheck.walkthrough.transcript import FAILED, PASSED, Transcript

EVIL = "<script>alert(1)</script>\n````\n\x1b[31mred\x1b[0m \u202egnp.exe"


def _events(*, step: int = 62, text: str = "shown", outcome: str = PASSED, window: str = "1") -> list[dict[str, Any]]:
    typed = {"window": window, "prompt": "user@lab:~$ ", "command": "docker ps", "text": text, "code": 0}
    return [
        {"steps": [step], "kind": "begin", "claim": "It <is> so.", "test": "tests/walkthrough/test_x.py::test_y"},
        {"steps": [step], "kind": "typed", **typed},
        {"steps": [step], "kind": "end", "outcome": outcome, "why": "it was not" if outcome == FAILED else ""},
    ]


def _transcript(*events: dict[str, Any], part: tuple[int, int] = (1, 148)) -> Transcript:
    transcript = Transcript(part)
    for event in events:
        transcript.take(event)
    return transcript


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"plain\r\nlines  \r\n", "plain\nlines"),
        (b"10%\r100%\r\n", "100%"),
        (b"a\x1b[2Kb\r\n\x1b[1A\x1b[Kc\r\n", "c"),
        (b"\x1b[31mred\x1b[0m\r\n", "red"),
        ("ОК\r\n".encode(), "ОК"),  # noqa: RUF001 - the lab's
        (b"a\tb\r\n", "a       b"),
        (b"\xff\r\n", "\ufffd"),
    ],
)
def test_what_a_terminal_shows(written: bytes, shown: str) -> None:
    """Carriage returns write over, sequences move and erase, colours and bells are not text."""
    assert screen.text_of(written) == shown


def test_nothing_scrolls_away() -> None:
    """All lines are there, also of more than a screen with a progress bar in its last line."""
    lines = [f"line {number}" for number in range(3 * screen.ROWS)]
    written = "".join(f"{line}\r\n50%\r\x1b[K" for line in lines).encode()
    assert screen.text_of(written).splitlines() == lines
    assert len(screen.visible(written).split("\n")) == screen.ROWS


def test_a_page_of_strangers_text() -> None:
    """On the page all that was shown is text: no script, no sequence, nothing that turns the writing."""
    page = _transcript(*_events(text=EVIL)).html(title="T", about="A")
    soup = BeautifulSoup(page, "html.parser")
    assert soup.find("script") is None
    assert "<script>alert(1)</script>" in soup.get_text()
    assert "It <is> so." in soup.get_text()
    assert not set("\x1b\u202e") & set(page)


def test_long_outputs_are_folded_in() -> None:
    """What is longer than 25 lines is there, folded in."""
    page = _transcript(*_events(text="\n".join(["line"] * 26))).html(title="T", about="A")
    details = BeautifulSoup(page, "html.parser").find("details")
    assert details is not None
    assert details.get_text().count("line\n") >= 25


def test_fences_hold() -> None:
    """In Markdown a block is fenced by more backticks than what it shows."""
    text = _transcript(*_events(text=EVIL)).markdown(title="T", about="A")
    assert "## 62. It <is> so." in text
    assert "`````console\nuser@lab:~$ docker ps\n<script>" in text


def test_a_part_is_kept() -> None:
    """Of a part the steps before it are run and not kept, unless they break: then nothing after them is worth much."""
    kept = _transcript(*_events(step=61), *_events(step=62), part=(62, 78))
    assert [step.number for step in kept.steps] == ["62"]
    broken = Transcript((62, 78))
    told = [broken.take(event) for event in _events(step=61, outcome=FAILED)]
    assert told[-1] is not None
    assert told[-1].why == "it was not"


def test_a_claim_that_is_tried_with_several_values_is_one_step() -> None:
    """It holds where it held for each: one that broke stays broken."""
    transcript = _transcript(*_events(outcome=PASSED), *_events(outcome=FAILED), *_events(outcome=PASSED))
    (step,) = transcript.steps
    assert len(step.typed) == 3
    assert (step.outcome, step.why) == (FAILED, "it was not")
