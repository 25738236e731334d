"""The parts that the tests of all workers share."""

from collections.abc import Iterator

import pytest

from tests.workbench import SHOP, SID, TOKEN, Bench, bench, settings
from workers.runtime.decoding import ForkDecoder
from workers.runtime.decoding.slow import TRANSCODE
from workers.sandbox.twilio import SandboxTwilio


@pytest.fixture(scope="session")
def decoder() -> Iterator[ForkDecoder]:
    media = settings().media
    with ForkDecoder(media.decode, slow={TRANSCODE: media.transcode}) as decoder:
        yield decoder


@pytest.fixture
def on(tmp_path, decoder) -> Iterator[Bench]:
    """A bench with settings as they are shipped."""
    made = bench(tmp_path, decoder)
    yield made
    made.database.close()


@pytest.fixture
def twilio(tmp_path) -> Iterator[SandboxTwilio]:
    """Twilio, with our shop's number."""
    with SandboxTwilio(SID, TOKEN, "http://127.0.0.1:9/nobody", tmp_path / "phones", numbers=[SHOP]) as twilio:
        yield twilio
