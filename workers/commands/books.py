"""The books as a table: for `trombone audit` and the demo."""

from rich.console import Console
from rich.table import Table

from workers.runtime.assemble import LivePorts
from workers.runtime.books import Books, audit

COLUMNS = ("received", "shown", "sent", "delivered", "refused", "failed", "in_doubt", "in_flight", "gap")


def print_books(ports: LivePorts, account: str | None, out: Console) -> int:
    """Exit code: 1 when an attachment is overdue, or a payload was lost before it became a message."""
    books = audit(ports.database, ports.clock)
    table = Table("", *(name.replace("_", "\n") for name in COLUMNS), box=None, padding=(0, 1, 0, 0))
    for page in books.pages:
        if account in (None, page.account):
            name = f"{page.account} {page.channel} {page.direction.removesuffix('bound')}"
            table.add_row(name, *(str(getattr(page, column)) for column in COLUMNS))
    out.print(table)
    out.print(_verdict(books))
    return 1 if books.gap or books.lost_payloads else 0


def _verdict(books: Books) -> str:
    waiting = f" {books.unpublished} came in and wait to be published." if books.unpublished else ""
    lost = (
        f" {books.lost_payloads} payloads could not be understood: see the dead letters." if books.lost_payloads else ""
    )
    if books.gap:
        return f"[red]{books.gap} attachments are overdue without an end.[/red]{waiting}{lost}"
    return f"[green]Gap 0: every attachment has its end, or a deadline ahead.[/green]{waiting}{lost}"
