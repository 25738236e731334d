"""What threads of a worker may not do at the same time."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [path for room in ("workers", "schemas", "ingest", "deliver") for path in (ROOT / room).rglob("*.py")]
ALONE = {"workers/runtime/forking/child.py", "workers/sandbox/visitor.py"}
"""Whoever has one thread may."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_structs_are_decoded_by_shared_decoders(path: Path):
    """`schemas.decoders.decoder(kind)` and not `json.decode(…, type=kind)`, whose first uses at once are a SIGSEGV."""
    found = re.findall(r"json\.decode\([^\n]*\btype=", path.read_text(encoding="utf-8"))
    assert found == [] or str(path.relative_to(ROOT)) in ALONE
