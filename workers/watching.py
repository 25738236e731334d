"""A client that remembers how the provider seemed: what a receipt says of one message, this says of the provider."""

from collections.abc import Callable, Sequence

from deliver.outgoing import Client, NoAnswer, NotSent, OutgoingFile, ProviderAnswer

BROKEN_STATUS = 500


class Watched:
    """Implements `deliver.outgoing.Client`. `down`: its last answer was none, or a 5xx; None: it was not called."""

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

    def _seen(self, call: Callable[[], ProviderAnswer]) -> ProviderAnswer:
        try:
            answer = call()
        except (NotSent, NoAnswer):
            self.down = True
            raise
        self.down = answer.status >= BROKEN_STATUS
        return answer
