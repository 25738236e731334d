"""
Kill -9 of every process in the middle of its work, once each: nothing is lost and nothing comes twice.

No hook in the product says where the middle is: each process has one link to the world through a proxy that goes
silent, or its decoding child is frozen, or the provider takes the message and never answers.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.cluster import Cluster, own_servers
from tests.integration.program import freeze_first_child
from tests.polling import eventually
from tests.services import RabbitApi
from tests.tcp_proxy import TcpProxy
from workers.sandbox.eyes import look
from workers.sandbox.faults import Fault
from workers.sandbox.scene import camera_scene

pytestmark = pytest.mark.services

WORDS = "Here is your hinge"

BROKER, STORE, DATABASE = "TROMBONE_BROKER_URL", "TROMBONE_STORE_URL", "TROMBONE_DATABASE_URL"
LINKS = {
    "ingestor": BROKER,
    "fetcher": STORE,
    "validator": STORE,
    "storer": STORE,
    "deliverer": DATABASE,
    "recorder": DATABASE,
    "auditor": BROKER,
    "gateway": BROKER,
}
"""Which link of a process goes through a proxy of its own."""


@pytest.fixture(scope="module")
def servers(rabbitmq_api: RabbitApi, s3_url: str, postgres_url: str) -> Iterator[Mapping[str, str]]:
    with own_servers(rabbitmq_api, s3_url, postgres_url) as urls:
        yield dict(zip((BROKER, STORE, DATABASE), urls, strict=True))


@pytest.fixture(scope="module")
def links(servers: Mapping[str, str]) -> Iterator[Mapping[str, TcpProxy]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(TcpProxy(servers[link])) for name, link in LINKS.items()}


@pytest.fixture(scope="module")
def cluster(
    servers: Mapping[str, str], links: Mapping[str, TcpProxy], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Short delays, so that what is tried again is soon tried again."""
    cluster = Cluster(
        tmp_path_factory.mktemp("cluster"),
        *servers.values(),
        ladder=[1, 1, 1, 2, 2, 2, 5, 5],
        environ={"TROMBONE_LEASE_SECONDS": "3", "TROMBONE_SWEEP_SECONDS": "1"},
    )
    for name, link in LINKS.items():
        cluster.programs[name].environ = cluster.environ | {link: links[name].url}
    with cluster:
        yield cluster


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 megapixels: enough work to be interrupted in."""
    path = tmp_path_factory.mktemp("photos") / "large.jpg"
    path.write_bytes(camera_scene(orientation=6))
    return path


def killed(cluster: Cluster, name: str, link: TcpProxy | None = None) -> None:
    """Kill -9, and start it again as if the machine had: what its link held back is lost, and all its children gone."""
    assert cluster.programs[name].is_running()
    left = cluster.programs[name].kill()
    if link:
        link.reset_once()
        link.heal()
    assert left == []
    cluster.gone(name)
    cluster.start(name)


def one_copy(cluster: Cluster, customer: str, message: str) -> None:
    """The thread says delivered, the provider was asked once, and the phone has the photo whole and clean."""
    cluster.seen(message, "delivered")
    assert [sent.asked.recipient for sent in cluster.twilio.sent].count(customer) == 1
    (received,) = cluster.twilio.phone(customer).received
    (file,) = received.files
    seen = look(file.path.read_bytes())
    assert (seen.bright_side, seen.has_metadata) == ("top", False)


def in_hand(link: TcpProxy) -> Callable[[], int]:
    """It said something into the silent link and waits for an answer."""
    return lambda: link.held


def test_the_ingestor_dies_before_its_results_are_confirmed(
    cluster: Cluster, links: Mapping[str, TcpProxy], photo: Path
) -> None:
    """It has understood the request and published what follows, but the broker has heard nothing yet."""
    customer = cluster.customer()
    links["ingestor"].mute()
    message = cluster.reply("sms", customer, f"{WORDS} one", photo)
    eventually(lambda: cluster.programs["ingestor"].said("delivery.completed", correlation_id=message), within=20)

    killed(cluster, "ingestor", links["ingestor"])

    one_copy(cluster, customer, message)


def test_the_ingestors_last_words_arrive_after_its_death(
    cluster: Cluster, links: Mapping[str, TcpProxy], photo: Path
) -> None:
    """The network delivers late what the dead process had published: with its successor's the same events twice."""
    customer = cluster.customer()
    links["ingestor"].mute()
    message = cluster.reply("sms", customer, f"{WORDS} two", photo)
    eventually(lambda: cluster.programs["ingestor"].said("delivery.completed", correlation_id=message), within=20)

    assert cluster.programs["ingestor"].kill() == []
    links["ingestor"].heal()
    cluster.gone("ingestor")
    cluster.start("ingestor")

    one_copy(cluster, customer, message)


