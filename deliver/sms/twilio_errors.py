"""
What Twilio's error codes mean for a send and for an agent.

Source: https://www.twilio.com/docs/api/errors (read 2026-11-22). A code that is not listed is permanent, and its own
text is shown.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorMeaning:
    """`state` is a `Receipt.state`; `sentence` is for the agent."""

    state: str
    sentence: str


_LATER, _NEVER = "not_accepted", "refused"

ERRORS = {
    11200: ErrorMeaning(_LATER, "Twilio could not fetch the file from us."),
    11751: ErrorMeaning(_NEVER, "The files are too large for an MMS."),
    12300: ErrorMeaning(_NEVER, "Twilio did not accept the type of our file."),
    20003: ErrorMeaning(_NEVER, "Twilio does not accept our credentials; an administrator has to look."),
    20429: ErrorMeaning(_LATER, "Twilio asked us to slow down."),
    21211: ErrorMeaning(_NEVER, "The customer's phone number is not valid."),
    21408: ErrorMeaning(_NEVER, "Sending to the customer's country is not enabled for this account."),
    21606: ErrorMeaning(_NEVER, "Our number cannot send messages to this customer."),
    21610: ErrorMeaning(_NEVER, "The customer has opted out of messages from this number."),
    21611: ErrorMeaning(_LATER, "Too many messages wait for our number."),
    21612: ErrorMeaning(_NEVER, "The customer's number cannot be reached from our number."),
    21614: ErrorMeaning(_NEVER, "The customer's number cannot receive messages: it may be a landline."),
    21617: ErrorMeaning(_NEVER, "The text is too long for one message."),
    21620: ErrorMeaning(_NEVER, "Twilio could not use the address of our file."),
    21621: ErrorMeaning(_NEVER, "Our number cannot send pictures."),
    21622: ErrorMeaning(_NEVER, "Pictures are not enabled for this account."),
    21623: ErrorMeaning(_NEVER, "Too many files for one message."),
    21658: ErrorMeaning(_NEVER, "A field of the message is too long."),
    30001: ErrorMeaning(_LATER, "Too many messages wait for our number."),
    30002: ErrorMeaning(_NEVER, "The Twilio account is suspended; an administrator has to look."),
    30003: ErrorMeaning(_NEVER, "The customer's phone is switched off or out of reach."),
    30004: ErrorMeaning(_NEVER, "The customer's phone or carrier blocks messages from us."),
    30005: ErrorMeaning(_NEVER, "The customer's number does not exist."),
    30006: ErrorMeaning(_NEVER, "The customer's number is a landline or cannot be reached."),
    30007: ErrorMeaning(_NEVER, "The carrier filtered the message as unwanted."),
    30008: ErrorMeaning(_NEVER, "The message failed for an unknown reason on its way."),
    30011: ErrorMeaning(_NEVER, "The customer's phone or carrier cannot receive pictures."),
    30019: ErrorMeaning(_NEVER, "The files are too large for the customer's carrier."),
    30022: ErrorMeaning(_LATER, "The carriers' rate limit for our number is used up."),
    30032: ErrorMeaning(_NEVER, "Our toll-free number is not verified; an administrator has to look."),
    30034: ErrorMeaning(_NEVER, "Our number is not registered with the carriers; an administrator has to look."),
    30036: ErrorMeaning(_NEVER, "The message was not delivered in time."),
    30410: ErrorMeaning(_NEVER, "The customer's carrier did not answer."),
    63019: ErrorMeaning(_NEVER, "Twilio could not fetch the file from us."),
}
