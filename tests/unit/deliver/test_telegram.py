"""What Telegram's answers mean."""

import json

import pytest

from deliver import telegram
from deliver.outgoing import ProviderAnswer


def meant(status, body):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return telegram.outcome(ProviderAnswer(status, {}, content), "4711")


def error(code, description="no", **parameters):
    return {"ok": False, "error_code": code, "description": description, "parameters": parameters}


def test_an_accepted_message_is_known_by_chat_and_number():
    """As it would come back in an answer to it."""
    receipt = meant(200, {"ok": True, "result": {"message_id": 9}})
    assert (receipt.state, receipt.external_id) == ("accepted", "4711:9")


@pytest.mark.parametrize(
    ("code", "state"),
    [(400, "refused"), (401, "refused"), (403, "refused"), (404, "refused"), (413, "refused"), (429, "not_accepted"),
     (500, "ambiguous"), (502, "ambiguous"), (418, "refused")],
)  # fmt: skip
def test_each_error_has_its_meaning_and_shows_telegrams_words(code, state):
    """A code that is not in the table is permanent."""
    receipt = meant(code, error(code, "Telegram says no"))
    assert receipt.reason
    assert receipt.alarms == (code in {401, 404})
    assert (receipt.state, receipt.reason.code, receipt.reason.provider_text) == (
        state,
        f"provider_{code}",
        "Telegram says no",
    )


def test_a_flood_says_how_long_to_wait():
    """`retry_after` in seconds."""
    assert meant(429, error(429, retry_after=7)).retry_after_seconds == 7


@pytest.mark.parametrize(
    ("code", "description", "falls_back"),
    [
        (400, "Bad Request: wrong type of the photo", True),
        (413, "Request Entity Too Large", True),
        (400, "Bad Request: chat not found", False),
        (403, "Forbidden: bot was blocked by the user", False),
    ],
)
def test_only_a_file_at_fault_leads_to_a_link(code, description, falls_back):
    """Who cannot be reached gets no link either."""
    assert meant(code, error(code, description)).falls_back == falls_back


@pytest.mark.parametrize(("status", "state"), [(200, "ambiguous"), (502, "ambiguous"), (404, "refused")])
def test_an_answer_that_makes_no_sense(status, state):
    """A proxy's page: behind a 2xx or 5xx the message may have arrived."""
    assert meant(status, b"<html>").state == state
