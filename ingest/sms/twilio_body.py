"""
The text of a message from Twilio.

Long concatenated texts sometimes arrive as an MMS whose Body is Base64; nothing in the form says so.
"""

import base64
import binascii

_MIN_CHARS = 60
"""Shorter than any text that was long enough to be concatenated; a customer's own code or password stays as it is."""


def text_of(message_sid: str, body: str) -> str | None:
    """The Body, decoded only where it is an MMS and what comes out is plainly somebody's words."""
    if not (message_sid.startswith("MM") and len(body) >= _MIN_CHARS):
        return body or None
    try:
        decoded = base64.b64decode(body, validate=True).decode()
    except (binascii.Error, ValueError):
        return body
    wordy = " " in decoded and all(letter.isprintable() or letter in "\r\n\t" for letter in decoded)
    return decoded if wordy else body
