"""Writes what is in an archive below a folder, and counts what it comes to; it runs in a process of its own."""

from __future__ import annotations

import itertools
import re
import shutil
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from labcheck.errors import UnreadableError
from labcheck.i18n import _
from labcheck.submission import entries, kinds
from labcheck.submission.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labcheck.submission.entries import Entry

_CHUNK = 1 << 16
_NAMED = 3  # names that a sentence spells out
_NAME_SHOWN = 80  # characters of each
# never looked into, and there by the thousand: counted, not written
_JUNK = {".git", "__MACOSX", "__pycache__", "node_modules", "site-packages"}
_DRIVE = re.compile(r"[A-Za-z]:")
_COMPONENT_BYTES, _PATH_BYTES = 255, 1024  # a file system's limit; a path's is 4096, with the folder's own before it


@dataclass(frozen=True)
class Limits:
    """What an archive may come to, those in it counted in. Sizes are in bytes."""

    packed: int = 1 << 30
    unpacked: int = 3 << 30
    file: int = 3 << 29  # what `docker save` writes of a keeper on the full python image has 1 GB
    entries: int = 50_000  # a zipped environment has 10,000
    depth: int = 32
    ratio: int = 200  # unpacked to packed; more is zeros
    ratio_from: int = 50_000_000  # below that zeros do no harm
    seconds: int = 60
    memory: int = 1 << 29


class LimitError(UnreadableError):
    """The archive goes beyond a limit: it is refused as a whole, not in part."""


