"""
What a mail server's answer means for a send and for an agent.

Basic codes: RFC 5321 section 4.2.3; enhanced ones: RFC 3463 and the IANA registry
(https://www.iana.org/assignments/smtp-enhanced-status-codes); all read 2026-11-22. A permanent code that is not listed
is a refusal that shows the server's own text.
"""

from dataclasses import dataclass

from deliver.outgoing import MailAnswer, Receipt
from schemas.reason import Reason


@dataclass(frozen=True, slots=True)
class Meaning:
    """`state` is a `Receipt.state`; `sentence` is for the agent; `links`: the words with links may still leave."""

    state: str
    sentence: str
    links: bool = False


_LATER, _NEVER = "not_accepted", "refused"
_TOO_LARGE = "The mail is too large for the mail server. The files leave as links instead."

ENHANCED = {
    "4.3.1": Meaning(_LATER, "The mail server has no room at the moment."),
    "4.7.1": Meaning(_LATER, "The mail server asked us to try again later."),
    "5.1.1": Meaning(
        _NEVER, "The customer's mail address does not exist. Check it, or reach the customer another way."
    ),
    "5.1.2": Meaning(_NEVER, "The customer's mail domain does not exist. Check the address."),
    "5.1.3": Meaning(_NEVER, "The customer's mail address is not valid. Check it."),
    "5.1.10": Meaning(_NEVER, "The customer's mail domain takes no mail."),
    "5.2.1": Meaning(_NEVER, "The customer's mailbox is closed."),
    "5.2.2": Meaning(_NEVER, "The customer's mailbox is full. Try again later, or reach the customer another way."),
    "5.2.3": Meaning(_NEVER, _TOO_LARGE, links=True),
    "5.3.4": Meaning(_NEVER, _TOO_LARGE, links=True),
    "5.6.7": Meaning(_NEVER, "The mail server cannot write to addresses with letters like these."),
    "5.7.1": Meaning(_NEVER, "The mail server does not let us send this mail; see its text."),
    "5.7.8": Meaning(_NEVER, "The mail server does not accept our credentials; an administrator has to look."),
    "5.7.9": Meaning(_NEVER, "The mail server wants another kind of login; an administrator has to look."),
}
BASIC = {
    421: Meaning(_LATER, "The mail server is closing down."),
    450: Meaning(_LATER, "The customer's mailbox cannot be written to at the moment."),
    451: Meaning(_LATER, "The mail server asked us to try again later."),
    452: Meaning(_LATER, "The mail server has no room at the moment."),
    454: Meaning(_LATER, "The mail server cannot log us in at the moment."),
    530: Meaning(_NEVER, "The mail server wants us to log in; an administrator has to look."),
    534: Meaning(_NEVER, "The mail server wants another kind of login; an administrator has to look."),
    535: Meaning(_NEVER, "The mail server does not accept our credentials; an administrator has to look."),
    550: Meaning(_NEVER, "The customer's mail server does not take mail for this address."),
    551: Meaning(_NEVER, "The customer's mailbox has moved elsewhere."),
    552: Meaning(_NEVER, _TOO_LARGE, links=True),
    553: Meaning(_NEVER, "The customer's mail address is not valid. Check it."),
    554: Meaning(_NEVER, "The mail server does not take this mail; see its text."),
}
_SOME_LATER = Meaning(_LATER, "The mail server could not take the mail at the moment.")
_SOME_NEVER = Meaning(_NEVER, "The mail server refused the mail; see its text.")


def outcome(answer: MailAnswer, external_id: str) -> Receipt:
    if 200 <= answer.code < 300:
        return Receipt("accepted", external_id=external_id)
    general = _SOME_LATER if 400 <= answer.code < 500 else _SOME_NEVER
    meaning = ENHANCED.get(answer.enhanced) or BASIC.get(answer.code) or general
    reason = Reason(
        code=f"provider_{answer.code}",
        sentence=meaning.sentence,
        provider_text=f"{answer.enhanced} {answer.text}".strip()[:1024] or None,
    )
    return Receipt(meaning.state, reason=reason, falls_back=meaning.links)
