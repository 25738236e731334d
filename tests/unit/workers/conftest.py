"""The parts that the tests of all workers share."""

from collections.abc import Iterator

import pytest

from tests.workbench import Bench, bench, settings
from workers.runtime.decoding import ForkDecoder
from workers.runtime.decoding.slow import TRANSCODE


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