@pytest.mark.parametrize("name", ["fetcher", "validator", "storer"])
def test_a_worker_dies_while_it_waits_for_the_store(
    cluster: Cluster, links: Mapping[str, TcpProxy], photo: Path, name: str
) -> None:
    """A customer's photo and an agent's are both in its hands."""
    asking, answered = cluster.customer(), cluster.customer()
    links[name].black_hole()
    message = cluster.reply("sms", answered, f"{WORDS} three {name}", photo)
    cluster.send_mms(asking, f"{WORDS} four {name}", photo)
    eventually(in_hand(links[name]), within=20)

    killed(cluster, name, links[name])

    one_copy(cluster, answered, message)
    shown = cluster.shown_from(asking)["attachments"]
    assert [look(cluster.helpdesk.download(file["thumbnail_url"])).bright_side for file in shown] == ["top"]


@pytest.mark.parametrize("name", ["thumbnailer", "fitter"])
def test_a_worker_dies_while_its_child_decodes(cluster: Cluster, tmp_path: Path, name: str) -> None:
    """The frozen child and the fork server go with it, and the picture is made anew."""
    photo = tmp_path / "unseen.jpg"
    photo.write_bytes(camera_scene(orientation=6, seed=len(name)))
    customer = cluster.customer()
    message = cluster.reply("sms", customer, f"{WORDS} five {name}", photo)
    freeze_first_child(cluster.programs[name], within=20)

    killed(cluster, name)

    one_copy(cluster, customer, message)
    (file,) = eventually(
        lambda: [one for one in cluster.seen(message, "delivered")["attachments"] if one["thumbnail_url"]], within=20
    )
    assert look(cluster.helpdesk.download(file["thumbnail_url"])).bright_side == "top"


def test_the_deliverer_dies_before_its_claim(cluster: Cluster, links: Mapping[str, TcpProxy], photo: Path) -> None:
    """Nothing has left, so its successor sends."""
    customer = cluster.customer()
    links["deliverer"].black_hole()
    message = cluster.reply("sms", customer, f"{WORDS} six", photo)
    eventually(in_hand(links["deliverer"]), within=20)

    killed(cluster, "deliverer", links["deliverer"])

    one_copy(cluster, customer, message)


def test_the_deliverer_dies_while_the_provider_has_the_message(
    cluster: Cluster, links: Mapping[str, TcpProxy], photo: Path
) -> None:
    """The claim has no outcome: it is never sent again, and the provider's own report ends the doubt."""
    customer = cluster.customer()
    cluster.twilio.fault(Fault.HANG)
    message = cluster.reply("sms", customer, f"{WORDS} seven", photo)
    phone = cluster.twilio.phone(customer)
    eventually(lambda: phone.received, within=20)

    killed(cluster, "deliverer")

    eventually(lambda: concluded(cluster, message), within=30)
    one_copy(cluster, customer, message)


