"""Limits that were read too long ago: `python -m workers.commands.limits_age`. It reminds and never fails."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from workers.runtime.provider_limits import limits_in
from workers.runtime.settings import Settings, load

FRESH = timedelta(days=365)


def stale(settings: Settings, today: date) -> Iterator[str]:
    """One line for each; an old checkout stays green, and its owner knows what to read again."""
    for channel, providers in settings.channels.items():
        for provider, limits in providers.items():
            for name, limit in limits_in(limits):
                if today - limit.read > FRESH:
                    yield f"{channel} {provider} {name}: read {limit.read}, {limit.source}"


def main() -> None:
    for line in stale(load({}), datetime.now(UTC).date()):
        sys.stderr.write(f"channels.yaml is a year old: {line}\n")


if __name__ == "__main__":
    main()
