# ruff: noqa: T201 - a benchmark prints
"""
Peak memory of every process while files pass through: each worker on its own, on a real broker, store and database.

A photo of 12 megapixels and about 10 MB, then an archive of 25 MB, in by webchat and out again; a PNG that weighs half
a megabyte and would be 530 MB in memory; a document of 100 MB, in from WhatsApp and out again, and a film of 90 MB by
webchat, under a policy that lets them in. Each meets processes that have just been started. What decodes is a child of
its own, and is measured apart.

    python -m tests.benchmarks.memory [photo archive flood document film]
"""

import argparse
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from secrets import token_hex

import yaml

from tests.benchmarks.table import Table
from tests.clips import noise_film
from tests.integration.cluster import ACCOUNT, Cluster
from tests.integration.program import ROOT, Program, descendants
from tests.services import S3, Postgres, Rabbit
from tests.services.postgres import database
from tests.services.s3 import bucket
from workers.demo.photos import flooding_png
from workers.sandbox.scene import camera_scene
from workers.sandbox.whatsapp import SandboxWhatsApp

PEERS: tuple[str, ...] = ()
ARCHIVE_BYTES = 25_000_000
FLOOD_SIDE = 13_300
DOCUMENT_BYTES = 99_900_000
FILM_BYTES = 90_000_000
LARGEST_BYTES = 100_000_000
"""What WhatsApp carries; the policy of the last two cases lets as much in everywhere."""


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


def document(folder: Path) -> Path:
    path = folder / "document.docx"
    with zipfile.ZipFile(path, "w") as packed:
        for name in ("[Content_Types].xml", "word/document.xml"):
            packed.writestr(name, b"<x/>")
        with packed.open("word/media/noise.bin", "w") as part:
            for _ in range(DOCUMENT_BYTES // 1_000_000):
                part.write(Random(1).randbytes(1_000_000))
    return path


def film(folder: Path) -> Path:
    path = folder / "film.mp4"
    noise_film(path, FILM_BYTES)
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


def large_both_ways(cluster: Cluster, path: Path) -> None:
    """As `both_ways`, and through WhatsApp where it takes as much."""
    generous(cluster)
    if path.suffix != ".docx":
        cluster.start(*cluster.programs)
        both_ways(cluster, path)
        return
    with whatsapp(cluster) as phones:
        cluster.start(*cluster.programs)
        phones.customer_sends("+14155550101", "in", [path])
        (file,) = cluster.shown_from("+14155550101")["attachments"]
        assert file["reason"] is None, file
        assert len(cluster.helpdesk.download(file["url"])) == path.stat().st_size
        cluster.seen(cluster.reply("whatsapp", "+14155550101", "out", path), "sent", "delivered", "read")


def generous(cluster: Cluster) -> None:
    """Stop everybody and write a policy that lets large files in; whoever starts then follows it."""
    cluster.stop(*cluster.programs)
    channels = yaml.safe_load((ROOT / "config" / "channels.yaml").read_text())
    webchat = channels["webchat"]["webchat"]
    webchat["inbound"]["max_file_bytes"]["value"] = LARGEST_BYTES
    for kind in webchat["outbound"]["kinds"].values():
        kind["max_bytes"]["value"] = LARGEST_BYTES
    media = yaml.safe_load((ROOT / "config" / "renditions.yaml").read_text()) | {"max_upload_bytes": LARGEST_BYTES}
    for name, content in (("channels", channels), ("renditions", media)):
        (cluster.folder / "config" / f"{name}.yaml").write_text(yaml.safe_dump(content))


@contextmanager
def whatsapp(cluster: Cluster) -> Iterator[SandboxWhatsApp]:
    """A loopback WhatsApp that the account is connected to."""
    phones = SandboxWhatsApp(
        token_hex(16), token_hex(16), f"{cluster.url}/webhooks/whatsapp/meta", cluster.folder / "whatsapp"
    )
    with phones:
        path = cluster.folder / "config" / "accounts.yaml"
        accounts = yaml.safe_load(path.read_text())
        accounts[ACCOUNT]["channels"]["whatsapp"] = [phones.connection()]
        path.write_text(yaml.safe_dump(accounts))
        allowed = [cluster.environ["TROMBONE_FETCH_ALLOW"], *phones.fetch_allow]
        cluster.environ["TROMBONE_FETCH_ALLOW"] = ",".join(allowed)
        for program in cluster.programs.values():
            program.environ = cluster.environ
        yield phones


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


def measure(names: Sequence[str] = ()) -> dict[str, Spent]:
    found: dict[str, Spent] = {}
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = [stack.enter_context(kind()) for kind in (Rabbit, S3, Postgres)]
        for make, pass_through in CASES:
            if names and make.__name__ not in names:
                continue
            path = make(scratch)
            with running(scratch / make.__name__, *servers) as cluster:
                found.setdefault("idle", spent(cluster))
                pass_through(cluster, path)
                found[f"{make.__name__}, {path.stat().st_size / 1e6:.1f} MB"] = spent(cluster)
    return found


CASES: tuple[tuple[Callable[[Path], Path], Callable[[Cluster, Path], None]], ...] = (
    (photo, both_ways),
    (archive, both_ways),
    (flood, refused),
    (document, large_both_ways),
    (film, large_both_ways),
)


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Peaks do not depend on who else is busy, so one round is enough."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.memory")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="all of them without a name")
    parser.add_argument("--rounds", help="as for the other benchmarks; of no use here")
    for table in report(measure(parser.parse_args(arguments).cases)):
        table.show()
        print()


if __name__ == "__main__":
    main()
