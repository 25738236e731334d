"""Jobs that do what a broken or hijacked decoder does. The fork server of the tests is started for this module."""

import ctypes
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path

from msgspec import Struct

from schemas.reason import Reason, Refused


class Word(Struct):
    text: str = ""


class Number(Struct):
    number: int


def echo(params: Word, source: Path, workdir: Path) -> Word:
    return Word(params.text + source.read_text())


class Threaded(Struct):
    @property
    def may_thread(self) -> bool:
        return True


def processes(params: Word, source: Path, workdir: Path) -> Word:
    return Word(str(resource.getrlimit(resource.RLIMIT_NPROC)[1]))


def processes_of_a_threaded_decoder(params: Threaded, source: Path, workdir: Path) -> Word:
    return Word(str(resource.getrlimit(resource.RLIMIT_NPROC)[1]))


def environment(params: Word, source: Path, workdir: Path) -> Word:
    return Word(",".join(sorted(os.environ)))


def imported(params: Word, source: Path, workdir: Path) -> Word:
    return Word("yes" if params.text in sys.modules else "no")


def refuse(params: Word, source: Path, workdir: Path) -> Word:
    raise Refused(Reason(code="too_many_pixels", sentence="Too big.", actual=9, limit=1))


def fail(params: Word, source: Path, workdir: Path) -> Word:
    raise ZeroDivisionError("the customer's name is in this text")


def segfault(params: Word, source: Path, workdir: Path) -> Word:
    ctypes.string_at(0)
    return Word()


def exit_quietly(params: Word, source: Path, workdir: Path) -> Word:
    os._exit(0)


def killed(params: Word, source: Path, workdir: Path) -> Word:
    os.kill(os.getpid(), signal.SIGKILL)
    return Word()


def hang(params: Word, source: Path, workdir: Path) -> Word:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    (workdir / "pid").write_text(str(os.getpid()))
    (workdir / "half-written").write_bytes(b"half")
    while True:
        time.sleep(60)


def spin(params: Word, source: Path, workdir: Path) -> Word:
    while True:
        pass


def touch_memory(params: Word, source: Path, workdir: Path) -> Word:
    """And count for a while: a hundred megabytes of huge pages alone are touched in no time that is measured."""
    raise ZeroDivisionError(len(b"x" * 100_000_000) + sum(range(2_000_000)))


def eat_memory(params: Word, source: Path, workdir: Path) -> Word:
    hoard = []
    while True:
        hoard.append(bytes(10_000_000))


def write_endlessly(params: Word, source: Path, workdir: Path) -> Word:
    with (workdir / "big").open("wb") as file:
        while True:
            file.write(bytes(1_000_000))


def answer_endlessly(params: Word, source: Path, workdir: Path) -> Word:
    answers = socket.socket(fileno=3)
    while True:
        answers.send(b'{"type":"Result","value":{"text":"again"}}')


def answer_nonsense(params: Word, source: Path, workdir: Path) -> Word:
    socket.socket(fileno=3).send(b"\xff\x00 nonsense")
    time.sleep(60)
    return Word()


def answer_too_long(params: Word, source: Path, workdir: Path) -> Word:
    return Word("x" * 1_000_000)


def answer_another_shape(params: Word, source: Path, workdir: Path) -> Word:
    return Word("no number here")


def leave_a_link(params: Word, source: Path, workdir: Path) -> Word:
    (workdir / "result.jpg").symlink_to("/etc/passwd")
    return Word("result.jpg")


def read_elsewhere(params: Word, source: Path, workdir: Path) -> Word:
    return Word(Path("/etc/passwd").read_text()[:10])


def write_elsewhere(params: Word, source: Path, workdir: Path) -> Word:
    (workdir.parent / "elsewhere").write_text("gotcha")
    return Word()


def call_home(params: Word, source: Path, workdir: Path) -> Word:
    host, port = params.text.split(":")
    with socket.create_connection((host, int(port)), timeout=2):
        return Word("connected")


def kill_the_server(params: Word, source: Path, workdir: Path) -> Word:
    """Once: the second child finds the note of the first."""
    note = workdir / "killed-once"
    if not note.exists():
        note.write_text("yes")
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return Word("second chance")


def leave_a_child_behind(params: Word, source: Path, workdir: Path) -> Word:
    """As a hijacked decoder would, to go on when its time is over."""
    if os.fork() == 0:
        (workdir / "pid").write_text(str(os.getpid()))
        time.sleep(60)
        os._exit(0)
    while not (workdir / "pid").exists():
        time.sleep(0.001)
    return Word("done")
