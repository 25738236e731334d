"""What several modules start."""

from collections.abc import Iterator

import pytest

from tests.integration.cluster import Cluster, own_servers
from tests.services import RabbitApi


@pytest.fixture(scope="module")
def cluster(
    rabbitmq_api: RabbitApi, s3_url: str, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Every worker a process of its own, on servers of the module's own."""
    with (
        own_servers(rabbitmq_api, s3_url, postgres_url) as servers,
        Cluster(tmp_path_factory.mktemp("cluster"), *servers) as cluster,
    ):
        yield cluster
