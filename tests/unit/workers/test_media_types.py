"""What a refused type's sentence tells."""

import pytest

from schemas.reason import Refused
from workers.media_types import check_allowed
from workers.runtime.settings import load


def refusal(media_type: str, allowed: list[str] | None = None) -> str:
    policy = load({}).media
    if allowed is not None:
        policy = policy.model_copy(update={"allowed_media_types": allowed})
    with pytest.raises(Refused) as refused:
        check_allowed(media_type, policy)
    return refused.value.reason.sentence


def test_a_refusal_names_what_is_accepted():
    """All of it, not only a picture or a PDF."""
    assert refusal("application/x-thing") == (
        "A file of type application/x-thing is not accepted. Accepted are pictures, videos, recordings, PDFs, "
        "office documents, plain texts and archives."
    )


def test_a_refusal_follows_the_policy():
    """Who lets in less reads less."""
    assert refusal("video/mp4", ["image/png", "application/pdf"]).endswith("Accepted are pictures and PDFs.")
    assert refusal("video/mp4", []).endswith("Accepted are no files at all.")


def test_a_program_is_told_to_be_one():
    """Whatever else is accepted."""
    assert refusal("application/x-dosexec").startswith("A file of type application/x-dosexec is a program, and")
