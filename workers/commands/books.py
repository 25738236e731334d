"""The books as tables: for `trombone audit` and the demo."""

from collections import Counter
from datetime import date

from rich.console import Console
from rich.table import Table
from rich.text import Text

from workers.commands.terminal import cells, harmless
from workers.runtime.assemble import LivePorts
from workers.runtime.books import Books, OverdueAttachment, audit

COLUMNS = ("received", "shown", "sent", "unconfirmed", "delivered", "refused", "failed", "in_doubt", "in_flight", "gap")


def print_books(ports: LivePorts, out: Console, *, account: str | None = None, since: date | None = None) -> int:
    """Exit code: 1 when an attachment is overdue, or a payload was lost before it became a message."""
    books = audit(ports.database, ports.clock, account=account, since=since)
    out.print(_pages(books, "\n" if out.is_terminal else " "))
    if reasons := _reasons(books):
        out.print(reasons)
    for one in books.overdue:
        out.print(_debt(one), soft_wrap=True)
    out.print(_verdict(books))
    return 1 if books.gap or books.lost_payloads else 0


def _pages(books: Books, between: str) -> Table:
    """`between` is what parts the words of a heading: in a pipe that too is one line."""
    table = Table("", *(name.replace("_", between) for name in COLUMNS), box=None, padding=(0, 1, 0, 0))
    for page in books.pages:
        name = f"{page.account} {page.channel} {page.direction.removesuffix('bound')}"
        table.add_row(*cells(name, *(str(getattr(page, column)) for column in COLUMNS)))
    return table


def _reasons(books: Books) -> Table | None:
    """Why what ended without arriving did so."""
    counts: Counter[tuple[str, ...]] = Counter()
    for one in books.ended:
        if one.reason_code:
            counts[one.account, one.channel, one.direction, one.state, one.reason_code] += one.attachments
    if not counts:
        return None
    table = Table("", "end", "reason", "attachments", box=None, padding=(0, 1, 0, 0))
    for (account, channel, direction, state, reason), count in sorted(counts.items()):
        table.add_row(*cells(f"{account} {channel} {direction.removesuffix('bound')}", state, reason, str(count)))
    return table


def _debt(one: OverdueAttachment) -> Text:
    """On one line however long, so that the ids can be copied."""
    owes = f"the {one.stage} owes" if one.stage else "nobody is at"
    since = f" since {one.deadline_at:%Y-%m-%d %H:%M:%S}" if one.deadline_at else ""
    tries = f" after {one.attempts} tries" if one.attempts else ""
    where = f"{one.account} {one.channel} {one.direction.removesuffix('bound')}"
    return Text(harmless(f"{where}: {owes} attachment {one.attachment} of message {one.message}{since}{tries}"))


def _verdict(books: Books) -> str:
    waiting = f" {books.unpublished} came in and wait to be published." if books.unpublished else ""
    lost = (
        f" {books.lost_payloads} payloads could not be understood: see the dead letters." if books.lost_payloads else ""
    )
    if books.gap:
        return f"[red]{books.gap} attachments are overdue without an end.[/red]{waiting}{lost}"
    return f"[green]Gap 0: every attachment has its end, or a deadline ahead.[/green]{waiting}{lost}"
