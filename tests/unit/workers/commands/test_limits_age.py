"""Limits have sources, and age."""

from datetime import timedelta

from workers.commands.limits_age import main, stale
from workers.runtime.provider_limits import limits_in
from workers.runtime.settings import load


def everything():
    """(name, limit) of all that `channels.yaml` says."""
    return [
        (f"{channel} {provider} {name}", limit)
        for channel, providers in load({}).channels.items()
        for provider, limits in providers.items()
        for name, limit in limits_in(limits)
    ]


def test_every_limit_is_found_in_every_corner():
    """Of the message, of a kind of file, of what comes in, and of a variant."""
    names = {name for name, _ in everything()}
    assert names >= {
        "sms twilio max_file_bytes",
        "sms twilio max_text",
        "sms twilio image max_bytes",
        "sms twilio number_type long_code video max_bytes",
    }


def test_every_limit_has_a_source_of_the_same_year():
    """Compared with the newest, not with today: an old checkout must not turn red by itself."""
    newest = max(limit.read for _, limit in everything())
    assert [name for name, limit in everything() if not limit.source or (newest - limit.read).days > 365] == []


def test_what_is_older_than_a_year_is_told():
    """On the day that all are fresh nothing is; after a year and a day all of them are."""
    settings, newest = load({}), max(limit.read for _, limit in everything())
    assert list(stale(settings, newest)) == []
    old = list(stale(settings, newest + timedelta(days=366)))
    assert len(old) == len(everything())
    assert old[0].startswith("sms twilio max_file_bytes: read 2026-")


def test_the_reminder_never_fails(capsys):
    """Whatever day it is."""
    main()
    assert capsys.readouterr().out == ""
