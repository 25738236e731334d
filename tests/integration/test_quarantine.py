"""What the virus scanner did not let pass: an operator sees it, and may let it pass after all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cluster import Cluster
from tests.polling import eventually
from tests.services import Clamd
from tests.services.clamd import EICAR, SIGNATURE

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, clamd: Clamd) -> Iterator[Cluster]:
    """`trombone all` with a scanner."""
    environ = {"TROMBONE_CLAMD_URL": clamd.url, "TROMBONE_SWEEP_SECONDS": "1", "COLUMNS": "250"}
    with Cluster.embedded(tmp_path_factory.mktemp("system"), environ=environ) as system:
        yield system


def test_a_harmful_file_is_listed_and_released_on_the_record(system: Cluster, tmp_path: Path) -> None:
    """Refused with its signature, listed, released once, shown with a warning; the life of the message tells of it."""
    path = tmp_path / "test.txt"
    path.write_bytes(EICAR)
    message = system.visitor().send("look", [path])
    (file,) = system.seen(message, "shown")["attachments"]
    assert (file["state"], file["reason"]["code"]) == ("refused", "malware_found")

    listed = system.trombone("quarantine", "list").stdout
    assert [word in listed for word in (file["id"], "test.txt", SIGNATURE)] == [True, True, True]

    released = [system.trombone("quarantine", "release", file["id"], "--yes") for _ in range(2)]
    assert [one.returncode for one in released] == [0, 0]
    assert "released before" in released[1].stdout

    def passed() -> dict[str, object] | None:
        (found,) = system.seen(message, "shown")["attachments"]
        return found if found["state"] == "shown" else None

    shown = eventually(passed, within=30)
    assert "released_by_operator" in str(shown["warnings"])
    assert "released from quarantine by" in system.trombone("explain", message).stdout
    assert file["id"] in system.trombone("quarantine", "list").stdout
    assert system.trombone("audit").returncode == 0


def test_nobody_releases_what_is_not_there(system: Cluster) -> None:
    """Code 1, so that a script can tell."""
    assert system.trombone("quarantine", "release", "nothing", "--yes").returncode == 1


def test_the_check_tells_that_files_are_scanned(system: Cluster) -> None:
    """With the scanner's own version."""
    assert "Files are scanned for viruses by ClamAV " in system.trombone("check").stdout
