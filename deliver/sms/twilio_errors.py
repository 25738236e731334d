"""
What Twilio's error codes mean for a send, for an agent and for an administrator.

Source: https://www.twilio.com/docs/api/errors (read 2026-11-22). A code that is not listed is permanent, and its own
text is shown.
"""

from deliver.sms.meanings import LATER, NEVER, ErrorMeaning

ERRORS = {
    11200: ErrorMeaning(NEVER, "Twilio could not fetch the file from us.", falls_back=True, alarms=True),
    11751: ErrorMeaning(NEVER, "The files are too large for an MMS.", falls_back=True),
    12300: ErrorMeaning(NEVER, "Twilio did not accept the type of our file.", falls_back=True, alarms=True),
    20003: ErrorMeaning(NEVER, "Twilio does not accept our credentials; an administrator has to look.", alarms=True),
    20429: ErrorMeaning(LATER, "Twilio asked us to slow down."),
    21211: ErrorMeaning(NEVER, "The customer's phone number is not valid."),
    21408: ErrorMeaning(NEVER, "Sending to the customer's country is not enabled for this account.", alarms=True),
    21606: ErrorMeaning(NEVER, "Our number cannot send messages to this customer."),
    21610: ErrorMeaning(NEVER, "The customer has opted out of messages from this number."),
    21611: ErrorMeaning(LATER, "Too many messages wait for our number."),
    21612: ErrorMeaning(NEVER, "The customer's number cannot be reached from our number."),
    21614: ErrorMeaning(NEVER, "The customer's number cannot receive messages: it may be a landline."),
    21617: ErrorMeaning(NEVER, "The text is too long for one message. Send it in pieces."),
    21620: ErrorMeaning(NEVER, "Twilio could not use the address of our file.", falls_back=True, alarms=True),
    21621: ErrorMeaning(NEVER, "Our number cannot send pictures.", falls_back=True),
    21622: ErrorMeaning(NEVER, "Pictures are not enabled for this account.", falls_back=True),
    21623: ErrorMeaning(NEVER, "Too many files for one message. Send fewer at a time."),
    21658: ErrorMeaning(NEVER, "A field of the message is too long. Send it in pieces."),
    30001: ErrorMeaning(LATER, "Too many messages wait for our number."),
    30002: ErrorMeaning(NEVER, "The Twilio account is suspended; an administrator has to look.", alarms=True),
    30003: ErrorMeaning(NEVER, "The customer's phone is switched off or out of reach. Try again later."),
    30004: ErrorMeaning(NEVER, "The customer's phone or carrier blocks messages from us."),
    30005: ErrorMeaning(NEVER, "The customer's number does not exist."),
    30006: ErrorMeaning(NEVER, "The customer's number is a landline or cannot be reached."),
    30007: ErrorMeaning(NEVER, "The carrier filtered the message as unwanted."),
    30008: ErrorMeaning(NEVER, "The message failed for an unknown reason on its way. Try again later."),
    30011: ErrorMeaning(NEVER, "The customer's phone or carrier cannot receive pictures.", falls_back=True),
    30019: ErrorMeaning(NEVER, "The files are too large for the customer's carrier.", falls_back=True),
    30022: ErrorMeaning(LATER, "The carriers' rate limit for our number is used up."),
    30032: ErrorMeaning(NEVER, "Our toll-free number is not verified; an administrator has to look.", alarms=True),
    30034: ErrorMeaning(
        NEVER, "Our number is not registered with the carriers; an administrator has to look.", alarms=True
    ),
    30036: ErrorMeaning(NEVER, "The message was not delivered in time. Send it again if it still matters."),
    30410: ErrorMeaning(NEVER, "The customer's carrier did not answer. Try again later."),
    63005: ErrorMeaning(NEVER, "The channel does not accept this content."),
    63016: ErrorMeaning(NEVER, "The time to answer freely is over; the customer has to write first."),
    63018: ErrorMeaning(LATER, "The channel asked us to slow down."),
    63019: ErrorMeaning(NEVER, "Twilio could not fetch the file from us.", falls_back=True, alarms=True),
    63021: ErrorMeaning(NEVER, "The channel does not accept this content."),
    63024: ErrorMeaning(NEVER, "The customer cannot be reached on this channel."),
}
