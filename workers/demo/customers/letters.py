"""A mail's HTML in a frame of its own: its pictures show, nothing in it runs, nothing is fetched from elsewhere."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.responses import Response

from workers.demo.customers.devices import HeldFile


def letter_page(html: str, files: Sequence[HeldFile], files_url: str) -> Response:
    """`files_url`, a slash and the index of a file is where it lies."""
    for index, file in enumerate(files):
        if file.cid:
            html = re.sub(rf"cid:{re.escape(file.cid)}(?=[\"'\s>])", f"{files_url}/{index}", html)
    here = urlsplit(files_url)
    policy = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        f"frame-ancestors 'self'; img-src {here.scheme}://{here.netloc}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response('<!doctype html><base target="_blank">' + html, headers=headers, media_type="text/html")
