"""A client that answers what it was told to, and keeps what it was asked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from deliver.outgoing import OutgoingFile, ProviderAnswer


def answer(status: int, body: object, **headers: str) -> ProviderAnswer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ProviderAnswer(status, headers, content)


@dataclass
class Recorder:
    """Implements the part of `deliver.outgoing.Client` that Graph needs; answers in turn."""

    answers: Sequence[ProviderAnswer | Exception]
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def post_json(self, url: str, document: object, *, bearer: str | None = None) -> ProviderAnswer:
        return self._next(url, document, bearer)

    def post_file(
        self,
        url: str,
        fields: Sequence[tuple[str, str]],
        name: str,
        file: OutgoingFile,
        *,
        bearer: str | None = None,
    ) -> ProviderAnswer:
        return self._next(url, dict(fields), name, file.file_name, file.media_type, bearer)

    def _next(self, *asked: Any) -> ProviderAnswer:
        self.asked.append(asked)
        found = self.answers[len(self.asked) - 1]
        if isinstance(found, Exception):
            raise found
        return found
