"""Reason codes, read from source text."""

from pathlib import Path

from schemas.reasons import Given, reasons


def test_codes_and_sentences_are_found_with_gaps_for_what_only_run_time_knows(tmp_path: Path) -> None:
    """One row per code; calls whose code is a variable give none; the sandbox speaks for itself."""
    (tmp_path / "deliver").mkdir()
    (tmp_path / "workers" / "sandbox").mkdir(parents=True)
    (tmp_path / "deliver" / "sms.py").write_text(
        'a = Reason(code="too_big", sentence=f"At most {limit} MB.")\n'
        'b = Reason(code=f"provider_{code}", sentence=sentence)\n'
        "c = Reason(code=code, sentence=sentence)\n"
    )
    (tmp_path / "workers" / "sandbox" / "phone.py").write_text('Reason(code="pretended", sentence="No.")\n')

    assert reasons(tmp_path) == [
        Given("provider_…", "…", "deliver/sms.py"),
        Given("too_big", "At most … MB.", "deliver/sms.py"),
    ]
