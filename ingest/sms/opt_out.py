"""
Words by which a customer leaves and returns; the carriers act on them, whoever carries the message.

https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out, read 2026-11-22: the whole message, in any case.
"""

_OUT = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
_IN = frozenset({"START", "UNSTOP"})


def consent(text: str | None) -> str | None:
    """`opted_out`, `opted_in`, or nothing of the kind."""
    word = (text or "").strip().upper()
    return "opted_out" if word in _OUT else "opted_in" if word in _IN else None
