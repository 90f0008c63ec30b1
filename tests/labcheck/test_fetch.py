"""`make fetch`: what a class names is pulled once, politely, into archives that check-class takes elsewhere."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from labcheck import roster
from labcheck.errors import LabcheckError, PullError
from labcheck.grading.fetch import IMAGE, Fetcher
from labcheck.images import bases
from labcheck.submission import intake, kinds
from labcheck.submission.kinds import Kind
from tests.labcheck.conftest import NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source


LIMITED = "toomanyrequests: You have reached your pull rate limit"
OUT_OF_REACH = "dial tcp: lookup registry on 10.0.0.1:53: no such host"


@pytest.fixture
def waited() -> list[float]:
    """The pauses that were made, in seconds."""
    return []


@pytest.fixture
def fetcher(record: Record, registry: Source, tmp_path: Path, waited: list[float]) -> Fetcher:
    """Fetches from the registry of the test into a folder of the test's; its pauses take no time."""
    return Fetcher(record, registry, tmp_path / "out", Console(file=io.StringIO(), width=200), waited.append)


def _said(fetcher: Fetcher) -> str:
    assert isinstance(fetcher.console.file, io.StringIO)
    return fetcher.console.file.getvalue()


def test_a_class_is_fetched_and_read_elsewhere(fetcher: Fetcher, tmp_path: Path) -> None:
    """What was handed in and its image lie side by side in OUT, under names that give student and number."""
    report = tmp_path / "class" / "Мария Иванова_1234567_assignsubmission_file_" / "report.md"
    report.parent.mkdir(parents=True)
    report.write_text(f"Образ: `{NAME}`\n", encoding="utf-8")
    assert fetcher.fetch(tmp_path / "class") == 0, _said(fetcher)
    (entry,) = roster.read(fetcher.out).entries
    assert (entry.name, entry.participant) == ("Мария Иванова", "1234567")
    with intake.take_in(entry.path, None) as taken:
        assert taken.submission.image_archive == fetcher.out / report.parent.name / IMAGE
        assert kinds.kind_of(taken.submission.image_archive) is Kind.IMAGE
    assert fetcher.record.current_id(fetcher.source.reference(NAME)) is None


def test_goes_on_where_it_stopped(fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image that is there already is not pulled again."""
    (tmp_path / "list.csv").write_text(f"Мария,{NAME}\n", encoding="utf-8")
    assert fetcher.fetch(tmp_path / "list.csv") == 0
    monkeypatch.setattr(bases, "pull", lambda *_arguments: pytest.fail("pulled again"))
    assert fetcher.fetch(tmp_path / "list.csv") == 0
    assert "has its image" in _said(fetcher)


def test_a_corrected_name_is_pulled_anew(fetcher: Fetcher, tmp_path: Path) -> None:
    """An archive that was pulled under another name is not this one."""
    folder = fetcher.out / "Мария"
    folder.mkdir(parents=True)
    (folder / IMAGE).write_bytes(b"what was fetched before")
    (folder / f".{IMAGE}.name").write_text("maria/typo", encoding="utf-8")
    (tmp_path / "list.csv").write_text(f"Мария,{NAME}\n", encoding="utf-8")
    assert fetcher.fetch(tmp_path / "list.csv") == 0, _said(fetcher)
    assert kinds.kind_of(folder / IMAGE) is Kind.IMAGE


def test_namesakes_stay_apart(fetcher: Fetcher, tmp_path: Path) -> None:
    """Two students of one name have a folder each, and are two again where it is read."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "list.csv").write_text("Пётр Сидоров,,one\nПётр Сидоров,,two\n", encoding="utf-8")  # noqa: RUF001 - Russian
    assert fetcher.fetch(tmp_path / "list.csv") == 0, _said(fetcher)
    assert len({entry.key for entry in roster.read(fetcher.out).entries}) == 2


def test_a_rate_limit_is_waited_out(
    fetcher: Fetcher, tmp_path: Path, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pauses grow, and the same image is tried again."""
    (tmp_path / "list.csv").write_text(f"Мария,{NAME}\n", encoding="utf-8")
    real = bases.pull

    def pull(source: Source, name: str, say: Callable[[str], None]) -> None:
        if len(waited) < 2:
            raise PullError(LIMITED, LIMITED)
        real(source, name, say)

    monkeypatch.setattr(bases, "pull", pull)
    assert fetcher.fetch(tmp_path / "list.csv") == 0
    assert waited == sorted(waited) == [60, 120]
    assert (fetcher.out / "Мария" / IMAGE).is_file()


def test_a_registry_out_of_reach_is_trouble(
    fetcher: Fetcher, tmp_path: Path, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, the others go on, and the exit code is 2; nobody waits for what will not come."""
    (tmp_path / "list.csv").write_text("Анна,a/b\nЖижи,c/d\n", encoding="utf-8")

    def pull(_source: Source, name: str, _say: Callable[[str], None]) -> None:
        message = "out of reach"
        raise PullError(message, OUT_OF_REACH if name.startswith("a/") else "pull access denied")

    monkeypatch.setattr(bases, "pull", pull)
    assert fetcher.fetch(tmp_path / "list.csv") == 2
    assert "c/d:latest is not there, or is private" in _said(fetcher)
    assert waited == []


def test_out_lies_outside(fetcher: Fetcher, tmp_path: Path) -> None:
    """Results in the class would be students of it."""
    with pytest.raises(LabcheckError, match="OUT has to lie outside"):
        fetcher.fetch(tmp_path)
