"""Makers of the PDFs and archives that tests use, by hand: no library writes what a sly sender would."""

import struct
import zipfile
from io import BytesIO

OFFICE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}


def pdf(pages: int = 1, size: tuple[int, int] = (595, 842), *, extra: str = "", locked: bool = False) -> bytes:
    """Each page is red in its upper half. `extra` goes into the catalog."""
    drawing = f"1 0 0 rg 0 {size[1] // 2} {size[0]} {size[1] // 2} re f"
    kids = " ".join(f"{4 + number} 0 R" for number in range(pages))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {extra} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        *[f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Contents 3 0 R >>"] * pages,
    ]
    encryption = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'61' * 32}> /U <{'62' * 32}> >>" if locked else ""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += "".join(f"{place:010d} 00000 n \n" for place in places).encode()
    identity = f"/ID [<{'63' * 16}> <{'63' * 16}>]"
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {identity} {encryption} >>\n".encode()
    return bytes(out + f"startxref\n{start}\n%%EOF\n".encode())


def archive(*names: str, content: bytes = b"hello") -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names or ("a.txt",):
            file.writestr(name, content)
    return out.getvalue()


def office(kind: str, *others: str) -> bytes:
    """The smallest Word, Excel or PowerPoint file: its parts in an order that libmagic does not know."""
    return archive(OFFICE[kind], "[Content_Types].xml", *others)


def archive_claiming(unpacked_bytes: int) -> bytes:
    """A small archive whose list says that its file is huge."""
    data = bytearray(archive("a.txt"))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", unpacked_bytes)
    return bytes(data)


def nested_archive(depth: int) -> bytes:
    data = b"at the bottom"
    for _ in range(depth):
        data = archive("inner.zip", content=data)
    return data
