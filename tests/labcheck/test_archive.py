"""What students zip is unpacked as it was meant; what is hostile is refused or left out, and said."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from labcheck.submission import archive
from tests.labcheck.archives import LAB, member, refused, tarred, tree, unpack, zipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RAR = b"Rar!\x1a\x07\x01\0" + bytes(100)
HALF = zipped({"x": b"1", "y": b"content"}, zipfile.ZIP_STORED).replace(b"content", b"Content")  # x is whole
PACKED = [
    pytest.param(zipped(LAB), id="zip"),
    pytest.param(zipped(LAB, zipfile.ZIP_LZMA), id="zip-lzma"),
    *(pytest.param(tarred(LAB, packed=packed), id=f"tar-{packed}") for packed in ("", "gz", "bz2", "xz")),
]


@pytest.mark.parametrize("content", PACKED)
def test_kinds_are_told_by_content(tmp_path: Path, content: bytes) -> None:
    """Whatever the file is called, its files are there, and the folder around them is passed over."""
    found = unpack(tmp_path, content)
    assert found.folder == tmp_path / "target" / "lab"
    assert tree(tmp_path / "target") == LAB
    assert (found.files, found.said) == (2, ())
    assert found.bytes >= sum(map(len, LAB.values()))


def test_files_are_plain(tmp_path: Path) -> None:
    """Neither setuid nor anybody else's rights come out of an archive."""
    found = unpack(tmp_path, tarred(LAB, member("lab/sub", tarfile.DIRTYPE)))
    assert stat.S_IMODE((found.folder / "app.py").stat().st_mode) == 0o644
    assert stat.S_IMODE((found.folder / "sub").stat().st_mode) == 0o755


def test_target_with_files_is_left_alone(tmp_path: Path) -> None:
    """What is there already is neither mixed with the archive's files nor removed."""
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "mine").touch()
    with pytest.raises(FileExistsError):
        unpack(tmp_path, zipped(LAB))
    assert tree(tmp_path / "target") == {"mine": b""}


@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "utf-8"])
def test_names_without_the_utf8_flag_are_russian(tmp_path: Path, encoding: str) -> None:
    """Windows packs names in its code page, macOS in UTF-8, neither says so."""
    name = "Лабораторная 3.txt"
    raw = name.encode(encoding)
    placeholder = "x" * len(raw)
    unpack(tmp_path, zipped({placeholder: b"1"}).replace(placeholder.encode(), raw))
    assert tree(tmp_path / "target") == {name: b"1"}


def test_names_are_composed_and_backslashes_are_separators(tmp_path: Path) -> None:
    """A decomposed й of macOS and a path of Windows are what a person sees; Cyrillic and spaces stay."""
    unpack(tmp_path, zipped({"мои\u0306 отчёт.txt": b"1", "flask\\app.py": b"2", "./b//c": b"3", "пусто\\": b""}))
    assert tree(tmp_path / "target") == {"мой отчёт.txt": b"1", "flask/app.py": b"2", "b/c": b"3"}


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/out", "//out", "C:\\out", "c:out", "..\\out"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_no_name_leads_out(tmp_path: Path, name: str, pack: Callable[[dict[str, bytes]], bytes]) -> None:
    """Such an entry is left out and said, the others are there."""
    found = unpack(tmp_path, pack({name: b"bad", **LAB}))
    assert tree(tmp_path) == {"Работа": (tmp_path / "Работа").read_bytes()} | {f"target/{n}": LAB[n] for n in LAB}
    assert found.said == (f"Left out, since their names lead out of the folder: {name}.",)


def test_links_and_devices_are_left_out_and_said(tmp_path: Path) -> None:
    """Nothing is written through a link: what is put below one is an ordinary folder."""
    links = [
        member("away", tarfile.SYMTYPE, target=str(tmp_path / "elsewhere")),
        member("etc", tarfile.LNKTYPE, target="/etc/passwd"),
        member("away/out", tarfile.DIRTYPE),
    ]
    devices = [member(name, kind) for name, kind in (("null", tarfile.CHRTYPE), ("pipe", tarfile.FIFOTYPE))]
    found = unpack(tmp_path, tarred(LAB, *links, *devices))
    assert tree(tmp_path / "target") == LAB
    assert all(path.is_dir() or path.is_file() for path in (tmp_path / "target").rglob("*"))
    assert not any(path.is_symlink() for path in (tmp_path / "target").rglob("*"))
    assert found.said == (
        "Left out, being links: away, etc.",
        "Left out, being devices or pipes: null, pipe.",
    )


def test_link_in_a_zip_is_left_out(tmp_path: Path) -> None:
    """`zip -y` stores one as a file whose mode says so."""
    link = zipfile.ZipInfo("venv/bin/python")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(link, "/usr/bin/python3")
        made.writestr("app.py", "1")
    assert archive.unpack(tmp_path / "a.zip", tmp_path / "target").said == ("Left out, being links: venv/bin/python.",)
    assert tree(tmp_path / "target") == {"app.py": b"1"}


