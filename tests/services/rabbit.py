"""A private RabbitMQ node from Debian's package (3.10) or any other installation."""

import os
import secrets
import subprocess

from tests.services.missing import program
from tests.services.process import LOOPBACK, Server, free_port, tied_to_us
from tests.services.rabbit_api import RabbitApi

PLACES = ("/usr/lib/rabbitmq/bin",)
"""Debian's /usr/sbin/rabbitmqctl switches to the user rabbitmq and its own cookie when root calls it: go past it."""
INSTALL = "apt-get install rabbitmq-server"
USER = "trombone"
PASSWORD = "trombone"


class Rabbit(Server):
    name = "rabbitmq"

    def __init__(self, **settings: int) -> None:
        """`settings` are the broker's own, by their Erlang names; not all of them may stand in rabbitmq.conf."""
        self._settings = "".join(f" -rabbit {name} {value}" for name, value in settings.items())
        self._server = program("rabbitmq-server", *PLACES, install=INSTALL)
        self._epmd_program = program("epmd", install=INSTALL)
        super().__init__()
        self.port, self._api_port, self._dist_port, self._epmd_port = (free_port() for _ in range(4))
        self._epmd: subprocess.Popen[bytes] | None = None
        self._environ = self._configure()

    @property
    def url(self) -> str:
        return f"amqp://{USER}:{PASSWORD}@{LOOPBACK}:{self.port}/%2F"

    @property
    def api(self) -> RabbitApi:
        return RabbitApi(f"http://{USER}:{PASSWORD}@{LOOPBACK}:{self._api_port}", self.url)

    def start(self) -> None:
        if self._epmd is None:
            self._epmd = self._start_epmd()
        # Without this variable a shell stays in between, and killing that would not kill the broker.
        self._spawn([self._server], {**self._environ, "RUNNING_UNDER_SYSTEMD": "1"})
        self._wait_until_up(self.api.is_alive)

    def close(self) -> None:
        super().close()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()

    def ctl(self, *arguments: str, timeout: float = 60.0) -> str:
        """Run `rabbitmqctl`: a second or two, because it starts an Erlang machine. `api` is faster."""
        done = subprocess.run(
            [self._server.with_name("rabbitmqctl"), "--quiet", *arguments],
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self._environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {' '.join(arguments)}: {done.stderr}{done.stdout}")
        return done.stdout

    def _configure(self) -> dict[str, str]:
        """Node name, ports, cookie and folders of our own; nothing listens on anything but loopback."""
        config = self.folder / "rabbitmq.conf"
        config.write_text(
            f"listeners.tcp.1 = {LOOPBACK}:{self.port}\n"
            f"management.tcp.ip = {LOOPBACK}\nmanagement.tcp.port = {self._api_port}\n"
            "management_agent.disable_metrics_collector = true\n"
            f"default_user = {USER}\ndefault_pass = {PASSWORD}\n"
            "loopback_users = none\nlog.file.level = warning\n"
        )
        # Only to make a fresh virtual host per test in milliseconds.
        plugins = self.folder / "enabled_plugins"
        plugins.write_text("[rabbitmq_management].\n")
        cookie = self.folder / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        return {
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"{self.folder.name}@localhost",
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "none.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "generated"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}" + self._settings,
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
        }

    def _start_epmd(self) -> subprocess.Popen[bytes]:
        """Started by us, so that we can end it: the one that Erlang starts by itself stays for ever."""
        return subprocess.Popen(
            tied_to_us([self._epmd_program, "-port", str(self._epmd_port), "-address", LOOPBACK]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
