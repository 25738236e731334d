"""What happens where a server is not installed."""

import os
import shutil
from pathlib import Path


class ServiceMissing(Exception):
    """Raised when a server that the tests need is not installed; the message says what to install."""

    code = "service_missing"
    retryable = False


def program(name: str, *places: str, install: str) -> Path:
    """Where a program is: in one of the places, or on the path. Raises ServiceMissing."""
    found = [Path(place) / name for place in places if (Path(place) / name).exists()]
    on_path = shutil.which(name)
    if found or on_path:
        return found[0] if found else Path(str(on_path))
    raise ServiceMissing(f"{name} is not installed: {install}")


def may_skip() -> bool:
    """A laptop without the servers skips their tests; CI and root (who can install them) never do."""
    return os.geteuid() != 0 and os.environ.get("CI", "").lower() not in ("1", "true")
