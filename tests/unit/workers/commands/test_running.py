"""Where a system that was just started is reached."""

import pytest

from workers.commands.running import reachable


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://127.0.0.1:8080"),
        ("::1", "http://[::1]:8080"),
        ("desk.example", "http://desk.example:8080"),
    ],
)
def test_the_address_that_is_told_can_be_called(host: str, url: str) -> None:
    """Whatever it listens on, the page's address and the media links lead there."""
    assert reachable(host, 8080) == url
