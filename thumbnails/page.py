"""The first page of a PDF, as a picture, through PDFium: no scripts, no network, one page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from schemas.reason import Reason, Refused

_LONGEST = 14_400
"""Points; a page of more is no page (ISO 32000-1, annex C.2)."""
UNREADABLE = Reason(
    code="document_unreadable", sentence="The PDF is damaged, so there is no preview. Ask for it to be sent again."
)
LOCKED = Reason(
    code="document_locked", sentence="The PDF is protected by a password, so there is no preview. It opens with it."
)


def pages(source: Path) -> int:
    """Raises Refused: `document_unreadable`, `document_locked`."""
    with _opened(source) as document:
        return len(document)


def first_page(source: Path, max_side: int) -> Image.Image:
    """On white, its longer side `max_side`, with what was filled into its forms. Raises Refused."""
    with _opened(source) as document:
        document.init_forms()
        page = document[0]
        longest = max(*page.get_size(), 1.0)
        if longest > _LONGEST:
            raise Refused(UNREADABLE)
        picture: Image.Image = page.render(scale=max_side / longest).to_pil()
        return picture.convert("RGB")


@contextmanager
def _opened(source: Path) -> Iterator[pdfium.PdfDocument]:
    try:
        document = pdfium.PdfDocument(source)
    except pdfium.PdfiumError as error:
        locked = getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise Refused(LOCKED if locked else UNREADABLE) from error
    try:
        yield document
    except (pdfium.PdfiumError, IndexError, ValueError, RuntimeError) as error:
        raise Refused(UNREADABLE) from error
    finally:
        document.close()
