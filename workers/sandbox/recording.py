"""A voice note as a phone records it, and a page as a printer driver writes it: made from nothing, like the scene."""

import math
from array import array
from io import BytesIO

import av

RATE, STEP = 48_000, 960
PAGE = (595, 842)


def voice_note(seconds: float = 3.0) -> bytes:
    """Ogg with Opus in one channel: a tone that swells three times a second, as speech does."""
    out = BytesIO()
    with av.open(out, "w", format="ogg") as target:
        sound = target.add_stream("libopus", rate=RATE, layout="mono")
        for start in range(0, round(seconds * RATE), STEP):
            target.mux(sound.encode(_frame(start)))
        target.mux(sound.encode())
    return out.getvalue()


def _frame(start: int) -> av.AudioFrame:
    wave = array("h", (_loudness(at) for at in range(start, start + STEP)))
    frame = av.AudioFrame(format="s16", layout="mono", samples=STEP)
    frame.sample_rate, frame.pts = RATE, start
    frame.planes[0].update(wave.tobytes())
    return frame


def _loudness(at: int) -> int:
    swell = abs(math.sin(at / RATE * math.pi * 3))
    return int(12_000 * swell * math.sin(at / RATE * math.tau * 220))


def one_page() -> bytes:
    """A PDF with one page, its upper half red."""
    width, height = PAGE
    drawing = f"1 0 0 rg 0 {height // 2} {width} {height // 2} re f"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents 3 0 R >>",
    ]
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += "".join(f"{place:010d} 00000 n \n" for place in places).encode()
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
