"""The whole in one process, on memory, a folder and SQLite: no server at all."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http_origin import Origin
from tests.integration.cluster import Cluster
from tests.integration.program import COMMAND, ROOT, STOP_SECONDS
from tests.polling import eventually
from tests.tcp_proxy import TcpProxy
from workers.sandbox.eyes import look
from workers.sandbox.scene import camera_scene


def test_the_demo_says_that_all_of_it_is_true(tmp_path: Path) -> None:
    """Five channels both ways, refusals, and books without a gap: exit code 0."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "COLUMNS": "200"}

    done = subprocess.run(
        [*COMMAND, "demo", "--keep", tmp_path / "kept"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "NO " not in done.stdout
    assert "Gap 0" in done.stdout


@pytest.fixture
def system(tmp_path: Path) -> Iterator[Cluster]:
    """`trombone all`, and the world around it."""
    with Cluster.embedded(tmp_path, environ={"TROMBONE_LEASE_SECONDS": "2", "TROMBONE_SWEEP_SECONDS": "1"}) as system:
        yield system


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(camera_scene((2000, 1500), orientation=6))
    return path


def test_sigterm_ends_it_with_success_and_a_restart_knows_the_thread(system: Cluster, photo: Path) -> None:
    """Within 15 seconds; the record and the files are still there."""
    customer = system.customer()
    message = system.reply("sms", customer, "before the restart", photo)
    system.seen(message, "delivered")

    assert system.stop("all") == {"all": 0}
    system.start("all")

    assert system.seen(message, "delivered")["text"] == "before the restart"
    assert len(system.twilio.phone(customer).received) == 1


def test_what_was_in_flight_when_it_was_killed_is_finished_after_the_restart(system: Cluster, photo: Path) -> None:
    """Kill -9 right after the answers: every message ends, nothing is sent twice, and a doubt shows."""
    customers = [system.customer() for _ in range(6)]
    asking = system.customer()
    system.send_mms(asking, "from a customer", photo)
    messages = [system.reply("sms", one, f"to {number}", photo) for number, one in enumerate(customers)]
    left = system.programs["all"].kill()
    assert not system.twilio.phone(customers[-1]).received, "it was too fast: nothing was in flight"

    system.start("all")

    states = [system.seen(message, "delivered", "in_doubt", "sent")["state"] for message in messages[:-1]]
    system.seen(messages[-1], "delivered")
    copies = [len(system.twilio.phone(customer).received) for customer in customers]
    assert left == []
    assert max(copies) == copies[-1] == 1
    assert all(count == 1 for state, count in zip(states, copies, strict=False) if state == "delivered")
    assert len(system.shown_from(asking)["attachments"]) == 1
    assert system.trombone("audit").returncode == 0


def test_it_is_killed_in_the_middle_of_a_download(tmp_path: Path, photo: Path) -> None:
    """The file's server had gone silent; the restarted system fetches it anew and the phone gets it once."""
    content = photo.read_bytes()
    body = b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\ncontent-length: %d\r\n\r\n" % len(content) + content
    with (
        Origin({"/photo.jpg": body}) as origin,
        TcpProxy(f"http://{origin.address}") as link,
        Cluster.embedded(tmp_path, allowed=f"127.0.0.1:{link.port}") as system,
    ):
        customer = system.customer()
        link.black_hole()
        message = system.reply_with_url("sms", customer, "by link", f"{link.url}/photo.jpg")
        eventually(lambda: link.held, within=20)
        assert system.programs["all"].kill() == []
        link.reset_once()
        link.heal()

        system.start("all")

        system.seen(message, "delivered")
        ((file,),) = [one.files for one in system.twilio.phone(customer).received]
        assert look(file.path.read_bytes()).bright_side == "top"
        assert system.stop("all") == {"all": 0}


def test_a_stop_takes_less_than_15_seconds_even_when_a_download_hangs(tmp_path: Path) -> None:
    """The process does not wait for a server that says nothing."""
    with TcpProxy("http://127.0.0.1:9") as link, Cluster.embedded(tmp_path, allowed=f"127.0.0.1:{link.port}") as system:
        link.black_hole()
        system.reply_with_url("sms", system.customer(), "by link", f"{link.url}/photo.jpg")
        eventually(lambda: link.held, within=20)

        system.programs["all"].terminate()

        assert system.programs["all"].wait(STOP_SECONDS) == 0
