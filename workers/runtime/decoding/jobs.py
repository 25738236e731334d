"""Which modules hold decoding jobs, known by the place where they lie. Only the fork server imports them."""

from pathlib import Path

import workers

_CODE = Path(workers.__file__ or "").parents[1]


def job_modules() -> tuple[str, ...]:
    """The picture room's, and each channel's whose payloads are containers: `ingest/<channel>/jobs.py`."""
    found = sorted((_CODE / "ingest").glob("*/jobs.py"))
    return ("thumbnails.jobs", *(f"ingest.{path.parent.name}.jobs" for path in found))
