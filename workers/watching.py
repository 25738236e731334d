"""A client that remembers how the provider seemed: what a receipt says of one message, this says of the provider."""

from collections.abc import Callable, Sequence

from deliver.outgoing import (
    Client,
    Mail,
    MailAnswer,
    MailServer,
    NoAnswer,
    NotSent,
    OutgoingFile,
    ProviderAnswer,
)

BROKEN_STATUS = 500
CLOSING = 421
"""What a mail server says that cannot serve anybody (RFC 5321 section 4.2.3)."""


class Watched:
    """
    Implements `deliver.outgoing.Client`. `down`: its last answer was none, a 5xx (421 from a mail server); None: it was
    not called.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.down: bool | None = None

    def get(self, url: str, *, basic: tuple[str, str] | None = None, bearer: str | None = None) -> ProviderAnswer:
        return self._seen(lambda: self._client.get(url, basic=basic, bearer=bearer))

    def post_form(
        self, url: str, fields: Sequence[tuple[str, str]], *, basic: tuple[str, str] | None = None
    ) -> ProviderAnswer:
        return self._seen(lambda: self._client.post_form(url, fields, basic=basic))

    def post_json(self, url: str, document: object, *, bearer: str | None = None) -> ProviderAnswer:
        return self._seen(lambda: self._client.post_json(url, document, bearer=bearer))

    def post_file(
        self,
        url: str,
        fields: Sequence[tuple[str, str]],
        name: str,
        file: OutgoingFile,
        *,
        bearer: str | None = None,
    ) -> ProviderAnswer:
        return self._seen(lambda: self._client.post_file(url, fields, name, file, bearer=bearer))

    def mail(self, server: MailServer, mail: Mail) -> MailAnswer:
        self.down = True  # until it says something
        answer = self._client.mail(server, mail)
        self.down = answer.code == CLOSING
        return answer

    def _seen(self, call: Callable[[], ProviderAnswer]) -> ProviderAnswer:
        try:
            answer = call()
        except (NotSent, NoAnswer):
            self.down = True
            raise
        self.down = answer.status >= BROKEN_STATUS
        return answer
