"""The one client for what we send, HTTP itself and mail: checked addresses, no redirects, no retries, small answers."""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlencode

import urllib3
from urllib3.fields import RequestField
from urllib3.filepost import choose_boundary

from deliver.outgoing import Mail, MailAnswer, MailServer, NoAnswer, NotSent, OutgoingFile, ProviderAnswer
from workers.runtime.addresses import AddressNotAllowed, Gate, HostUnknown, Resolver, resolve
from workers.runtime.exchange import Answer, Broken, Call, NotReached, Waits, exchange
from workers.runtime.smtp import Mailer

MAX_ANSWER_BYTES = 1024 * 1024
USER_AGENT = "trombone"


class HttpClient:
    """Implements `deliver.outgoing.Client`."""

    def __init__(
        self,
        allow: Sequence[str] = (),
        *,
        waits: Waits | None = None,
        resolver: Resolver = resolve,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`context` replaces the system's trusted authorities, for servers with one of their own."""
        self._gate = Gate(allow, resolver)
        self._waits = waits or Waits()
        self._context = context or ssl.create_default_context()
        self._mailer = Mailer(self._gate, self._context)

    def mail(self, server: MailServer, mail: Mail) -> MailAnswer:
        return self._mailer.mail(server, mail)

    def post_form(
        self, url: str, fields: Sequence[tuple[str, str]], *, basic: tuple[str, str] | None = None
    ) -> ProviderAnswer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", url, base_headers(basic) | headers, urlencode(list(fields)).encode())

    def post_json(self, url: str, document: object, *, bearer: str | None = None) -> ProviderAnswer:
        headers = {"Content-Type": "application/json"}
        return self._send("POST", url, base_headers(bearer=bearer) | headers, json.dumps(document).encode())

    def post_notice(self, url: str, headers: Mapping[str, str], body: bytes) -> ProviderAnswer:
        """JSON with headers of its own. What is answered beyond status and headers is not read."""
        return self._send("POST", url, {**base_headers(), "Content-Type": "application/json", **headers}, body, _unread)

    def post_file(
        self,
        url: str,
        fields: Sequence[tuple[str, str]],
        name: str,
        file: OutgoingFile,
        *,
        bearer: str | None = None,
    ) -> ProviderAnswer:
        boundary = choose_boundary()
        head, tail = _around_the_file(boundary, fields, name, file)
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + file.size_bytes + len(tail)),
        }
        with file.read() as chunks:
            body = _joined(head, chunks, tail)
            return self._send("POST", url, base_headers(bearer=bearer) | headers, body)

    def get(self, url: str, *, basic: tuple[str, str] | None = None, bearer: str | None = None) -> ProviderAnswer:
        return self._send("GET", url, base_headers(basic, bearer), None)

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | Iterator[bytes] | None,
        read: Callable[[Answer], bytes] | None = None,
    ) -> ProviderAnswer:
        try:
            target = self._gate.check(url)
        except (AddressNotAllowed, HostUnknown) as error:
            raise NotSent(str(error)) from error
        call = Call(method, target, headers, body)
        try:
            with exchange(call, self._waits, self._context) as answer:
                return ProviderAnswer(answer.status, answer.headers, (read or read_small)(answer))
        except (AddressNotAllowed, NotReached) as error:
            raise NotSent(f"{target.host}: {error}") from error
        except Broken as error:
            raise NoAnswer(f"{target.host}: {error}") from error


def _unread(_: Answer) -> bytes:
    return b""


def _around_the_file(
    boundary: str, fields: Sequence[tuple[str, str]], name: str, file: OutgoingFile
) -> tuple[bytes, bytes]:
    """What stands before and after the file's bytes in a multipart form."""
    parts = [RequestField(field, value) for field, value in fields]
    for part in parts:
        part.make_multipart()
    last = RequestField(name, b"", filename=file.file_name)
    last.make_multipart(content_type=file.media_type)
    written = "".join(f"--{boundary}\r\n{part.render_headers()}{part.data!s}\r\n" for part in parts)
    return f"{written}--{boundary}\r\n{last.render_headers()}".encode(), f"\r\n--{boundary}--\r\n".encode()


def _joined(head: bytes, chunks: Iterator[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    yield from chunks
    yield tail


def base_headers(basic: tuple[str, str] | None = None, bearer: str | None = None) -> dict[str, str]:
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
    if basic:
        # UTF-8 as in RFC 7617; urllib3's own helper would write latin-1.
        token = urllib3.make_headers(basic_auth=":".join(basic).encode().decode("latin-1"))["authorization"]
        headers["Authorization"] = token
    elif bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    return headers


def read_small(answer: Answer) -> bytes:
    """An answer that should be a few lines. Raises Broken when it is longer than it may be."""
    body = bytearray()
    for chunk in answer.chunks():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise Broken("the answer is too long")
    return bytes(body)
