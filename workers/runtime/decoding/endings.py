"""How a job can end, and the sentence an agent reads when it ends badly."""

import signal
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from schemas.reason import Reason, Refused
from workers.runtime.forking.messages import Answer, Failure, Refusal, Result

UNHEARD = 255
"""Stands for an exit code that never arrived."""

log = structlog.get_logger()


class Limits(Protocol):
    @property
    def timeout_seconds(self) -> float: ...
    @property
    def memory_bytes(self) -> int: ...


@dataclass(frozen=True)
class Ending:
    """`code` is the exit code, minus the signal, or None when nobody saw the end; then the costs are not known."""

    answer: Answer | None
    code: int | None
    timed_out: bool = False
    peak_kib: int = 0
    cpu_ms: int = 0


def judge(ending: Ending, *, job: str, limits: Limits) -> bytes:
    """The result's JSON. Raises Refused for every other ending."""
    answer, code = ending.answer, ending.code
    if ending.timed_out or code == -signal.SIGXCPU:
        raise _timed_out(job, limits.timeout_seconds)
    if code == -signal.SIGKILL or (isinstance(answer, Failure) and answer.out_of_memory):
        raise _out_of_memory(job, limits.memory_bytes)
    if code != 0 or answer is None:
        raise crashed(job, f"exit code {code}")
    if isinstance(answer, Failure):
        raise crashed(job, answer.error)
    if isinstance(answer, Refusal):
        raise Refused(answer.reason)
    assert isinstance(answer, Result)
    return bytes(answer.value)


def check_files(workdir: Path, output_bytes: int) -> None:
    """Only regular files of a sane size are results: a hijacked child must not hand us a link to somewhere else."""
    total = 0
    for path in workdir.iterdir():
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode) or state.st_nlink != 1:
            raise crashed("files", "left something that is not a file")
        total += state.st_size
    if total > output_bytes:
        raise crashed("files", "wrote too much")


def crashed(job: str, error: str) -> Refused:
    log.warning("decoding.failed", job=job, code="decoder_crashed", error=error)
    return Refused(
        Reason(
            code="decoder_crashed",
            sentence="The file broke the program that reads it, so it cannot be used. Ask for it in another format.",
        )
    )


def _timed_out(job: str, seconds: float) -> Refused:
    log.warning("decoding.failed", job=job, code="decode_timed_out")
    return Refused(
        Reason(
            code="decode_timed_out",
            sentence=f"Reading the file took longer than {seconds:g} seconds. Ask for a smaller or simpler version.",
            limit=seconds,
        )
    )


def _out_of_memory(job: str, memory_bytes: int) -> Refused:
    log.warning("decoding.failed", job=job, code="decode_out_of_memory")
    return Refused(
        Reason(
            code="decode_out_of_memory",
            sentence="Reading the file needs more memory than is allowed. Ask for a smaller version.",
            limit=memory_bytes,
        )
    )
