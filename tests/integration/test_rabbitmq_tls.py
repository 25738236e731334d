"""`amqps://`: a TLS end in front of a real RabbitMQ."""

import asyncio
import ssl
import subprocess
import threading
from urllib.parse import urlsplit

import pytest

from tests.integration.rabbitmq_kit import FunctionStage, consuming, declared, drained, outgoing, publish
from tests.polling import eventually
from workers.runtime.dead_letters import DeadLetters
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.rabbitmq.link import LinkLost

pytestmark = pytest.mark.services


def certificate(folder, host):
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    command += ["-addext", f"subjectAltName={host}", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


async def pump(reader, writer):
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@pytest.fixture
def tls_url(vhost_url, tmp_path, monkeypatch, request):
    cert, key = certificate(tmp_path, request.param)
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    target = urlsplit(vhost_url)
    loop = asyncio.new_event_loop()

    async def connect(reader, writer):
        up_reader, up_writer = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))

    async def close():
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(connect, "127.0.0.1", 0, ssl=context), loop).result(
        5
    )
    port = server.sockets[0].getsockname()[1]
    yield target._replace(scheme="amqps", netloc=f"{target.username}:{target.password}@127.0.0.1:{port}").geturl()
    asyncio.run_coroutine_threadsafe(close(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


@pytest.mark.parametrize("tls_url", ["IP:127.0.0.1"], indirect=True)
def test_everything_works_over_tls(vhost_url, tls_url):
    """What TLS has decrypted already is not forgotten by a loop that waits for the socket."""
    body = bytes(range(256)) * 600
    broker = declared(tls_url)
    publish(broker, *(outgoing(f"m{number}", body=body) for number in range(20)))
    stage = FunctionStage(lambda one: [outgoing(one.message_id, "out", body=one.body)])
    with consuming(broker, stage, prefetch=20):
        eventually(lambda: len(stage.done) == 20, within=20)
    assert [taken for _, taken in drained(vhost_url, "out")] == [body] * 20
    with DeadLetters(tls_url) as letters:
        assert letters.depths(["in"]) == {"in": 0}


@pytest.mark.parametrize("tls_url", ["DNS:somebody.else"], indirect=True)
def test_a_certificate_of_somebody_else_is_refused(tls_url):
    """py-amqp alone would not look at the name."""
    with pytest.raises(LinkLost, match="CERTIFICATE_VERIFY_FAILED"):
        RabbitBroker(tls_url).depth("in")
