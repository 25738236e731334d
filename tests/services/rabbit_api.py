"""The management API of a RabbitMQ: virtual hosts, users and permissions for tests, in milliseconds."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import urllib3


class RabbitApi:
    """`url` is where the API answers, with user and password; `amqp_url` is the same broker's AMQP address."""

    def __init__(self, url: str, amqp_url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self._user = parts.username or "guest"
        self._headers = urllib3.make_headers(basic_auth=f"{self._user}:{parts.password}")
        self._base = f"{parts.scheme}://{parts.hostname}:{parts.port}/api"
        self.amqp_url = amqp_url

    def is_alive(self) -> bool:
        """Whether the AMQP listener is up too: the API opens first."""
        try:
            answer = urllib3.request(
                "GET",
                f"{self._base}/health/checks/protocol-listener/amqp",
                headers=self._headers,
                retries=False,
                timeout=2,
            )
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call of the API, `path` without `/api`; AssertionError when it says no."""
        answer = urllib3.request(
            method,
            f"{self._base}{path}",
            headers=self._headers | {"content-type": "application/json"},
            body=None if body is None else json.dumps(body),
            retries=False,
            timeout=60,
        )
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.data!r}"
        return json.loads(answer.data) if answer.data else None

    @contextmanager
    def vhost(self) -> Iterator[str]:
        """A virtual host of one's own: its AMQP URL. It is gone afterwards, with all its queues."""
        name = f"t-{secrets.token_hex(6)}"
        self.call("PUT", f"/vhosts/{name}", {})
        self.call("PUT", f"/permissions/{name}/{self._user}", {"configure": ".*", "write": ".*", "read": ".*"})
        try:
            yield urlunsplit(urlsplit(self.amqp_url)._replace(path=f"/{name}"))
        finally:
            self.call("DELETE", f"/vhosts/{name}")

    def depth(self, vhost_url: str, queue: str) -> int:
        """
        Messages in a queue, ready and unacked.

        The broker counts every five seconds: ask through AMQP where that is too slow.
        """
        vhost = urlsplit(vhost_url).path.removeprefix("/")
        return int(self.call("GET", f"/queues/{vhost}/{quote(queue, safe='')}").get("messages", 0))
