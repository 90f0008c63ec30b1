"""Reports as word processors write them, built at test time."""

from __future__ import annotations

from tests.labcheck.archives import zipped

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body: str, *, prolog: str = "", links: str = "", **parts: str) -> bytes:
    """Return a .docx with this body; `parts` are further ones, header1 for one."""
    files = {"[Content_Types].xml": "<Types/>", "word/document.xml": f"{prolog}<w:document {_W}>{body}</w:document>"}
    files |= {f"word/{name}.xml": f"<w:part {_W}>{part}</w:part>" for name, part in parts.items()}
    relation = f'<Relationship Id="r1" TargetMode="External" Target="{links}"/>'
    files |= {"word/_rels/document.xml.rels": f"<Relationships>{relation}</Relationships>"} if links else {}
    return zipped({name: text.encode() for name, text in files.items()})


def paragraph(*runs: str) -> str:
    """Return a paragraph whose text is in pieces, as Word saves what was corrected."""
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def pdf(text: str, *, link: str = "", pages: str = "", content: bytes | None = None, filters: str = "") -> bytes:
    """Return a .pdf of one page; `pages` stands for its page tree, `content` and `filters` for its content."""
    lines = "".join(f"({line}) Tj T* " for line in text.split("\n"))
    stream = f"BT /F1 12 Tf 14 TL 50 700 Td {lines}ET".encode() if content is None else content
    annotation = f"/Annots [<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI({link})>>>>]" if link else ""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        (pages or "<</Type/Pages/Kids[3 0 R]/Count 1>>").encode(),
        f"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>{annotation}>>".encode(),
        f"<</Length {len(stream)}{filters}>>\nstream\n".encode() + stream + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    file, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(file))
        file += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{len(file)}\n%%EOF\n"
    return file + f"xref\n0 6\n0000000000 65535 f \n{table}{trailer}".encode()
