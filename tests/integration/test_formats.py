"""The table of formats in the README of the thumbnails tells what happens."""

from tests import formats

CHEAP = ("PDF", "MOV (H.264)", "AVI", "AMR", "DOCX", "ZIP", "CSV")
"""Of every family one that takes little time; `python -m tests.formats` tries all of them."""


def test_the_table_of_formats_is_what_a_run_finds(tmp_path):
    """Row by row; and no format that is tried is missing from it."""
    rows = [line for line in formats.README.read_text().splitlines() if line.startswith("|")]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows[2:]] == list(formats.SAMPLES)
    assert [row for row in formats.table(formats.fates(tmp_path, CHEAP)) if row not in rows] == []
