"""
Fixtures that every test may use.

`…_url` of a server: real, private, one per session (or the one that `TROMBONE_TEST_…_URL` names). Tests keep apart by
`vhost_url`, `bucket_url` and `database_url`, fresh for each test. A test that breaks a server takes `own_rabbitmq`,
`own_s3` or `own_postgres`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from tests.services import S3, Clamd, Dovecot, Postgres, Rabbit, RabbitApi, ServiceMissing
from tests.services.missing import may_skip
from tests.services.postgres import database
from tests.services.process import Server
from tests.services.s3 import bucket

S = TypeVar("S", bound=Server)


@contextmanager
def running(kind: Callable[[], S]) -> Iterator[S]:
    try:
        server = kind()
    except ServiceMissing as missing:
        if may_skip():
            pytest.skip(str(missing))
        pytest.fail(str(missing), pytrace=False)
    with server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq_api() -> Iterator[RabbitApi]:
    if url := os.environ.get("TROMBONE_TEST_RABBITMQ_URL"):
        yield RabbitApi(os.environ["TROMBONE_TEST_RABBITMQ_API_URL"], url)
        return
    with running(Rabbit) as rabbit:
        yield rabbit.api


@pytest.fixture(scope="session")
def rabbitmq_url(rabbitmq_api: RabbitApi) -> str:
    return rabbitmq_api.amqp_url


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    if url := os.environ.get("TROMBONE_TEST_S3_URL"):
        yield url
        return
    with running(S3) as s3:
        yield s3.url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if url := os.environ.get("TROMBONE_TEST_POSTGRES_URL"):
        yield url
        return
    with running(Postgres) as postgres:
        yield postgres.url


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Up in a moment, so that each session has its own; tests keep apart by user."""
    with running(Dovecot) as server:
        yield server


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    """Up in a moment, like Dovecot."""
    with running(Clamd) as server:
        yield server


@pytest.fixture
def vhost_url(rabbitmq_api: RabbitApi) -> Iterator[str]:
    with rabbitmq_api.vhost() as url:
        yield url


@pytest.fixture
def bucket_url(s3_url: str) -> Iterator[str]:
    with bucket(s3_url) as url:
        yield url


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    with database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
def own_rabbitmq() -> Iterator[Rabbit]:
    with running(Rabbit) as rabbit:
        yield rabbit


@pytest.fixture(scope="module")
def own_s3() -> Iterator[S3]:
    with running(S3) as s3:
        yield s3


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    with running(Postgres) as postgres:
        yield postgres
