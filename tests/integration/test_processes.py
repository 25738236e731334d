"""The main job with every worker as a process of its own, on a real broker, a real object store and a real database."""

import json
from pathlib import Path

import pytest

from tests.integration.cluster import EVERYONE, STAGES, Cluster
from tests.polling import eventually
from workers.demo.photos import PROGRAM
from workers.sandbox.eyes import look
from workers.sandbox.scene import camera_scene

pytestmark = pytest.mark.services

MMS_BYTES = 600_000
CAPTION = "The spare hinge, we ship it tomorrow"
"""Nothing else says this: the logs are searched for it."""
FILE_NAME = "kitchen-hinge.jpg"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 megapixels, several MB, stored sideways, GPS inside."""
    path = tmp_path_factory.mktemp("photos") / FILE_NAME
    path.write_bytes(camera_scene(orientation=6))
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "small.jpg"
    path.write_bytes(camera_scene((1200, 900), seed=3, orientation=8))
    return path


def test_a_customers_two_photos_reach_the_thread_with_thumbnails(cluster: Cluster, small: Path, large: Path) -> None:
    """Both are upright and clean as thumbnails, and open in full, byte for byte."""
    customer = cluster.customer()
    cluster.send_mms(customer, "It came broken", small, large)

    message = cluster.shown_from(customer)

    files = message["attachments"]
    thumbnails = [look(cluster.helpdesk.download(file["thumbnail_url"])) for file in files]
    assert message["text"] == "It came broken"
    assert [seen.bright_side for seen in thumbnails] == ["top", "top"]
    assert not any(seen.has_metadata for seen in thumbnails)
    assert [(file["width"], file["height"]) for file in files] == [(1200, 900), (4032, 3024)]
    assert [cluster.helpdesk.download(file["url"]) for file in files] == [small.read_bytes(), large.read_bytes()]
    assert not cluster.twilio.alerts


def test_an_agents_photo_of_12_megapixels_reaches_the_phone(cluster: Cluster, large: Path) -> None:
    """Under the limit of MMS, the right way up, without metadata; the phone's receipt shows in the thread."""
    customer = cluster.customer()

    message = cluster.reply("sms", customer, CAPTION, large)

    assert cluster.seen(message, "delivered")["parts"][0]["state"] == "delivered"
    (received,) = cluster.twilio.phone(customer).received
    (photo,) = received.files
    seen = look(photo.path.read_bytes())
    assert (received.text, photo.media_type) == (CAPTION, "image/jpeg")
    assert 0 < photo.size_bytes <= MMS_BYTES < large.stat().st_size
    assert (seen.bright_side, seen.has_metadata, seen.has_gps) == ("top", False, False)


def test_photos_travel_both_ways_by_webchat(cluster: Cluster, small: Path, large: Path) -> None:
    """The visitor's photo is shown to the agent; the agent's arrives clean on the visitor's page and is receipted."""
    visitor = cluster.visitor()
    asked = visitor.send("Does this fit?", [small])
    assert cluster.seen(asked, "shown")["attachments"][0]["thumbnail_url"]

    answer = cluster.reply("webchat", visitor.contact, CAPTION, large)

    eventually(lambda: (visitor.look(), visitor.saved)[1], within=45)
    (path,) = visitor.saved.values()
    seen = look(path.read_bytes())
    assert (seen.bright_side, seen.has_metadata, seen.has_gps) == ("top", False, False)
    assert cluster.seen(answer, "delivered")["ended"]


def test_a_refused_file_shows_its_reason_and_nothing_is_sent(cluster: Cluster, tmp_path: Path) -> None:
    """A program that calls itself a photo is known by its content."""
    disguised = tmp_path / "holiday.jpg"
    disguised.write_bytes(PROGRAM)
    customer = cluster.customer()

    message = cluster.reply("sms", customer, CAPTION, disguised)

    (file,) = cluster.seen(message, "refused")["attachments"]
    assert (file["state"], file["reason"]["code"]) == ("refused", "type_not_allowed")
    assert file["reason"]["sentence"].startswith("A file of type application/")
    assert not cluster.twilio.phone(customer).received


def test_an_operator_reads_one_messages_journey(cluster: Cluster, small: Path) -> None:
    """`trombone explain` names every worker it passed and what was done to the file."""
    message = cluster.reply("sms", cluster.customer(), CAPTION, small)
    cluster.seen(message, "delivered")

    told = cluster.trombone("explain", message)

    assert told.returncode == 0, told.stderr
    for worker in ("gateway", "ingestor", "fetcher", "validator", "storer", "thumbnailer", "fitter", "deliverer"):
        assert f"by {worker}" in told.stdout
    assert "part delivered" in told.stdout


def test_the_books_have_no_gap(cluster: Cluster) -> None:
    """`trombone audit` finds an end, or a deadline ahead, for every attachment."""
    audited = cluster.trombone("audit")

    assert (audited.returncode, audited.stderr) == (0, "")
    assert "Gap 0" in audited.stdout


def test_sigterm_ends_every_process_with_success(cluster: Cluster) -> None:
    """Within 15 seconds, all at once, and the broker has no message in anybody's hands."""
    assert cluster.stop(*EVERYONE) == dict.fromkeys(EVERYONE, 0)
    assert {name: len(cluster.programs[name].said("worker.stopped")) for name in STAGES} == dict.fromkeys(STAGES, 1)


def test_logs_are_json_without_secrets_and_without_customers(cluster: Cluster) -> None:
    """Even at the level debug: no words of a customer, no number, no file name, no key, no link that opens media."""
    logs = cluster.logs()

    assert {line["event"] for line in map(json.loads, logs.splitlines())} >= {"worker.started", "delivery.completed"}
    assert cluster.leaked(CAPTION, "It came broken", "Does this fit", FILE_NAME, "holiday.jpg", "small.jpg") == []
