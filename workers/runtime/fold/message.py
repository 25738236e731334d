"""The fold itself: all entries of one message in, one view out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from schemas.message_received import MessageReceived
from schemas.message_withdrawn import MessageWithdrawn
from schemas.reason import Reason
from schemas.reply_requested import ReplyRequested
from workers.runtime.fold.deadlines import due
from workers.runtime.fold.entry import Entry, conversation_of
from workers.runtime.fold.files import files_of, withdrawn
from workers.runtime.fold.marks import COMPANION, PART, WHOLE, Mark, best, marks_of
from workers.runtime.fold.parts import SENT, Part, counted, parts_of
from workers.runtime.views import AttachmentView, MessageView

_PREPARING = {0: "requested", 50: "planned"}
_WORST_FIRST = ("in_doubt", "failed", "planned", "unconfirmed", "sent", "delivered", "read")


@dataclass(frozen=True, slots=True)
class Folded:
    """
    `pending` are the keys of the entries whose next step somebody still owes; publishing them again moves it on.

    `sent_at`: since when the first of the parts that are sent has waited for its receipt; None: none waits.
    """

    view: MessageView
    deadline_at: datetime | None
    pending: Sequence[str]
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    state: str
    ended: bool
    reason: Reason | None


def fold(account: str, message: str, entries: Iterable[Entry], seconds: Mapping[str, int]) -> Folded:
    """`seconds` is each worker's deadline. At least one entry."""
    known = sorted({entry.key: entry for entry in entries}.values(), key=lambda entry: (entry.at, entry.key))
    parts = parts_of(known)
    marks = _marks(known, parts)
    files = files_of(known)
    views = [_placed(view, best(marks[id_]), known, seconds) for id_, view in files.items()]
    inbound = _direction(known) == "inbound"
    whole = best(marks[WHOLE]) if marks[WHOLE] else Mark(0, "announced", known[0])
    standing = _inbound(views, known) if inbound else _outbound(whole, parts, views)
    waiting = [(best(marks[view.id]), view.deadline_at) for view in views if not view.ended]
    if not inbound and not standing.ended and (last := due(whole, WHOLE, known, seconds)):
        waiting.append((whole, last.deadline_at))
    whole_view = replace(
        _head(account, message, known),
        state=standing.state,
        ended=standing.ended,
        reason=standing.reason,
        attachments=views,
        parts=[part.view for part in parts],
    )
    return Folded(
        view=_taken_back(whole_view) if _is_withdrawn(known) else whole_view,
        deadline_at=min((moment for _, moment in waiting if moment), default=None),
        pending=sorted({mark.entry.key for mark, _ in waiting if mark.entry}),
        sent_at=min((part.sent_at for part in counted(parts) if part.rank == SENT and part.sent_at), default=None),
    )


def _is_withdrawn(entries: Sequence[Entry]) -> bool:
    return any(isinstance(entry.event.data, MessageWithdrawn) for entry in entries)


def _taken_back(view: MessageView) -> MessageView:
    attachments = [withdrawn(one) for one in view.attachments]
    return replace(view, state="withdrawn", text=None, subject=None, attachments=attachments)


def _marks(entries: Sequence[Entry], parts: Sequence[Part]) -> defaultdict[str, list[Mark]]:
    marks: defaultdict[str, list[Mark]] = defaultdict(list)
    for entry in entries:
        for target, mark in marks_of(entry):
            marks[target].append(mark)
    for part in (part for part in counted(parts) if part.rank):
        for attachment in (*part.view.attachments, *part.view.links):
            marks[attachment].append(Mark(PART + part.rank, part.view.state, None, reason=part.view.reason))
    for refusal in (mark for mark in marks[WHOLE] if mark.state == "refused"):
        for target in marks.keys() - {WHOLE}:
            marks[target].append(Mark(COMPANION, refusal.state, refusal.entry, reason=refusal.reason))
    return marks


def _placed(view: AttachmentView, mark: Mark, entries: Sequence[Entry], seconds: Mapping[str, int]) -> AttachmentView:
    view = replace(view, state=mark.state, reason=mark.reason)
    if mark.owes is None:
        return replace(view, ended=True)
    waiting = due(mark, view.id, entries, seconds)
    if waiting is None:
        return view
    return replace(view, stage=mark.owes, attempts=waiting.attempts, deadline_at=waiting.deadline_at)


def _direction(entries: Sequence[Entry]) -> str:
    return str(entries[0].event.data.direction)


def _inbound(views: Sequence[AttachmentView], entries: Sequence[Entry]) -> _Standing:
    told = any(isinstance(entry.event.data, MessageReceived) for entry in entries)
    ended = told and all(view.ended for view in views)
    return _Standing("shown" if ended else "arriving", ended, None)


def _outbound(whole: Mark, parts: Sequence[Part], views: Sequence[AttachmentView]) -> _Standing:
    if any(part.rank for part in parts):
        worst = min(counted(parts), key=lambda part: _WORST_FIRST.index(part.view.state))
        ended = worst.view.state != "planned" and all(view.ended for view in views)
        return _Standing(worst.view.state, ended, worst.view.reason)
    if whole.state in ("refused", "failed"):
        return _Standing(whole.state, True, whole.reason)
    return _Standing(_PREPARING.get(whole.rank, "preparing"), False, None)


def _head(account: str, message: str, entries: Sequence[Entry]) -> MessageView:
    """What the message is, whatever becomes of it."""
    datas = [entry.event.data for entry in entries]
    replies = [reply for data in datas if (reply := getattr(data, "reply", None))]
    roots = [entry for entry in entries if isinstance(entry.event.data, MessageReceived | ReplyRequested)]

    def first(name: str) -> str | None:
        return next((value for data in datas if (value := getattr(data, name, None))), None)

    return MessageView(
        account=account,
        message=message,
        direction=_direction(entries),
        channel=str(datas[0].channel),
        state="",
        at=min(entry.at for entry in roots or entries),
        conversation=next((found for entry in entries if (found := conversation_of(entry.event))), None),
        provider=first("provider"),
        address=first("address"),
        contact=first("contact"),
        contact_name=first("contact_name"),
        agent=first("agent"),
        ticket=first("ticket"),
        text=first("text") or next((reply.text for reply in replies if reply.text), None),
        subject=first("subject") or next((reply.subject for reply in replies if reply.subject), None),
        external_id=next((data.external_id for data in datas if isinstance(data, MessageReceived)), None),
        in_reply_to=first("in_reply_to") or next((reply.in_reply_to for reply in replies if reply.in_reply_to), None),
        consent=first("consent"),
        automatic=any(isinstance(data, MessageReceived) and data.automatic for data in datas),
        sent_at=next((data.sent_at for data in datas if isinstance(data, MessageReceived)), None),
    )
