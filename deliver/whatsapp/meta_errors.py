"""
What WhatsApp's error codes mean for a send, a file and an agent.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (read 2026-11-22). A code
that is not listed is permanent, and its own text is shown.
"""

from deliver.answers import LATER, NEVER, Meaning
from deliver.graph import Table, access

WHO = "WhatsApp"
_LOOK = "an administrator has to look."
_BUG = Meaning(NEVER, "WhatsApp did not understand our request. This is our fault: please report it.")
_BUSY = Meaning(LATER, "WhatsApp asked us to slow down.")
_DOWN = Meaning(LATER, "WhatsApp is out of order at the moment.")
_LOCKED = Meaning(NEVER, f"WhatsApp has restricted our account; {_LOOK}", alarms=True)

ERRORS: Table = {
    **access(WHO),
    2: _DOWN,
    4: _BUSY,
    100: _BUG,
    368: _LOCKED,
    80007: _BUSY,
    130429: _BUSY,
    131000: _DOWN,
    131008: _BUG,
    131009: _BUG,
    131014: Meaning(NEVER, "WhatsApp could not fetch the file.", falls_back=True),
    131016: _DOWN,
    131026: Meaning(NEVER, "The customer cannot be reached on WhatsApp: no account there, or too old an app."),
    131031: _LOCKED,
    131047: Meaning(
        NEVER, "The customer last wrote more than 24 hours ago: WhatsApp lets us answer when they write again."
    ),
    131048: Meaning(NEVER, "WhatsApp holds our messages back: too many were reported as unwanted. Try again later."),
    131049: Meaning(NEVER, "WhatsApp chose not to deliver this, to spare the customer. Try again much later."),
    131051: Meaning(NEVER, "WhatsApp does not hand over messages of this kind. Ask the customer to send it otherwise."),
    131052: Meaning(
        NEVER, "WhatsApp could not hand over the file: it may be over 100 MB. Ask for a smaller one, or for a link."
    ),
    131053: Meaning(NEVER, "WhatsApp could not use the file.", falls_back=True),
    131056: Meaning(LATER, "Too many messages to this customer in a short time."),
    131064: Meaning(NEVER, "Our number has reached WhatsApp's limit of messages. Try again tomorrow."),
    133016: Meaning(LATER, "Our number was registered too often; WhatsApp makes it wait."),
}
