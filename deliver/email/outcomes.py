"""
What a mail server's answer means for a send and for an agent.

Basic codes: RFC 5321 section 4.2.3; enhanced ones: RFC 3463 and the IANA registry
(https://www.iana.org/assignments/smtp-enhanced-status-codes); all read 2026-11-22. A permanent code that is not listed
is a refusal that shows the server's own text.
"""

from deliver.answers import LATER, NEVER, Meaning
from deliver.outgoing import MailAnswer, Receipt

_TOO_LARGE = "The mail is too large for the mail server. The files leave as links instead."
_LOGIN = Meaning(NEVER, "The mail server wants another kind of login; an administrator has to look.", alarms=True)
_CREDENTIALS = Meaning(
    NEVER, "The mail server does not accept our credentials; an administrator has to look.", alarms=True
)

ENHANCED = {
    "4.3.1": Meaning(LATER, "The mail server has no room at the moment."),
    "4.7.1": Meaning(LATER, "The mail server asked us to try again later."),
    "5.1.1": Meaning(NEVER, "The customer's mail address does not exist. Check it, or reach the customer another way."),
    "5.1.2": Meaning(NEVER, "The customer's mail domain does not exist. Check the address."),
    "5.1.3": Meaning(NEVER, "The customer's mail address is not valid. Check it."),
    "5.1.10": Meaning(NEVER, "The customer's mail domain takes no mail."),
    "5.2.1": Meaning(NEVER, "The customer's mailbox is closed."),
    "5.2.2": Meaning(NEVER, "The customer's mailbox is full. Try again later, or reach the customer another way."),
    "5.2.3": Meaning(NEVER, _TOO_LARGE, falls_back=True),
    "5.3.4": Meaning(NEVER, _TOO_LARGE, falls_back=True),
    "5.6.7": Meaning(NEVER, "The mail server cannot write to addresses with letters like these."),
    "5.7.1": Meaning(NEVER, "The mail server does not let us send this mail; see its text."),
    "5.7.8": _CREDENTIALS,
    "5.7.9": _LOGIN,
}
BASIC = {
    421: Meaning(LATER, "The mail server is closing down."),
    450: Meaning(LATER, "The customer's mailbox cannot be written to at the moment."),
    451: Meaning(LATER, "The mail server asked us to try again later."),
    452: Meaning(LATER, "The mail server has no room at the moment."),
    454: Meaning(LATER, "The mail server cannot log us in at the moment."),
    530: Meaning(NEVER, "The mail server wants us to log in; an administrator has to look.", alarms=True),
    534: _LOGIN,
    535: _CREDENTIALS,
    550: Meaning(NEVER, "The customer's mail server does not take mail for this address."),
    551: Meaning(NEVER, "The customer's mailbox has moved elsewhere."),
    552: Meaning(NEVER, _TOO_LARGE, falls_back=True),
    553: Meaning(NEVER, "The customer's mail address is not valid. Check it."),
    554: Meaning(NEVER, "The mail server does not take this mail; see its text."),
}
_SOME_LATER = Meaning(LATER, "The mail server could not take the mail at the moment.")
_SOME_NEVER = Meaning(NEVER, "The mail server refused the mail; see its text.")


def outcome(answer: MailAnswer, external_id: str) -> Receipt:
    if 200 <= answer.code < 300:
        return Receipt("accepted", external_id=external_id)
    general = _SOME_LATER if 400 <= answer.code < 500 else _SOME_NEVER
    meaning = ENHANCED.get(answer.enhanced) or BASIC.get(answer.code) or general
    reason = meaning.reason(answer.code, f"{answer.enhanced} {answer.text}".strip())
    return Receipt(meaning.state, reason=reason, falls_back=meaning.falls_back, alarms=meaning.alarms)
