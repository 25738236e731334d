"""What is generated, and how a stale file is told."""

from pathlib import Path

import pytest

from schemas import generate
from schemas.generate import MarkerMissing, with_block

TEXT = "before\n<!-- events: generated -->\nold\n<!-- /events -->\nafter\n"


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    """The rest of the page is written by hand."""
    assert with_block(TEXT, "events", "new") == (
        "before\n<!-- events: generated -->\n\nnew\n\n<!-- /events -->\nafter\n"
    )


def test_a_page_without_its_markers_is_an_error() -> None:
    """A table that silently goes nowhere would be out of date for ever."""
    with pytest.raises(MarkerMissing):
        with_block("no markers", "events", "new")


def test_check_tells_a_stale_file_and_leaves_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make check` must fail on drift, and repair nothing by itself."""
    readme = tmp_path / "schemas" / "README.md"
    readme.parent.mkdir()
    readme.write_text(TEXT + TEXT.replace("events", "reasons"))
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1"\nlicense = "Apache-2.0"\n')
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "FOLDER", readme.parent)

    assert generate.main(["--check"]) == 1
    assert "README.md is out of date" in capsys.readouterr().out
    assert not (readme.parent / "asyncapi.yaml").exists()
    assert (generate.main([]), generate.main(["--check"])) == (0, 0)
