"""A private clamd from Debian's package. All it knows is the industry's own test file; nothing is downloaded."""

import socket

from tests.services.missing import program
from tests.services.process import LOOPBACK, Server, free_port

INSTALL = "apt-get install clamav-daemon"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"
"""In two pieces, so that no scanner minds this file."""
SIGNATURE = "Local.Test.File.UNOFFICIAL"
STREAM_MAX_BYTES = 2 * 1024 * 1024
CONFIG = """
Foreground yes
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
TCPAddr {loopback}
TCPSocket {port}
StreamMaxLength {stream_max_bytes}
AlertExceedsMax yes
MaxRecursion 5
MaxThreads 2
"""


class Clamd(Server):
    name = "clamd"

    def __init__(self) -> None:
        self._clamd = program("clamd", "/usr/sbin", install=INSTALL)
        super().__init__()
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"tcp://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        signatures = self.folder / "signatures"
        signatures.mkdir(exist_ok=True)
        (signatures / "local.ndb").write_text(f"Local.Test.File:0:0:{EICAR.hex()}\n")
        config = self.folder / "clamd.conf"
        config.write_text(
            CONFIG.format(folder=self.folder, loopback=LOOPBACK, port=self.port, stream_max_bytes=STREAM_MAX_BYTES)
        )
        self._spawn([self._clamd, "--config-file", config], {"HOME": str(self.folder)})
        self._wait_until_up(self._answers)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), 2) as connection:
                connection.sendall(b"zPING\0")
                return connection.recv(16) == b"PONG\0"
        except OSError:
            return False
