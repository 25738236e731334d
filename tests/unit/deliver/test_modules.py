"""Channels are found by name, and only by the names that exist."""

import pytest

from deliver import webchat
from deliver.modules import deliver_module
from deliver.sms import twilio
from ingest.modules import UnknownChannel


def test_a_channel_with_providers_is_a_folder():
    """`deliver/sms/twilio.py` sends sms through Twilio."""
    assert deliver_module("sms", "twilio") is twilio


def test_a_channel_with_one_provider_is_a_file():
    """`deliver/webchat.py` sends on webchat."""
    assert deliver_module("webchat", "webchat") is webchat


@pytest.mark.parametrize(
    ("channel", "provider"),
    [
        ("sms", "vonage"),
        ("sms", "twilio_errors"),
        ("sms", ""),
        ("outgoing", "outgoing"),
        ("splitting", "x"),
        ("..", "os"),
        ("os", "path"),
        ("sms.twilio", "x"),
        ("", ""),
    ],
)
def test_other_names_find_nothing(channel, provider):
    """No name from outside leads to an import of anything else."""
    with pytest.raises(UnknownChannel):
        deliver_module(channel, provider)
