"""
What follows an SMTP DATA command: into a file as it comes, so that a mail costs no memory, however large it is.

RFC 5321 section 4.5.2: a line with a lone dot ends it; another line's first dot is one too many.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from workers.runtime.spool import spool

_END, _DOTTED = b".\r\n", b"\r\n."


async def lines_of(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The mail in pieces of any length. What was sent after it stays in the reader."""
    held, is_first = b"\r\n", True  # the end of the command's own line
    while not held.endswith(b"\r\n" + _END):
        try:
            piece = await reader.readuntil(_END)
        except asyncio.LimitOverrunError as error:
            piece = await reader.read(error.consumed)
        ready, held = _cut(held + piece)
        ready = ready.replace(_DOTTED, b"\r\n")
        if ready:
            yield ready[2:] if is_first else ready
            is_first = False


def _cut(text: bytes) -> tuple[bytes, bytes]:
    """Before the next piece is here, nobody knows whether a dot follows the end of the line; nor after the end."""
    if text.endswith(b"\r\n" + _END):
        return text.removesuffix(_END), b"\r\n" + _END
    undecided = 2 if text.endswith(b"\r\n") else 1 if text.endswith(b"\r") else 0
    return text[: len(text) - undecided], text[len(text) - undecided :]


class Spooling(SMTP):
    """Hands the handler's DATA hook a file as `envelope.content`, at its beginning, closed when the hook is done."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's own name
        """As aiosmtpd's, which keeps a mail in memory, about four times its size."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 need RCPT command")
        elif arg:
            await self.push("501 5.5.4 DATA takes nothing")
        else:
            await self.push("354 end with a dot on a line of its own")
            with spool() as mail:
                status = await self._receive(mail)
                if status is None:
                    mail.seek(0)
                    self.envelope.content = mail  # type: ignore[assignment] # there is no other place for it
                    status = await self._call_handler_hook("DATA")
            replies = len(self.envelope.rcpt_tos) if isinstance(self, LMTP) else 1  # RFC 2033 section 4.2
            self._set_post_data_state()  # type: ignore[no-untyped-call]
            await self.push("\r\n".join([status] * replies))

    async def _receive(self, mail: BinaryIO) -> str | None:
        """The mail is in the file; or the answer that says why not, once all of it was heard (RFC 5321, 4.2.5)."""
        size, limit, no = 0, self.data_size_limit, None
        async for piece in lines_of(self._reader):
            self._reset_timeout()  # it is one for each piece: a slow line may well bring a large mail
            size += len(piece)
            if limit and size > limit:
                no = "552 5.3.4 the mail is too large"
            if no is None:
                no = _written(mail, piece)
        return no


def _written(mail: BinaryIO, piece: bytes) -> str | None:
    """Down to the page cache, where a full disk shows; a thread for each piece would cost more than it saves."""
    try:
        mail.write(piece)
        mail.flush()
    except OSError:
        return "452 4.3.1 no room, try again later"
    return None
