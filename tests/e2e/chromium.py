"""The browser of the end-to-end tests: Debian's."""

from pathlib import Path

from tests.services.missing import program

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> Path:
    """Raises ServiceMissing."""
    return program("chromium", install="apt-get install chromium")
