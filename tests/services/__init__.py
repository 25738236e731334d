"""
Real servers for the tests: a private RabbitMQ, S3 server, PostgreSQL, Dovecot and clamd, on free loopback ports.

    python -m tests.services up

starts one set that many test runs share. A test that breaks a server starts its own: `with Rabbit() as rabbit: …`.
"""

from tests.services.clamd import Clamd
from tests.services.dovecot import Dovecot
from tests.services.missing import ServiceMissing
from tests.services.postgres import Postgres
from tests.services.rabbit import Rabbit
from tests.services.rabbit_api import RabbitApi
from tests.services.s3 import S3

__all__ = ["S3", "Clamd", "Dovecot", "Postgres", "Rabbit", "RabbitApi", "ServiceMissing"]
