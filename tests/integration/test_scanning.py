"""Files meet a real clamd before anything decodes them."""

from io import BytesIO
from random import Random
from zipfile import ZipFile

import pytest
from msgspec.structs import replace

from schemas.media_rejected import MediaRejected
from schemas.media_validated import MediaValidated
from tests.documents import archive_claiming
from tests.images import encoded, paint
from tests.services import Clamd
from tests.services.clamd import EICAR, SIGNATURE, STREAM_MAX_BYTES
from tests.services.process import free_port
from tests.tcp_proxy import TcpProxy
from tests.workbench import bench, head, received, refusals, replying, settings
from workers.refusing import COMPANION
from workers.runtime import scanning
from workers.runtime.decoding import ForkDecoder
from workers.validator import worker

pytestmark = pytest.mark.services

PHOTO = encoded(paint((40, 30)), "JPEG")


def packed(content: bytes, depth: int = 1) -> bytes:
    """A ZIP file in a ZIP file in a …"""
    for _ in range(depth):
        outer = BytesIO()
        with ZipFile(outer, "w") as archive:
            archive.writestr("inner", content)
        content = outer.getvalue()
    return content


@pytest.fixture(scope="module")
def decoder():
    with ForkDecoder(settings().media.decode) as decoder:
        yield decoder


def scanner(url: str, max_bytes: int = STREAM_MAX_BYTES, timeout_seconds: float = 30) -> scanning.Clamd:
    return scanning.Clamd(url, max_bytes=max_bytes, timeout_seconds=timeout_seconds)


@pytest.fixture
def on(tmp_path, decoder, clamd: Clamd):
    made = bench(tmp_path, decoder)
    made.scan = scanner(clamd.url)
    yield made
    made.database.close()


@pytest.mark.parametrize("content", [PHOTO, packed(PHOTO), b"Good morning"], ids=["photo", "archive", "text"])
def test_a_clean_file_passes(on, content):
    """Without a remark."""
    (file,) = on.run(worker, received(on, head(), content)).only(MediaValidated).attachments
    assert [one.code for one in file.warnings if one.code in ("not_scanned", "released_by_operator")] == []


@pytest.mark.parametrize("content", [EICAR, packed(EICAR), packed(EICAR, 3)], ids=["plain", "zip", "zips"])
def test_a_harmful_file_is_refused_with_its_signature(on, content):
    """Before anything decodes it; the bytes stay in quarantine for an operator."""
    media = received(on, head(), content)
    (refused,) = on.run(worker, media).only(MediaRejected).attachments
    assert (refused.reason.code, refused.reason.provider_text) == ("malware_found", SIGNATURE)
    assert on.decode.calls["run"] == 0
    assert on.content(media.attachments[0].object_key) == content


def test_one_harmful_file_ends_the_whole_reply(on):
    """Nothing of it leaves."""
    rejected = on.run(worker, received(on, replying("look"), PHOTO, EICAR)).only(MediaRejected)
    assert refusals(rejected) == [(0, COMPANION.code), (1, "malware_found")]
    assert rejected.reply_refused


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (packed(PHOTO, 9), "Heuristics.Limits.Exceeded.MaxRecursion"),
        (Random(1).randbytes(STREAM_MAX_BYTES + 1), f"larger than {STREAM_MAX_BYTES} bytes"),
    ],
    ids=["too deep", "too large"],
)
def test_what_cannot_be_looked_through_is_not_clean(on, content, why):
    """It is refused, with the limit's name."""
    (refused,) = on.run(worker, received(on, head(), content)).only(MediaRejected).attachments
    assert (refused.reason.code, refused.reason.provider_text) == ("not_scanned", why)


def test_a_large_file_in_an_archive_is_not_clean(on):
    """clamd leaves out what is above its own limit, and says OK."""
    media = received(on, head(), archive_claiming(settings().media.scan.max_bytes + 1))
    (refused,) = on.run(worker, media).only(MediaRejected).attachments
    assert (refused.reason.code, refused.reason.provider_text) == (
        "not_scanned",
        "holds a file larger than 104857600 bytes",
    )


def test_a_policy_may_let_it_pass_with_a_warning(on):
    """Whoever takes large files may say so; the agent is told."""
    media = settings().media
    on.settings = on.settings.model_copy(
        update={"media": media.model_copy(update={"scan": media.scan.model_copy(update={"unscanned": "pass"})})}
    )
    deep = packed(PHOTO, 9)
    (file,) = on.run(worker, received(on, head(), deep)).only(MediaValidated).attachments
    assert file.warnings[0].code == "not_scanned"


def test_a_stream_that_clamd_hangs_up_on_is_not_clean(on, clamd):
    """Where our own limit is set too high, its limit counts."""
    on.scan = scanner(clamd.url, max_bytes=100_000_000)
    large = Random(1).randbytes(2 * STREAM_MAX_BYTES)
    run = on.run(worker, received(on, head(), large))
    verdict = run.messages[0].headers.get("x-error-code") or run.only(MediaRejected).attachments[0].reason.code
    assert verdict in ("not_scanned", "scanner_unavailable")  # the kernel may drop its last words


def test_a_scanner_that_is_away_delays_and_then_refuses(on):
    """Nothing passes unseen, and nothing waits forever."""
    on.scan = scanner(f"tcp://127.0.0.1:{free_port()}")
    media = received(on, head(), PHOTO)
    assert on.run(worker, media).retry == ("scanner_unavailable", 1)
    rejected = on.run(worker, media, attempt=4).only(MediaRejected)
    assert refusals(rejected) == [(0, "scanner_unavailable")]


def test_a_scanner_that_says_nothing_is_away(on, clamd):
    """After its time is over."""
    with TcpProxy(clamd.url) as link:
        on.scan = scanner(link.url, timeout_seconds=0.3)
        link.black_hole()
        assert on.run(worker, received(on, head(), PHOTO)).retry == ("scanner_unavailable", 1)


def test_an_operator_lets_a_file_pass(on):
    """The mark goes with the file, and the agent is warned."""
    media = received(on, head(), EICAR)
    marked = replace(media, attachments=[replace(one, released_by="kim") for one in media.attachments])
    (file,) = on.run(worker, marked).only(MediaValidated).attachments
    assert (file.released_by, file.warnings[0].code) == ("kim", "released_by_operator")


def test_a_scanner_tells_its_version(clamd):
    """For `trombone check`."""
    assert scanner(clamd.url).version().startswith("ClamAV ")
