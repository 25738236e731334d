"""Channels are found by name, and only by the names that exist."""

import pytest

from ingest import webchat
from ingest.modules import UnknownChannel, ingest_module
from ingest.sms import twilio


def test_a_channel_with_providers_is_a_folder():
    """`ingest/sms/twilio.py` speaks sms through Twilio."""
    assert ingest_module("sms", "twilio") is twilio


def test_a_channel_with_one_provider_is_a_file():
    """`ingest/webchat.py` speaks webchat."""
    assert ingest_module("webchat", "webchat") is webchat


@pytest.mark.parametrize(
    ("channel", "provider"),
    [
        ("sms", "vonage"),
        ("sms", "twilio_signature"),
        ("sms", ""),
        ("incoming", "incoming"),
        ("helpdesk", "x"),
        ("..", "os"),
        ("os", "path"),
        ("sms.twilio", "x"),
        ("", ""),
    ],
)
def test_other_names_find_nothing(channel, provider):
    """No name from outside leads to an import of anything else."""
    with pytest.raises(UnknownChannel):
        ingest_module(channel, provider)
