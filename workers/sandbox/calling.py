"""How a provider calls a webhook of ours: what it holds against the answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import urllib3


@dataclass(frozen=True)
class Alert:
    """What a provider holds against us: a webhook that answered badly, a file that could not be had."""

    url: str
    why: str


def complaint(
    http: urllib3.PoolManager, url: str, body: bytes, headers: Mapping[str, str], welcome: Collection[int]
) -> str | None:
    """Post once; None: it was answered with a status that is welcome."""
    try:
        answer = http.request("POST", url, body=body, headers=headers, redirect=False, retries=False)
    except urllib3.exceptions.HTTPError as error:
        return str(error)
    return None if answer.status in welcome else f"HTTP {answer.status}"