def test_zipped_environment_is_counted_and_only_its_mark_written(tmp_path: Path) -> None:
    """Ten thousand files of a virtual environment, whatever it is called, are no reason to refuse, nor is .git."""
    junk = {f"lab/ven/lib/python3.10/site-packages/p/{number}.py": b"" for number in range(10_000)}
    junk |= {"lab/ven/pyvenv.cfg": b"home = /usr\n", "lab/ven/bin/activate": b"", "lab/ven/Lib/x.py": b""}
    junk |= {"lab/.git/HEAD": b"ref", "lab/__pycache__/app.pyc": b"", "__MACOSX/lab/._app.py": b""}
    found = unpack(tmp_path, zipped(LAB | junk))
    assert tree(tmp_path / "target") == LAB | {"lab/ven/pyvenv.cfg": b"home = /usr\n"}
    assert (found.folder.name, found.files) == ("lab", 2 + len(junk))


def test_environment_made_in_the_students_folder_keeps_the_students_files(tmp_path: Path) -> None:
    """`python -m venv .` puts the mark beside app.py."""
    unpack(tmp_path, zipped(LAB | {"lab/pyvenv.cfg": b"1", "lab/lib/x.py": b"2", "lab/content/index.html": b"3"}))
    assert tree(tmp_path / "target") == LAB | {"lab/pyvenv.cfg": b"1", "lab/content/index.html": b"3"}


@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile's, while it is made
def test_name_that_is_there_twice_counts_last(tmp_path: Path) -> None:
    """As unpackers do; names are the same once they are composed. It is said."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        for name, content in (("й", "1"), ("и\u0306", "2"), ("app.py", "3"), ("app.py", "4")):
            made.writestr(name, content)
    found = archive.unpack(tmp_path / "a.zip", tmp_path / "target")
    assert tree(tmp_path / "target") == {"й": b"2", "app.py": b"4"}
    assert found.said == ("There more than once, of which the last counts: и\u0306, app.py.",)


def test_file_and_folder_of_one_name_do_not_meet(tmp_path: Path) -> None:
    """The first keeps the name, the other is said."""
    found = unpack(tmp_path, zipped({"a": b"1", "a/b": b"2", "c/d": b"3", "c": b"4"}))
    assert tree(tmp_path / "target") == {"a": b"1", "c/d": b"3"}
    assert len(found.said) == 2


def test_names_that_no_file_system_takes_are_left_out(tmp_path: Path) -> None:
    """Too long (in bytes: Cyrillic takes two), too deep, with control characters that a terminal would obey."""
    bad = {"я" * 128: b"", "/".join("d" * 40): b"", "\x1b[2J": b"", "l/" + "/".join(["n" * 200] * 6): b""}
    found = unpack(tmp_path, zipped(LAB | bad))
    assert tree(tmp_path / "target") == LAB
    assert len(found.said) == 3
    assert all(sentence.isprintable() for sentence in found.said)
    assert len(max(found.said, key=len)) < 300


@pytest.mark.parametrize("inner", [zipped(LAB), tarred(LAB, packed="gz")])
def test_archive_in_an_archive_is_unpacked_once(tmp_path: Path, inner: bytes) -> None:
    """Moodle's zip of a student's zip; a third level is a file."""
    third = zipped({"deep": b"1"})
    found = unpack(tmp_path, zipped({"работа.zip": inner, "b/two.zip": zipped({"three.zip": third})}))
    assert tree(tmp_path / "target") == {f"работа.zip/{name}": LAB[name] for name in LAB} | {
        "b/two.zip/three.zip": third
    }
    assert found.said == ()


def test_archive_alone_in_an_archive_is_passed_over(tmp_path: Path) -> None:
    """The student's files begin where the wrapping ends."""
    assert unpack(tmp_path, zipped({"a/lab.zip": zipped(LAB)})).folder == tmp_path / "target" / "a" / "lab.zip" / "lab"


def test_inner_archive_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    """The other files are there; what a damaged one gave is not."""
    found = unpack(tmp_path, zipped(LAB | {"копия.rar": RAR, "b.zip": HALF}))
    assert [sentence.split()[0] for sentence in found.said] == ["копия.rar", "b.zip"]
    assert tree(tmp_path / "target") == LAB | {"копия.rar": RAR}


def test_inner_archive_that_cannot_be_opened_and_is_all_there_is(tmp_path: Path) -> None:
    """Then it is what was handed in, and what to hand in instead is said."""
    assert refused(tmp_path, zipped({"копия.rar": RAR})).startswith("копия.rar is a .rar archive")
    assert refused(tmp_path, zipped({"b.zip": HALF})).startswith("b.zip is damaged")
