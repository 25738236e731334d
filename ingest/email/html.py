"""HTML to plain text, and which `cid:` images it shows where. Never rendered, never trusted."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_MAX_CHARS = 4_000_000
_MAX_DEPTH = 200
"""Deeper elements do not count: nobody writes such pages, but for us."""
_SILENT = {"script", "style", "head", "title", "template", "noscript", "svg"}
_BLOCKS = {
    "p",
    "div",
    "br",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "hr",
}
_VOID = {"br", "img", "hr", "meta", "link", "input", "area", "base", "col", "embed", "source", "track", "wbr"}
_FRAMED = re.compile(r"gmail_quote|gmail_signature|moz-signature|moz-cite|yahoo_quoted|\bsignature\b", re.IGNORECASE)
"""Class and id names that mail programs give to what was quoted and to signatures."""


@dataclass
class Page:
    """`shown` maps each image referred to, by Content-ID or location, to whether it only stands in quotes."""

    text: str = ""
    shown: dict[str, bool] = field(default_factory=dict)


def read(html: str) -> Page:
    """Broken markup is read as far as it goes."""
    reader = _Reader()
    try:
        reader.feed(html[:_MAX_CHARS])
        reader.close()
    except (AssertionError, ValueError):  # html.parser on hostile declarations
        pass
    return Page(_tidy("".join(reader.pieces)), reader.shown)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.shown: dict[str, bool] = {}
        self._open: list[tuple[str, bool]] = []
        """Open elements, and whether each begins a quote or signature."""
        self._silent = 0
        self._framed = 0
        self._link: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _BLOCKS:
            self.pieces.append("\n- " if tag == "li" else "\n")
        if tag == "img":
            self._image(given)
        if tag == "a" and given.get("href", "").startswith(("http://", "https://", "mailto:")):
            self._link = given["href"]
        if tag not in _VOID and len(self._open) < _MAX_DEPTH:
            framed = tag == "blockquote" or bool(_FRAMED.search(f"{given.get('class', '')} {given.get('id', '')}"))
            self._open.append((tag, framed))
            self._framed += framed
            self._silent += tag in _SILENT

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            said = "".join(self.pieces[-8:])
            target = self._link.removeprefix("mailto:")
            self.pieces.append("" if target in said else f" ({target})")
            self._link = None
        if all(tag != name for name, _ in self._open):
            return
        while self._open:
            name, framed = self._open.pop()
            self._framed -= framed
            self._silent -= name in _SILENT
            if name == tag:
                break
        if tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append("\t")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def _image(self, given: dict[str, str]) -> None:
        source = given.get("src", "").strip()
        name = source[4:].strip("<>") if source.lower().startswith("cid:") else source
        if name and not name.lower().startswith("data:"):
            self.shown[name] = self.shown.get(name, True) and self._framed > 0


def _tidy(text: str) -> str:
    lines = [re.sub(r"[ \u00a0]+", " ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
