"""`python -m tests.services up`: one set of servers for many test runs, until SIGTERM or SIGINT."""

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.services import S3, Postgres, Rabbit

ENV_FILE = Path("/tmp/trombone-services.env")


def up(env_file: Path) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as servers:
        rabbit = servers.enter_context(Rabbit())
        s3 = servers.enter_context(S3())
        postgres = servers.enter_context(Postgres())
        variables = {
            "TROMBONE_TEST_RABBITMQ_URL": rabbit.url,
            "TROMBONE_TEST_RABBITMQ_API_URL": rabbit.api.url,
            "TROMBONE_TEST_S3_URL": s3.url,
            "TROMBONE_TEST_POSTGRES_URL": postgres.url,
        }
        with env_file.open("x") as file:  # another set's file stays its own
            file.writelines(f"export {name}='{value}'\n" for name, value in variables.items())
        servers.callback(env_file.unlink, missing_ok=True)
        sys.stderr.write(f"up: source {env_file}\n")
        signal.pause()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.services", description=__doc__)
    parser.add_argument("command", choices=["up"])
    parser.add_argument("--env-file", type=Path, default=ENV_FILE)
    arguments = parser.parse_args()
    try:
        up(arguments.env_file)
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
