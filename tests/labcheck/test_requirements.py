"""requirements.txt as pip reads it: encodings, comments, options, pins, and what is missing or at odds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from labcheck.checks import requirements
from labcheck.checks.requirements import Installed
from labcheck.submission.student_file import TEXT_LIMIT, StudentFileError

if TYPE_CHECKING:
    from pathlib import Path

FILE = """\
# by hand
Flask==3.1.3
  jinja2 === 3.1.6  # the templates
-r other.txt
--index-url https://index.invalid/simple
click==8.1.* ; python_version >= "3.8"
Werkzeug==3.1.9 \\
    --hash=sha256:00 \\
    --hash=sha256:11
blinker>=1
thing @ https://index.invalid/thing-1.0-py3-none-any.whl
not a requirement at all
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_every_encoding_of_pip_is_read(tmp_path: Path, encoding: str) -> None:
    """The same lines come out, whatever a student's editor wrote."""
    mark = "\ufeff" if encoding == "utf-16-be" else ""  # the others write their mark themselves
    (tmp_path / "requirements.txt").write_bytes((mark + FILE).replace("\n", "\r\n").encode(encoding))
    lines = requirements.read(tmp_path / "requirements.txt")
    names = ["flask", "jinja2", "click", "werkzeug", "blinker", "thing", ""]
    assert [line.name for line in lines] == names
    assert [line.is_pinned for line in lines] == [True, True, False, True, False, True, False]


def test_a_declared_encoding_is_read_and_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    """PEP 263's line counts in the first two; without it bytes that are no UTF-8 cannot be read."""
    path = tmp_path / "requirements.txt"
    path.write_bytes("# coding: cp1251\nFlask==3.1.3  # веб\n".encode("cp1251"))
    assert [line.text for line in requirements.read(path)] == ["Flask==3.1.3"]
    path.write_bytes("Flask==3.1.3  # веб\n".encode("cp1251"))
    with pytest.raises(UnicodeDecodeError):
        requirements.read(path)


def test_a_file_that_nobody_froze_is_not_read(tmp_path: Path) -> None:
    """Lines without end are an error, and are not taken into memory (step 111)."""
    path = tmp_path / "requirements.txt"
    path.write_text("Flask==3.1.3\n" * TEXT_LIMIT)
    with pytest.raises(StudentFileError, match="too many to be what the lab asks for"):
        requirements.read(path)


def test_what_is_needed_and_not_listed_is_named(tmp_path: Path) -> None:
    """Markers count in the image's environment, extras only where asked for; pip and its like need no line."""
    path = tmp_path / "requirements.txt"
    path.write_text("Flask[async]==3.1.3\n")
    needs = ["Werkzeug>=3", 'asgiref; extra == "async"', 'python-dotenv; extra == "dotenv"', "setuptools"]
    needs.append('importlib-metadata; python_version < "3.10"')
    installed = Installed({"flask": "3.1.3"}, {"flask": list(map(Requirement, needs))}, {"python_version": "3.11"})
    assert installed.unlisted(requirements.read(path)) == {"werkzeug": "flask", "asgiref": "flask"}


def test_what_is_at_odds_is_named() -> None:
    """A need that is not there, or not in that version, is what `pip check` complains about."""
    needs = {"flask": [Requirement("werkzeug>=3.1"), Requirement("click")], "werkzeug": []}
    installed = Installed({"flask": "3.1.3", "werkzeug": "2.0"}, needs, {})
    assert installed.conflicts() == [
        "flask needs werkzeug>=3.1, but 2.0 is installed",
        "flask needs click, which is not installed",
    ]
