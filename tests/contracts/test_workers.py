"""What workers say about themselves is what they are; what belongs together in several files agrees."""

import subprocess
import sys
from pathlib import Path

import pytest

from deliver.modules import deliver_module
from deliver.outgoing import Deliver
from ingest.incoming import Ingest
from ingest.modules import ingest_module
from schemas.flow import stations
from workers import roster
from workers.commands import docs
from workers.runtime.settings import load
from workers.runtime.topology import plan, queues_of

ROOT = Path(__file__).parents[2]
STATIONS = {station.name: station for station in stations(ROOT / "workers")}
MEDIA_WORKERS = ("fetcher", "validator", "storer", "thumbnailer", "fitter")
DATABASE_MODULES = ("sqlalchemy", "alembic", "psycopg", "sqlite3")
CHANNELS = [(channel, provider) for channel, providers in load({}).channels.items() for provider in providers]

BUILD_PORTS = """
import sys
from importlib import import_module
import_module("workers.{name}")
from workers.runtime.assemble import LivePorts
from workers.runtime.settings import load
ports = LivePorts(load({{}}))
ports.broker, ports.codec, ports.store, ports.decode, ports.fetch, ports.client, ports.links
print(*sorted({{module.partition(".")[0] for module in sys.modules}}))
"""


@pytest.mark.parametrize("worker", roster.everyone(), ids=roster.NAMES)
def test_a_workers_docstring_says_what_it_declares(worker):
    """`consumes … / emits …` in the file is what the runtime binds and allows."""
    said = STATIONS[worker.name]
    assert said.consumes == tuple(event.event_type for event in worker.handlers)
    assert said.emits == tuple(event.event_type for event in worker.emits)
    assert said.queues == worker.queues


@pytest.mark.parametrize("worker", roster.everyone(), ids=roster.NAMES)
def test_a_worker_bears_the_name_of_its_file(worker):
    """`trombone worker NAME` finds it by that name."""
    assert roster.find(worker.name) is worker


def test_every_worker_file_is_in_the_roster():
    """Nobody who emits events is forgotten when all are started."""
    assert {name for name, station in STATIONS.items() if station.emits} == set(roster.NAMES)


def test_every_worker_is_tuned_and_nobody_else():
    """`config/queues.yaml` speaks of the workers that exist."""
    assert set(load({}).queues.workers) == {*roster.NAMES, "recorder"}


def test_every_queue_has_its_worker():
    """Beside the work queues there are delays, dead letters, what is alone, the record and what nobody wants."""
    settings = load({})
    work = {queue for worker in roster.everyone() for queue in queues_of(worker, settings)}
    names = {queue.name for queue in plan(roster.everyone(), settings).queues}
    others = {name for name in names - work if not name.startswith("retry.") and not name.endswith((".dead", ".alone"))}
    assert work <= names
    assert others == {"record", "unrouted"}
    assert {name for name in names if name.endswith(".alone")} == {f"{name}.alone" for name in (*work, "record")}


def test_a_ladder_ends_before_its_stage_is_overdue():
    """What is still being tried is in flight; the books must not call it lost."""
    for name, tuning in load({}).queues.workers.items():
        assert sum(tuning.ladder) < tuning.deadline_seconds, name


@pytest.mark.parametrize("name", MEDIA_WORKERS)
def test_media_workers_never_load_a_database(name):
    """Events are their only link: one that could open it one day would."""
    ran = subprocess.run(
        [sys.executable, "-c", BUILD_PORTS.format(name=name)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = ran.stdout.split()
    assert "workers" in loaded
    assert [module for module in DATABASE_MODULES if module in loaded] == []


def test_workers_load_no_pixels():
    """Untrusted bytes are decoded in killable children alone."""
    program = "import sys\n" + "\n".join(f"import workers.{name}" for name in roster.NAMES)
    program += "\nprint(*sorted({'PIL', 'magic'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


@pytest.mark.parametrize(("channel", "provider"), CHANNELS)
def test_every_channel_of_the_settings_has_its_two_modules(channel, provider):
    """They are found by the keys of `channels.yaml`, and offer all that is asked of them."""
    for protocol, module in (
        (Ingest, ingest_module(channel, provider)),
        (Deliver, deliver_module(channel, provider)),
    ):
        offered = {name for name in (*vars(protocol), *protocol.__annotations__) if not name.startswith("_")}
        assert offered
        assert [name for name in sorted(offered) if not hasattr(module, name)] == []


def test_the_tables_of_the_readmes_are_up_to_date():
    """They are made from the source; whoever changes it runs the command."""
    wanted = docs.pages()
    assert {path: path.read_text() for path in wanted} == wanted


@pytest.mark.parametrize(
    ("page", "right", "wrong"), [("README", "fetch.<channel>", "catch.<channel>"), ("SOURCES", "| sms |", "| mms |")]
)
def test_the_check_of_the_readmes_fails_when_one_drifted(tmp_path, monkeypatch, capsys, page, right, wrong):
    """A check that cannot fail is none."""
    drifted, written = tmp_path / "README.md", getattr(docs, page).read_text()
    drifted.write_text(written.replace(right, wrong))
    monkeypatch.setattr(docs, page, drifted)
    monkeypatch.setattr(sys, "argv", ["docs", "--check"])
    assert docs.main() == 1
    assert "python -m workers.commands.docs" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["docs"])
    assert docs.main() == 0
    assert drifted.read_text() == written
