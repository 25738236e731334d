# ruff: noqa: T201 - a benchmark prints
"""
Peak memory of every process while files pass through: each worker on its own, on a real broker, store and database.

A photo of 12 megapixels and about 10 MB, then an archive of 25 MB, in by webchat and out again; each meets processes
that have just been started. What decodes is a child of its own, and is measured apart. Last, a PNG that weighs half a
megabyte and would be 530 MB in memory.
"""

import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.benchmarks.table import Table
from tests.integration.cluster import Cluster
from tests.integration.program import Program, descendants
from tests.services import S3, Postgres, Rabbit
from tests.services.postgres import database
from tests.services.s3 import bucket
from workers.demo.photos import flooding_png
from workers.sandbox.scene import camera_scene

PEERS: tuple[str, ...] = ()
ARCHIVE_BYTES = 25_000_000
FLOOD_SIDE = 13_300


@dataclass(frozen=True)
class Child:
    job: str
    peak_mib: float
    cpu_ms: int


@dataclass(frozen=True)
class Spent:
    """`peaks` are MiB by process, `children` what a worker had decoded."""

    peaks: dict[str, float] = field(default_factory=dict)
    children: dict[str, list[Child]] = field(default_factory=dict)


def photo(folder: Path) -> Path:
    path = folder / "photo.jpg"
    path.write_bytes(camera_scene(orientation=6, quality=99))
    return path


def archive(folder: Path) -> Path:
    path = folder / "archive.zip"
    noise = Random(1)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("noise", noise.randbytes(ARCHIVE_BYTES - 1000))
    return path


def flood(folder: Path) -> Path:
    path = folder / "flood.png"
    path.write_bytes(flooding_png(FLOOD_SIDE))
    return path


@contextmanager
def running(folder: Path, rabbit: Rabbit, s3: S3, postgres: Postgres) -> Iterator[Cluster]:
    folder.mkdir()
    with ExitStack() as stack:
        urls = (
            stack.enter_context(rabbit.api.vhost()),
            stack.enter_context(bucket(s3.url)),
            stack.enter_context(database(postgres.url)),
        )
        yield stack.enter_context(Cluster(folder, *urls))


def both_ways(cluster: Cluster, path: Path) -> None:
    """In from a visitor, and out to the same one; a photo also by SMS, which needs it made smaller."""
    visitor = cluster.visitor()
    cluster.seen(visitor.send("in", [path]), "shown")
    sent = cluster.reply("webchat", visitor.contact, "out", path)
    cluster.seen(sent, "sent")
    visitor.look()
    cluster.seen(sent, "delivered")
    if path.suffix == ".jpg":
        cluster.seen(cluster.reply("sms", cluster.customer(), "out", path), "delivered")


def refused(cluster: Cluster, path: Path) -> None:
    visitor = cluster.visitor()
    message = cluster.seen(visitor.send("in", [path]), "shown")
    assert message["attachments"][0]["reason"]["code"] == "too_many_pixels"


def spent(cluster: Cluster) -> Spent:
    found = Spent()
    for program in cluster.programs.values():
        found.peaks[program.name] = peak_mib(program.pid)
        for server in descendants(program.pid):
            found.peaks[f"{program.name}'s fork server"] = peak_mib(server)
        found.children[program.name] = list(children(program))
    return found


def peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def children(program: Program) -> Iterator[Child]:
    """What the fork server says about each child when it has ended (wait4)."""
    for line in program.said("decoding.ended"):
        yield Child(line["job"].rpartition(":")[2], line["peak_kib"] / 1024, line["cpu_ms"])


def measure() -> dict[str, Spent]:
    found: dict[str, Spent] = {}
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = [stack.enter_context(kind()) for kind in (Rabbit, S3, Postgres)]
        for make, pass_through in ((photo, both_ways), (archive, both_ways), (flood, refused)):
            path = make(scratch)
            with running(scratch / make.__name__, *servers) as cluster:
                found.setdefault("idle", spent(cluster))
                pass_through(cluster, path)
                found[f"{make.__name__}, {path.stat().st_size / 1e6:.1f} MB"] = spent(cluster)
    return found


def report(found: dict[str, Spent]) -> Iterable[Table]:
    parents = Table("peak MiB of", *found)
    for name in sorted({name for one in found.values() for name in one.peaks}):
        parents.add(name, *(f"{one.peaks[name]:.0f}" if name in one.peaks else "-" for one in found.values()))
    yield parents
    decoding = Table("decoding children", "file", "job", "peak MiB", "CPU ms")
    for case, one in found.items():
        for name, each in one.children.items():
            for child in each:
                decoding.add(name, case, child.job, f"{child.peak_mib:.0f}", f"{child.cpu_ms}")
    yield decoding


def main(_arguments: Sequence[str] | None = None) -> None:
    """Peaks do not depend on who else is busy, so once is enough."""
    for table in report(measure()):
        table.show()
        print()


if __name__ == "__main__":
    main()
