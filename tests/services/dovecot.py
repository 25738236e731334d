"""A private Dovecot from Debian's packages: IMAP and LMTP, every user exists and has the same password."""

import grp
import imaplib
import os
import pwd
import smtplib

from tests.services.missing import program
from tests.services.process import LOOPBACK, Server, free_port

INSTALL = "apt-get install dovecot-imapd dovecot-lmtpd"
PASSWORD = "secret"
CONFIG = """
protocols = imap lmtp
listen = {loopback}
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={internal} gid={group} home={folder}/mail/%u allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = {loopback}
    port = {lmtp_port}
  }}
}}
service anvil {{
  chroot =
}}
recipient_delimiter = +
protocol lmtp {{
  postmaster_address = postmaster@shop.example
}}
"""


class Dovecot(Server):
    name = "dovecot"

    def __init__(self) -> None:
        self._dovecot = program("dovecot", "/usr/sbin", install=INSTALL)
        program("lmtp", "/usr/lib/dovecot", install=INSTALL)
        super().__init__()
        self.imap_port, self.lmtp_port = free_port(), free_port()
        internal, login = ("dovecot", "dovenull") if os.geteuid() == 0 else (me(), me())
        self.folder.chmod(0o755)
        mail = self.folder / "mail"
        mail.mkdir()
        if os.geteuid() == 0:
            entry = pwd.getpwnam(internal)
            os.chown(mail, entry.pw_uid, entry.pw_gid)
        (self.folder / "dovecot.conf").write_text(
            CONFIG.format(
                loopback=LOOPBACK,
                folder=self.folder,
                internal=internal,
                group=grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name,
                login=login,
                password=PASSWORD,
                imap_port=self.imap_port,
                lmtp_port=self.lmtp_port,
            )
        )

    def start(self) -> None:
        self._spawn([self._dovecot, "-F", "-c", self.folder / "dovecot.conf"], {"HOME": str(self.folder)})
        self._wait_until_up(self._answers)

    def close(self) -> None:
        """Politely: its workers are children of its own."""
        self.stop()
        super().close()

    def login(self, user: str) -> imaplib.IMAP4:
        """A plain client for tests that look behind our back."""
        client = imaplib.IMAP4(LOOPBACK, self.imap_port)
        client.login(user, PASSWORD)
        return client

    def deliver(self, user: str, raw: bytes) -> None:
        """Into the user's mailbox, over LMTP."""
        with smtplib.LMTP(LOOPBACK, self.lmtp_port) as lmtp:
            lmtp.sendmail("someone@customer.example", [user], raw)

    def _answers(self) -> bool:
        try:
            self.login("probe").logout()
            with smtplib.LMTP(LOOPBACK, self.lmtp_port) as lmtp:
                return lmtp.noop()[0] == 250
        except (OSError, imaplib.IMAP4.error, smtplib.SMTPException):
            return False


def me() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name
