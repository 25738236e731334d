"""The same words once more, with links: what leaves in the place of a part whose files were not taken."""

from collections.abc import Iterator, Sequence

from deliver.linking import LINK_CHARS
from deliver.outgoing import Limits
from deliver.splitting import size_of
from schemas import identity
from schemas.media_fitted import Part


def fallbacks(part: Part, limits: Limits) -> list[Part]:
    """Usually one; more where the words, or the links among themselves, leave no room. None without files."""
    if not part.falls_back or not part.attachments:
        return []
    name, parts = part.id, []
    for text, links in _packed(part.text, [*part.links, *part.attachments], limits):
        name = identity.fallback_id(name)
        parts.append(Part(id=name, index=part.index, text=text, links=links))
    return parts


def _packed(text: str | None, links: Sequence[str], limits: Limits) -> Iterator[tuple[str | None, list[str]]]:
    most = max(1, limits.max_text // LINK_CHARS)
    beside = max(0, limits.max_text - size_of(text, limits.text_unit)) // LINK_CHARS if text else most
    yield text, list(links[:beside])
    for start in range(beside, len(links), most):
        yield None, list(links[start : start + most])
