"""What a mail was carried with, and how our own doors write it beside the payload."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

FROM, TO, LEFT_OUT = "x-envelope-from", "x-envelope-to", "x-mail-left-out"
"""
Headers of the payload. Recipients are separated by commas. `x-mail-left-out` is the size in bytes of a mail that was
too large to be brought, so that only its headers are here.
"""
_ADDRESS = re.compile(r"[^\s@<>\"(),;:\\\x00-\x20]{1,64}@[^\s@<>\"(),;:\\\x00-\x20]{1,255}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """`sender` None: nobody knows; empty: a machine that wants no answer."""

    sender: str | None = None
    recipients: Sequence[str] = ()
    left_out_bytes: int | None = None


def address_of(text: str) -> str:
    """A bare address in lower case, or "" for what is none."""
    found = re.sub(r"^<(.*)>$", r"\1", text.strip()).lower()
    return found if _ADDRESS.fullmatch(found) else ""