def test_the_deliverer_dies_before_the_provider_hears_of_it(
    cluster: Cluster, links: Mapping[str, TcpProxy], photo: Path
) -> None:
    """Nobody can know that nothing was sent: the agent sees the doubt with a sentence, and the phone gets nothing."""
    customer = cluster.customer()
    with TcpProxy(cluster.twilio.api_url) as provider:
        cluster.stop("deliverer")
        healthy = cluster.programs["deliverer"].environ
        config = cluster.configure("config-of-the-deliverer", provider.url)
        allowed = f"{cluster.environ['TROMBONE_FETCH_ALLOW']},127.0.0.1:{provider.port}"
        elsewhere = {"TROMBONE_CONFIG": str(config), "TROMBONE_FETCH_ALLOW": allowed}
        cluster.programs["deliverer"].environ = {**healthy, **elsewhere}
        cluster.start("deliverer")
        provider.black_hole()
        message = cluster.reply("sms", customer, f"{WORDS} eight", photo)
        eventually(in_hand(provider), within=20)
        assert cluster.programs["deliverer"].kill() == []
    cluster.programs["deliverer"].environ = healthy
    cluster.gone("deliverer")
    cluster.start("deliverer")

    seen = cluster.seen(message, "in_doubt")

    assert (seen["ended"], seen["reason"]["code"]) == (True, "delivery_in_doubt")
    assert seen["reason"]["sentence"].startswith("The message may or may not have reached the customer.")
    assert not cluster.twilio.phone(customer).received


def concluded(cluster: Cluster, message: str) -> list[object]:
    """The deliverer's own last word on it in its present life."""
    said = cluster.programs["deliverer"].said("event.emitted", correlation_id=message)
    return [line for line in said if ".delivery_" in line["emitted_type"]]


def test_the_recorder_dies_in_its_transaction(cluster: Cluster, links: Mapping[str, TcpProxy], photo: Path) -> None:
    """The phone has the photo long before the thread knows; then the thread knows all of it, once."""
    customer = cluster.customer()
    links["recorder"].black_hole()
    message = cluster.reply("sms", customer, f"{WORDS} nine", photo)
    phone = cluster.twilio.phone(customer)
    eventually(lambda: phone.received, within=30)
    eventually(in_hand(links["recorder"]), within=20)

    killed(cluster, "recorder", links["recorder"])

    one_copy(cluster, customer, message)
    told = cluster.trombone("explain", message).stdout
    assert [told.count(event) for event in ("reply_requested", "media_fitted", "delivery_completed")] == [1, 1, 1]


def test_the_gateway_dies_between_its_answer_and_its_publish(
    cluster: Cluster, links: Mapping[str, TcpProxy], photo: Path
) -> None:
    """The agent was told that it is safe, and it is: the sweep publishes what died with the gateway."""
    customer = cluster.customer()
    cluster.stop("auditor")
    links["gateway"].black_hole()
    message = cluster.reply("sms", customer, f"{WORDS} ten", photo)
    eventually(in_hand(links["gateway"]), within=20)

    killed(cluster, "gateway", links["gateway"])

    assert cluster.helpdesk.message(message) is None
    cluster.start("auditor")
    one_copy(cluster, customer, message)
    assert cluster.programs["auditor"].said("sweep.completed", intake=1)


def test_the_auditor_dies_in_its_sweep(cluster: Cluster, links: Mapping[str, TcpProxy], photo: Path) -> None:
    """Both doors to the broker are shut: what the gateway could not publish dies with the auditor's sweep too."""
    customer = cluster.customer()
    links["gateway"].black_hole()
    links["auditor"].black_hole()
    message = cluster.reply("sms", customer, f"{WORDS} eleven", photo)
    eventually(in_hand(links["auditor"]), within=20)

    links["gateway"].reset_once()
    killed(cluster, "auditor", links["auditor"])

    one_copy(cluster, customer, message)
    links["gateway"].heal()


def test_the_books_have_no_gap_and_no_phone_got_anything_twice(cluster: Cluster) -> None:
    """After all of this: every attachment has its end, and every sent message has an own text."""
    audited = cluster.trombone("audit")

    assert (audited.returncode, audited.stderr) == (0, "")
    assert "Gap 0" in audited.stdout
    texts = [sent.asked.body for sent in cluster.twilio.sent]
    assert len(texts) == len(set(texts)) > 10
    assert all(
        not cluster.dead_letters(queue) for queue in ("ingest.sms", "validate", "store", "deliver.sms", "record")
    )


def test_logs_tell_nobodys_secrets_even_when_everything_breaks(cluster: Cluster) -> None:
    """Errors and tracebacks included."""
    assert cluster.leaked(WORDS, "large.jpg", "unseen.jpg") == []
