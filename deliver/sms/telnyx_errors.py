"""
What Telnyx's error codes mean for a send, for an agent and for an administrator.

Sources: https://developers.telnyx.com/docs/messaging/messages/error-codes and
https://support.telnyx.com/en/articles/6505121-telnyx-messaging-error-codes (read 2026-11-27). A code that is not listed
is permanent, and its own text is shown. 40302, 40317 and 40319 are remembered from an earlier state of these pages, and
were not found again on 2026-11-28.
"""

from deliver.answers import LATER, NEVER, Meaning

ERRORS = {
    10001: Meaning(NEVER, "The customer's phone number is not active."),
    10002: Meaning(NEVER, "The customer's phone number is not valid."),
    10003: Meaning(NEVER, "Telnyx could not use the address of our file.", falls_back=True, alarms=True),
    10004: Meaning(NEVER, "Telnyx misses something in the message; an administrator has to look.", alarms=True),
    10005: Meaning(NEVER, "Telnyx does not know our number; an administrator has to look.", alarms=True),
    10007: Meaning(LATER, "Telnyx had an unexpected error."),
    10009: Meaning(NEVER, "Telnyx does not accept our credentials; an administrator has to look.", alarms=True),
    10010: Meaning(NEVER, "We may not send from this number; an administrator has to look.", alarms=True),
    10011: Meaning(LATER, "Telnyx asked us to slow down."),
    10015: Meaning(NEVER, "Telnyx did not understand the message; an administrator has to look.", alarms=True),
    10016: Meaning(NEVER, "The customer's phone number is not written as +country and number."),
    40001: Meaning(NEVER, "The customer's number is a landline or cannot be reached."),
    40002: Meaning(NEVER, "The carrier took the message for spam. Try other words, later."),
    40003: Meaning(NEVER, "The carrier blocks our number as a source of spam.", alarms=True),
    40004: Meaning(NEVER, "The customer's carrier does not take the message. Try again later."),
    40005: Meaning(NEVER, "The message was not delivered in time. Send it again if it still matters."),
    40006: Meaning(NEVER, "The customer's carrier did not answer. Try again later."),
    40008: Meaning(NEVER, "The customer's carrier did not take the message."),
    40009: Meaning(NEVER, "The carrier does not take this content."),
    40011: Meaning(LATER, "The carriers' rate limit for our number is used up."),
    40012: Meaning(NEVER, "The customer's phone number is not valid."),
    40013: Meaning(NEVER, "Our number cannot send messages; an administrator has to look.", alarms=True),
    40014: Meaning(NEVER, "The message waited too long for our number. Send it again if it still matters."),
    40015: Meaning(NEVER, "Telnyx took the message for spam. Try other words."),
    40300: Meaning(NEVER, "The customer has opted out of messages from this number."),
    40302: Meaning(NEVER, "The files are too large for an MMS.", falls_back=True),
    40317: Meaning(NEVER, "Telnyx does not take these files.", falls_back=True),
    40318: Meaning(LATER, "Too many messages wait for our number."),
    40319: Meaning(NEVER, "The customer's number cannot receive pictures.", falls_back=True),
}
