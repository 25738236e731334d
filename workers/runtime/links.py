"""Signed, expiring media URLs: bound to account, object, file name and disposition, with a key id."""

from typing import Protocol


class Links(Protocol):
    def media_url(self, account: str, object_key: str, *, media_type: str, file_name: str, lives_seconds: int) -> str:
        """A URL of the gateway that answers HEAD, GET and ranges for this one object until it expires."""

    def callback_url(self, channel: str, provider: str, *, message: str, conversation: str, part: str) -> str:
        """Where a provider reports about a part; our token rides in the query."""
