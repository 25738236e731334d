"""
What Twilio's error codes mean for a send, for an agent and for an administrator.

Source: https://www.twilio.com/docs/api/errors (read 2026-11-22). A code that is not listed is permanent, and its own
text is shown.
"""

from deliver.answers import LATER, NEVER, Meaning

ERRORS = {
    11200: Meaning(NEVER, "Twilio could not fetch the file from us.", falls_back=True, alarms=True),
    11751: Meaning(NEVER, "The files are too large for an MMS.", falls_back=True),
    12300: Meaning(NEVER, "Twilio did not accept the type of our file.", falls_back=True, alarms=True),
    20003: Meaning(NEVER, "Twilio does not accept our credentials; an administrator has to look.", alarms=True),
    20429: Meaning(LATER, "Twilio asked us to slow down."),
    21211: Meaning(NEVER, "The customer's phone number is not valid."),
    21408: Meaning(NEVER, "Sending to the customer's country is not enabled for this account.", alarms=True),
    21606: Meaning(NEVER, "Our number cannot send messages to this customer."),
    21610: Meaning(NEVER, "The customer has opted out of messages from this number."),
    21611: Meaning(LATER, "Too many messages wait for our number."),
    21612: Meaning(NEVER, "The customer's number cannot be reached from our number."),
    21614: Meaning(NEVER, "The customer's number cannot receive messages: it may be a landline."),
    21617: Meaning(NEVER, "The text is too long for one message. Send it in pieces."),
    21620: Meaning(NEVER, "Twilio could not use the address of our file.", falls_back=True, alarms=True),
    21621: Meaning(NEVER, "Our number cannot send pictures.", falls_back=True),
    21622: Meaning(NEVER, "Pictures are not enabled for this account.", falls_back=True),
    21623: Meaning(NEVER, "Too many files for one message. Send fewer at a time."),
    21658: Meaning(NEVER, "A field of the message is too long. Send it in pieces."),
    30001: Meaning(LATER, "Too many messages wait for our number."),
    30002: Meaning(NEVER, "The Twilio account is suspended; an administrator has to look.", alarms=True),
    30003: Meaning(NEVER, "The customer's phone is switched off or out of reach. Try again later."),
    30004: Meaning(NEVER, "The customer's phone or carrier blocks messages from us."),
    30005: Meaning(NEVER, "The customer's number does not exist."),
    30006: Meaning(NEVER, "The customer's number is a landline or cannot be reached."),
    30007: Meaning(NEVER, "The carrier filtered the message as unwanted."),
    30008: Meaning(NEVER, "The message failed for an unknown reason on its way. Try again later."),
    30011: Meaning(NEVER, "The customer's phone or carrier cannot receive pictures.", falls_back=True),
    30019: Meaning(NEVER, "The files are too large for the customer's carrier.", falls_back=True),
    30022: Meaning(LATER, "The carriers' rate limit for our number is used up."),
    30032: Meaning(NEVER, "Our toll-free number is not verified; an administrator has to look.", alarms=True),
    30034: Meaning(NEVER, "Our number is not registered with the carriers; an administrator has to look.", alarms=True),
    30036: Meaning(NEVER, "The message was not delivered in time. Send it again if it still matters."),
    30410: Meaning(NEVER, "The customer's carrier did not answer. Try again later."),
    63005: Meaning(NEVER, "The channel does not accept this content."),
    63016: Meaning(NEVER, "The time to answer freely is over; the customer has to write first."),
    63018: Meaning(LATER, "The channel asked us to slow down."),
    63019: Meaning(NEVER, "Twilio could not fetch the file from us.", falls_back=True, alarms=True),
    63021: Meaning(NEVER, "The channel does not accept this content."),
    63024: Meaning(NEVER, "The customer cannot be reached on this channel."),
}
