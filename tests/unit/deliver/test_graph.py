"""What Graph's errors mean, whichever of Meta's products says them."""

import pytest

from deliver import graph
from deliver.answers import LATER, NEVER, Meaning
from deliver.graph import GraphError
from ingest.incoming import ChannelAccount
from tests.unit.deliver.recorder import answer

TABLE = {7: Meaning(LATER, "Later."), (7, 70): Meaning(NEVER, "Never.", falls_back=True)}


def error(code, subcode=None, message="words", **more):
    return {"error": {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, **more}}


@pytest.mark.parametrize(
    ("code", "subcode", "state", "sentence", "falls_back"),
    [
        (7, None, LATER, "Later.", False),
        (7, 71, LATER, "Later.", False),
        (7, 70, NEVER, "Never.", True),
        ("7", "70", NEVER, "Never.", True),
    ],
)
def test_the_subcode_decides_where_it_is_known(code, subcode, state, sentence, falls_back):
    """Else the code; both may come as strings."""
    receipt = graph.refusal(answer(400, error(code, subcode)), TABLE, "Meta")
    assert receipt.reason is not None
    assert (receipt.state, receipt.reason.sentence, receipt.falls_back) == (state, sentence, falls_back)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"message": "m", "error_data": {"details": "d"}, "title": "t"}, "d"),
        ({"message": "m", "error_data": {"details": 7}}, "m"),
        ({"message": "m", "error_data": "{}"}, "m"),
        ({"title": "t"}, "t"),
        ({"message": "\0"}, None),
        ({}, None),
        ({"message": "m" * 5000}, "m" * 1024),
    ],
)
def test_the_most_telling_words_are_shown(given, text):
    """Details before the message, the message before the title."""
    assert GraphError(code=7, **given).text == text


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (400, error(99999), "refused"),
        (500, error(99999), "not_accepted"),
        (503, error(99999), "not_accepted"),
        (429, error(99999), "not_accepted"),
        (429, b"", "not_accepted"),
        (502, b"<html>Bad Gateway</html>", "ambiguous"),
        (504, b"", "ambiguous"),
        (404, b"nope", "refused"),
        (500, {"error": "no object"}, "ambiguous"),
        (302, b"", "refused"),
    ],
)
def test_an_unknown_failure_is_a_doubt_unless_meta_itself_words_it(status, body, state):
    """A gateway in between can fail after Meta has taken the message."""
    assert graph.refusal(answer(status, body), TABLE, "Meta").state == state


def test_the_version_is_the_connections_choice():
    """Ours is a default only."""
    account = ChannelAccount("acme", "whatsapp", "meta", "1", "https://graph.facebook.com")
    newer = ChannelAccount("acme", "whatsapp", "meta", "1", "http://127.0.0.1:9", options={"api_version": "v26.0"})
    assert graph.api(account, "1", "media") == f"https://graph.facebook.com/{graph.VERSION}/1/media"
    assert graph.api(newer, "1") == "http://127.0.0.1:9/v26.0/1"
