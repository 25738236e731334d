"""
What Instagram's error codes mean for a send and for an agent.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes (read 2026-11-22), which
covers Instagram. A code that is not listed is permanent, and its own text is shown. The subcodes of files that could
not be used (2018008, 2018047, 2018109, 2018294) are Messenger's, and not confirmed for Instagram.
"""

from deliver.answers import DOUBTFUL, LATER, NEVER, Meaning
from deliver.graph import Table, access

WHO = "Instagram"
_LOOK = "an administrator has to look."
_CLOSED = Meaning(
    NEVER, "The customer last wrote more than 24 hours ago: Instagram lets us answer when they write again."
)
_BUSY = Meaning(LATER, "Instagram asked us to slow down.")
_NO_FILE = Meaning(NEVER, "Instagram could not use the file.", falls_back=True)
_DOWN = Meaning(LATER, "Instagram is out of order at the moment.")

ERRORS: Table = {
    **access(WHO),
    1: _DOWN,
    (1, 1357046): Meaning(DOUBTFUL, "Instagram reported an error although it may have sent the message."),
    2: _DOWN,
    4: _BUSY,
    (10, 1893063): Meaning(NEVER, f"Instagram has restricted our account for a while; {_LOOK}", alarms=True),
    (10, 2018278): _CLOSED,
    (10, 2534022): _CLOSED,
    17: _BUSY,
    100: Meaning(NEVER, "Instagram did not understand our request. This is our fault: please report it."),
    (100, 2018008): _NO_FILE,
    (100, 2018047): _NO_FILE,
    (100, 2018109): _NO_FILE,
    (100, 2018294): _NO_FILE,
    (100, 2534014): Meaning(NEVER, "Instagram does not know this customer any more."),
    (100, 2534029): Meaning(NEVER, "The customer does not take messages from us: one of us has blocked the other."),
    (200, 2534041): Meaning(
        NEVER, f"Access to messages is switched off in our Instagram account; {_LOOK}", alarms=True
    ),
    551: Meaning(NEVER, "The customer cannot be reached on Instagram at the moment."),
    613: _BUSY,
    (613, 2534040): _BUSY,
    80002: _BUSY,
}
