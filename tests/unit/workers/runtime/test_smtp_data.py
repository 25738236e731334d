"""The end of a mail and the dots of its lines, however the bytes happen to arrive."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.runtime.smtp_data import lines_of

LIMIT = 8
"""What a reader reads ahead, so small that every line is cut somewhere."""
texts = st.lists(st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"\r\n.", b"word", b"\x00\xff"]), max_size=30)


def dotted(mail):
    """As a client sends it (RFC 5321 section 4.5.2)."""
    return (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


def received(sent, cuts=()):
    """The mail, and what is left in the reader."""

    async def read():
        reader = asyncio.StreamReader(limit=LIMIT)
        places = [0, *sorted(cuts), len(sent)]

        async def arrive():
            for start, end in pairwise(places):
                reader.feed_data(sent[start:end])
                await asyncio.sleep(0)

        arriving = asyncio.create_task(arrive())
        mail = b"".join([piece async for piece in lines_of(reader)])
        await arriving
        reader.feed_eof()
        return mail, await reader.read()

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("sent", "mail"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"one\r\n.\r\n", b"one\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"...\r\n.\r\n", b"..\r\n"),
        (b".one\r\n.\r\n", b"one\r\n"),
        (b"ends with.\r\n.\r\n", b"ends with.\r\n"),
        (b"a\n.\nb\r.\rc\r\n.\r\n", b"a\n.\nb\r.\rc\r\n"),
        (b"a\n.\r\nb\r\n.\r\n", b"a\n.\r\nb\r\n"),
        (b"x" * 100 + b"\r\n.\r\n", b"x" * 100 + b"\r\n"),
    ],
)
def test_only_a_lone_dot_on_a_line_of_its_own_is_the_end(sent, mail):
    """Bare line feeds are none: nobody smuggles a second mail in."""
    assert received(sent + b"NOOP\r\n") == (mail, b"NOOP\r\n")


@given(texts, st.data())
def test_a_mail_is_the_same_however_it_is_cut(pieces, data):
    """Network and buffer cut where they like."""
    mail = b"".join(pieces) + b"\r\n"
    sent = dotted(mail) + b"QUIT\r\n"
    cuts = data.draw(st.lists(st.integers(0, len(sent)), max_size=8))
    assert received(sent, cuts) == (mail, b"QUIT\r\n")