def too_big(name: str, limits: Limits) -> LimitError:
    """Return the error that says what an archive may come to."""
    sentence = _(
        "{name} is too big: at most {packed} MB are taken, which unpack to at most {unpacked} MB or {ratio} times as "
        "much, in {entries} files. Hand in the lab's folder alone, without environments and films."
    )
    sizes = {"packed": limits.packed // 1_000_000, "unpacked": limits.unpacked // 1_000_000}
    return LimitError(sentence.format(name=name, entries=limits.entries, ratio=limits.ratio, **sizes), "limit")


class Unpacker:
    """Writes the files of one archive and of those in it.

    `bytes` and `files` count all that was read, `written` the files that are there now; `refusal` is why an archive in
    the archive could not be opened.
    """

    def __init__(self, name: str, packed: int, limits: Limits) -> None:
        """Take the archive's name, and its size in bytes."""
        self.bytes = self.files = self.written = 0
        self.refusal: UnreadableError | None = None
        self._name = name
        self._limits = limits
        self._most = min(limits.unpacked, max(limits.ratio_from, packed * limits.ratio))
        self._entries = 0
        self._left_out: dict[str, list[str]] = {}
        self._sentences: list[str] = []

    def unpack(self, file: BinaryIO, kind: Kind, root: Path, name: str = "") -> list[Path]:
        """Write an archive's files below `root`; return those that are archives themselves.

        Raises:
            UnreadableError: it cannot be read to its end; LimitError: it goes beyond a limit.
        """
        name = name or self._name
        nested: dict[Path, None] = {}
        inside = entries.of_zip(file, name, self._expect) if kind is Kind.ZIP else entries.of_tar(file, self._spend)
        while (entry := _next(inside, name)) is not None:
            self._expect(1)
            self._entries += 1
            path = self._place(entry, root)
            if entry.kind == "file":
                self.files += 1
                chunks = self._chunks(entry, name)
                head = next(chunks, b"")
                self._write(itertools.chain([head], chunks), path)
                if path and kinds.is_packed(head):
                    nested[path] = None
                elif path:
                    nested.pop(path, None)  # the one before it, under the same name
        return list(nested)

    def unpack_nested(self, path: Path) -> None:
        """Put an archive's files into a folder in its place; one that cannot be opened is said.

        Raises:
            LimitError: all together goes beyond a limit.
        """
        with path.open("rb") as file:
            kind = kinds.look_into(file)
            if kind in kinds.ARCHIVES:
                self.written -= 1
                written = self.written
                path.unlink()  # it stays open
                path.mkdir()
                try:
                    self.unpack(file, kind, path, path.name)
                except LimitError:
                    raise
                except UnreadableError as error:
                    shutil.rmtree(path)
                    self.written = written
                    self._refuse(error)
            elif kind in {Kind.RAR, Kind.SEVEN_ZIP, Kind.EXPORT}:
                self.written -= 1
                self._refuse(kinds.unreadable(kind, path.name))

    def said(self) -> list[str]:
        """Return a sentence for each reason why something was left out."""
        return self._sentences + [
            sentence.format(names=", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else ""))
            for sentence, names in self._left_out.items()
        ]

    def _refuse(self, error: UnreadableError | None) -> None:
        self.refusal = error
        self._sentences.append(str(error))

    def _expect(self, count: int) -> None:
        if self._entries + count > self._limits.entries:
            raise too_big(self._name, self._limits)

    def _spend(self, count: int) -> None:
        self.bytes += count
        if self.bytes > self._most:
            raise too_big(self._name, self._limits)

    def _chunks(self, entry: Entry, name: str) -> Iterator[bytes]:
        size = 0
        with entries.reading(name), entry.open() as content:
            while chunk := content.read(_CHUNK):
                self._spend(len(chunk))
                size += len(chunk)
                if size > self._limits.file:
                    raise too_big(self._name, self._limits)
                yield chunk

    def _place(self, entry: Entry, root: Path) -> Path | None:
        """Return where an entry's file goes, its folder made; None for what is not written."""
        parts = self._parts(entry)
        if parts is None or not _JUNK.isdisjoint(parts):
            return None
        if entry.kind in {"link", "device"}:
            links = _("Left out, being links: {names}.")
            self._leave_out(links if entry.kind == "link" else _("Left out, being devices or pipes: {names}."), entry)
            return None
        path = root.joinpath(*parts)
        try:
            (path if entry.kind == "folder" else path.parent).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            self._leave_out(_("Left out, since a file has the name of their folder: {names}."), entry)
            return None
        if path.is_dir() and entry.kind == "file":
            self._leave_out(_("Left out, since a folder has the same name: {names}."), entry)
            return None
        if path.is_file():
            self._leave_out(_("There more than once, of which the last counts: {names}."), entry)
        return path

    def _parts(self, entry: Entry) -> list[str] | None:
        """Return the parts of an entry's name, None where they lead out of the folder or no file system takes them."""
        name = unicodedata.normalize("NFC", entry.name.replace("\\", "/"))  # as Windows writes it; as macOS does not
        parts = [part for part in name.split("/") if part not in {"", "."}]
        if any(unicodedata.category(char) == "Cc" for char in name):
            self._leave_out(_("Left out, since their names hold control characters: {names}."), entry)
        elif name.startswith("/") or _DRIVE.match(name) or ".." in parts:
            self._leave_out(_("Left out, since their names lead out of the folder: {names}."), entry)
        elif any(len(part.encode()) > _COMPONENT_BYTES for part in parts) or len(name.encode()) > _PATH_BYTES:
            self._leave_out(_("Left out, since their names are too long: {names}."), entry)
        elif len(parts) > self._limits.depth:
            self._leave_out(_("Left out, since they lie too deep: {names}."), entry)
        else:
            return parts or None
        return None

    def _leave_out(self, sentence: str, entry: Entry) -> None:
        name = "".join(char if char.isprintable() else "\ufffd" for char in entry.name)
        self._left_out.setdefault(sentence, []).append(name[:_NAME_SHOWN])

    def _write(self, chunks: Iterator[bytes], path: Path | None) -> None:
        if path is None:
            for _chunk in chunks:
                pass
            return
        self.written += not path.exists()
        with path.open("wb") as file:
            file.writelines(chunks)


def _next(inside: Iterator[Entry], name: str) -> Entry | None:
    with entries.reading(name):
        return next(inside, None)
