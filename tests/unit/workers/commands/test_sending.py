"""`trombone send`: files leave as from an agent's page, through a real gateway."""

import socket

import pytest

from schemas.reply_requested import ReplyRequested
from tests.http_origin import Origin, answer
from tests.integration.gateway_door import ACME, ACME_READER, MAX_UPLOAD, Door, open_door

CUSTOMER = "+14155550100"


@pytest.fixture
def door(tmp_path):
    with open_door(tmp_path) as door:
        yield door


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "broken zip & größe.jpg"
    path.write_bytes(bytes(200_000))
    return path


def to(door: Door, key: str = ACME, channel: str = "sms") -> list[str]:
    return ["--channel", channel, "--to", CUSTOMER, "--url", door.url, "--key", key]


def test_a_file_is_uploaded_and_a_reply_asked_for(trombone, door, photo):
    """With its caption and its own name; a progress bar says how far it is."""
    result = trombone("send", str(photo), *to(door), "--caption", "Look here")
    assert result.exit_code == 0
    (event,) = door.events(1)
    request = event.data
    assert isinstance(request, ReplyRequested)
    assert (request.contact, request.text, request.account) == (CUSTOMER, "Look here", "acme")
    assert [file.file_name for file in request.files] == [photo.name]
    key = request.files[0].source.object_key
    with door.services.store.read(key) as chunks:
        assert b"".join(chunks) == photo.read_bytes()
    assert "200.0/200.0 kB" in result.stderr
    assert result.stdout.startswith("message ")


def test_several_files_leave_as_one_reply(trombone, door, photo):
    """In the order in which they were named."""
    other = photo.with_name("second.pdf")
    other.write_bytes(b"%PDF-1.7\n")
    assert trombone("send", str(photo), str(other), *to(door)).exit_code == 0
    (event,) = door.events(1)
    assert [file.file_name for file in event.data.files] == [photo.name, "second.pdf"]


@pytest.mark.parametrize(
    ("key", "channel", "code"),
    [(ACME_READER, "sms", "scope_missing"), ("", "sms", "key_missing"), ("tb_desk_x", "sms", "key_invalid")],
)
def test_a_refusal_is_told_in_its_own_sentence(trombone, door, photo, key, channel, code):
    """Code 1, no traceback, and nothing was uploaded to learn it."""
    result = trombone("send", str(photo), *to(door, key, channel))
    assert (result.exit_code, code in result.stderr) == (1, True)
    assert photo.name not in result.stderr


def test_a_channel_that_is_not_connected_is_told(trombone, door, photo):
    """Before the file travels, with those that are."""
    result = trombone("send", str(photo), *to(door, channel="fax"))
    assert result.exit_code == 2
    assert "this account is connected to sms" in result.stderr
    assert list(door.services.store.list("")) == []


def test_a_file_that_is_too_large_is_told(trombone, door, photo):
    """Also when the gateway hangs up before all of it was sent."""
    photo.write_bytes(bytes(20 * MAX_UPLOAD))
    result = trombone("send", str(photo), *to(door))
    assert result.exit_code == 1
    assert "too_many_bytes" in result.stderr or "HTTP 413" in result.stderr


def test_nobody_at_the_gateways_url(trombone, photo):
    """A sentence with the URL, which is what is probably wrong."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    result = trombone("send", str(photo), "--channel", "sms", "--to", CUSTOMER, "--url", f"http://127.0.0.1:{port}")
    assert str(result.exception).startswith(f"No gateway answers at http://127.0.0.1:{port} ")
    assert result.exception.retryable


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
@pytest.mark.parametrize("body", [b"<html>It works!</html>", b"[]", b'{"error": "no"}', b"{}"])
def test_somebody_else_at_the_gateways_url(trombone, photo, status, body):
    """Any other web server is told apart from a gateway."""
    with Origin({"/v1/channels": answer(body, status)}) as other:
        url = other.url("")
        result = trombone("send", str(photo), "--channel", "sms", "--to", CUSTOMER, "--url", url)
    assert str(result.exception).startswith(f"What answers at {url} is no gateway")


def test_a_url_without_a_scheme_is_a_wrong_use(trombone, photo):
    """Code 2, before anything is read."""
    result = trombone("send", str(photo), "--channel", "sms", "--to", CUSTOMER, "--url", "gateway:8080")
    assert result.exit_code == 2
    assert "--url" in result.stderr


def test_a_file_that_does_not_exist_is_a_wrong_use(trombone, tmp_path):
    """Nothing is sent of a command that names something wrong."""
    assert trombone("send", str(tmp_path / "no.jpg"), "--channel", "sms", "--to", CUSTOMER).exit_code == 2
