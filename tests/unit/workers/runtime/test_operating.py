"""One URL for kombu and pika."""

import pytest

from workers.runtime.operating import parameters


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("amqp://u:p%40@host:5673/vhost", ("host", 5673, "vhost", "u", "p@", False)),
        ("amqp://host", ("host", 5672, "/", "guest", "guest", False)),
        ("amqp://u:p@host/%2F", ("host", 5672, "/", "u", "p", False)),
        ("amqp://u:p@host//", ("host", 5672, "/", "u", "p", False)),
        ("amqps://u:p@host/a%2Fb", ("host", 5671, "a/b", "u", "p", True)),
    ],
)
def test_a_url_means_the_same_to_pika_as_to_kombu(url, expected):
    """Host, port, virtual host, user, password, TLS."""
    it = parameters(url)
    credentials = (it.credentials.username, it.credentials.password)
    assert (it.host, it.port, it.virtual_host, *credentials, it.ssl_options is not None) == expected
