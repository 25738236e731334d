"""The reason codes that the code gives, read from the code itself (as text: nothing is imported)."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("workers", "ingest", "deliver", "thumbnails")


@dataclass(frozen=True, order=True)
class Given:
    """One `Reason(code=…, sentence=…)`; what is known only at run time is shown as `…`."""

    code: str
    sentence: str
    file: str


def reasons(root: Path) -> list[Given]:
    files = (path for folder in FOLDERS for path in sorted((root / folder).rglob("*.py")))
    given = (reason for path in files if "sandbox" not in path.parts for reason in _reasons_in(path, root))
    return sorted({reason.code: reason for reason in given}.values())


def _reasons_in(path: Path, root: Path) -> Iterator[Given]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason":
            words = {keyword.arg: _text(keyword.value) for keyword in node.keywords}
            if words.get("code", "…") != "…":
                yield Given(words["code"], words.get("sentence", "…"), path.relative_to(root).as_posix())


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    return "…"
