"""
What a channel will make of a file, told before it is sent: the pipeline's own checks, without its store.

A file whose making takes longer than somebody waits is told by the limit that it will stay under.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from deliver.linking import readable
from deliver.modules import deliver_module
from deliver.outgoing import Limits, PlannedFile
from ingest.incoming import ChannelAccount
from schemas.message import Reply
from schemas.reason import Reason, Refused
from thumbnails.orders import FitParams, Fitted, Inspection
from workers.fitting import budget_of, check_contact, job_for, params_for
from workers.media_types import check_allowed, inspect_params
from workers.runtime.ports import Decoder
from workers.runtime.settings import Settings
from workers.runtime.workdir import workdir

TOO_SLOW = "decode_timed_out"


class Verdict(Struct, frozen=True, kw_only=True):
    """
    `verdict` is `as_is`, `converted`, `link` or `refused`; `sentence` is for the agent. `to_bytes` is exact, or, when
    `reason` says that it took too long to find out, the limit that the result will stay under.
    """

    verdict: str
    sentence: str
    from_bytes: int
    to_bytes: int | None = None
    from_media_type: str | None = None
    media_type: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True)
class Preflight:
    settings: Settings
    decode: Decoder

    def look(self, source: Path, connection: ChannelAccount, contact: str | None) -> Verdict:
        """`contact` may be unknown yet. The source is only read. Raises DecoderUnavailable."""
        limits = self.settings.limits_of(connection).outbound.for_plan()
        size_bytes, media_type = source.stat().st_size, None
        with workdir() as folder:
            try:
                found = self._inspected(source, folder)
                media_type = found.media_type
                check_allowed(media_type, self.settings.media)
                _check_plan(connection, PlannedFile("file", media_type, size_bytes, found.kind), limits)
            except Refused as refused:
                return _refused(refused.reason, size_bytes, media_type)
            try:
                if contact:
                    check_contact(contact, limits)
                params = params_for(media_type, found.kind, budget_of(limits), limits, self.settings.media)
                return self._fitted(source, folder, params, size_bytes)
            except Refused as refused:
                says = _linked if limits.links else _refused
                return says(refused.reason, size_bytes, media_type)

    def _inspected(self, source: Path, folder: Path) -> Inspection:
        params = inspect_params(self.settings.media)
        return self.decode.run("thumbnails.jobs:inspect", params, source=source, workdir=folder, returns=Inspection)

    def _fitted(self, source: Path, folder: Path, params: FitParams, size_bytes: int) -> Verdict:
        """Raises Refused."""
        result = self.decode.attempt(job_for(params), params, source=source, workdir=folder, returns=Fitted)
        if isinstance(result, Fitted):
            return _made(result, params.media_type, size_bytes)
        if result.code != TOO_SLOW:
            raise Refused(result)
        return Verdict(
            verdict="converted",
            sentence=f"It will be made to fit in {readable(params.max_bytes)}; that takes a while.",
            from_bytes=size_bytes,
            to_bytes=min(size_bytes, params.max_bytes),
            from_media_type=params.media_type,
            reason=result,
        )


def _check_plan(connection: ChannelAccount, file: PlannedFile, limits: Limits) -> None:
    """A channel may have rules beyond its numbers. Raises Refused."""
    nothing_else = Reply(text=None, expires_at=datetime.max.replace(tzinfo=UTC))
    deliver_module(connection.channel, connection.provider).plan(nothing_else, [file], limits)


def _made(result: Fitted, media_type: str, size_bytes: int) -> Verdict:
    same = result.file_name is None
    lighter = f"{readable(size_bytes)} become {readable(result.size_bytes)}"
    changed = f", as {result.media_type}" if result.media_type != media_type else ""
    return Verdict(
        verdict="as_is" if same else "converted",
        sentence="It leaves as it is." if same else f"It will be made to fit: {lighter}{changed}.",
        from_bytes=size_bytes,
        to_bytes=result.size_bytes,
        from_media_type=media_type,
        media_type=result.media_type,
    )


def _linked(reason: Reason, size_bytes: int, media_type: str) -> Verdict:
    return Verdict(
        verdict="link",
        sentence="It cannot travel on this channel as a file; the customer will get a link to it.",
        from_bytes=size_bytes,
        to_bytes=size_bytes,
        from_media_type=media_type,
        media_type=media_type,
        reason=reason,
    )


def _refused(reason: Reason, size_bytes: int, media_type: str | None) -> Verdict:
    return Verdict(
        verdict="refused", sentence=reason.sentence, from_bytes=size_bytes, from_media_type=media_type, reason=reason
    )
