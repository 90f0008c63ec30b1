"""Reports that name the image (the lab: "Полное название … образа приведите в отчёте"), read without being trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labcheck.errors import UnreadableError
from labcheck.i18n import _
from labcheck.submission import confined, kinds
from labcheck.submission.image_names import Named

if TYPE_CHECKING:
    from pathlib import Path

BYTES_LIMIT = 100_000_000  # of the file: reports are full of screenshots
BOUNDS = confined.Bounds(seconds=30, memory=1 << 30, file=10_000_000)


def images_named(path: Path) -> list[Named]:
    """Return the images that a .docx, .pdf, .html, .md or .txt names, best first; none is an empty list.

    Raises:
        UnreadableError: it is no report of these kinds, too big, damaged, or takes too much to read.
    """
    if path.stat().st_size > BYTES_LIMIT:
        sentence = _("{name} is bigger than {megabytes} MB: hand in the report with smaller pictures.")
        raise UnreadableError(sentence.format(name=path.name, megabytes=BYTES_LIMIT // 1_000_000), "size")
    kind = kinds.kind_of(path)
    if kind not in kinds.REPORTS:
        raise kinds.unreadable(kind, path.name) or UnreadableError(
            _("{name} is no report, but of this kind: {kind}.").format(name=path.name, kind=kind.value)
        )
    found = confined.call(
        "labcheck.submission.report_text:images_named", str(path.resolve()), kind.name, name=path.name, bounds=BOUNDS
    )
    return [Named(**named) for named in found]
