"""Where a system that was just started is reached."""

import pytest

from workers.commands.running import first_steps, reachable


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


def test_a_system_without_accounts_tells_what_to_do_next() -> None:
    """Instead of listening in silence."""
    (line,) = first_steps([], lambda _: None)
    assert "accounts.example.yaml" in line
    assert "TROMBONE_CONFIG" in line


def test_a_system_tells_where_its_pages_are() -> None:
    """And of an account that nobody can look into, how to get in."""
    urls = {"acme": "http://127.0.0.1:8080#code=1"}
    first, second = first_steps(["acme", "rival"], urls.get)
    assert first.endswith(urls["acme"])
    assert second.startswith("rival has no API key")
