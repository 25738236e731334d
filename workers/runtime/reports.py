"""The full account of a dead letter's error, in the object store: headers have no room for a traceback."""

import io
import traceback

import structlog

from schemas import object_keys
from schemas.event import AnyEvent
from workers.runtime.objects import ObjectStore

log = structlog.get_logger()

MAX_REPORT_CHARS = 200_000


def keep_report(store: ObjectStore, event: AnyEvent, error: BaseException) -> str | None:
    """The report's key. None when the store does not answer: a dead letter never waits for it."""
    key = object_keys.dead_letter(event.account, event.id)
    text = "".join(traceback.format_exception(error))[-MAX_REPORT_CHARS:].encode("utf-8", "replace")
    try:
        store.put(key, io.BytesIO(text), size_bytes=len(text), media_type="text/plain; charset=utf-8")
    except Exception as problem:  # noqa: BLE001 - nothing here may fail the dead-lettering
        log.warning("report.not_kept", error_type=type(problem).__name__)
        return None
    return key


def origin_of(error: BaseException) -> str | None:
    """File and line that raised it: fit for a log, where the error's text may not be."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
