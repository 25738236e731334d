"""The worker's side of the fork server: run a job, wait for its end, and turn every bad end into a refusal."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from socket import AF_UNIX, SHUT_WR, SOCK_SEQPACKET, socket, socketpair
from types import TracebackType
from typing import Protocol, Self, TypeVar

import structlog
from msgspec import DecodeError, Raw, Struct, ValidationError, json

from schemas.decoders import decoder
from schemas.reason import Reason, Refused
from workers.runtime.decoding import endings
from workers.runtime.decoding.endings import UNHEARD, Ending
from workers.runtime.decoding.jobs import job_modules
from workers.runtime.decoding.link import DecoderUnavailable, Link, LinkLost
from workers.runtime.forking.messages import PACKET_BYTES, Answer, Ended, Order, decode_said

__all__ = ["DecodeLimits", "DecoderUnavailable", "ForkDecoder"]

R = TypeVar("R", bound=Struct)
log = structlog.get_logger()

_KILL_SECONDS = 5.0
"""How long a killed child may take to be gone before its whole server is killed."""


class DecodeLimits(Protocol):
    """What `workers.runtime.settings.DecodeLimits` holds; nothing else of the settings is needed here."""

    @property
    def timeout_seconds(self) -> float: ...
    @property
    def memory_bytes(self) -> int: ...
    @property
    def output_bytes(self) -> int: ...


class ForkDecoder:
    """
    Implements `workers.runtime.ports.Decoder`; any number of threads may run jobs at once.

    The server starts with the first job and again whenever it is gone; `start` does it ahead of time.
    """

    def __init__(
        self,
        limits: DecodeLimits,
        *,
        slow: Mapping[str, DecodeLimits] | None = None,
        modules: tuple[str, ...] | None = None,
    ) -> None:
        """`slow` are the jobs that have limits of their own, `modules` those with jobs: by default all."""
        self._limits = limits
        self._slow = slow or {}
        self._modules = job_modules() if modules is None else modules
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> Link:
        """Raises DecoderUnavailable when the server cannot be started."""
        with self._lock:
            if self._closed:
                raise DecoderUnavailable("the decoder is closed")
            if self._link is None or not self._link.is_alive():
                if self._link is not None:
                    self._link.close()
                    log.warning("decoder.lost")
                self._link = Link.open(self._modules)
                log.info("decoder.started", jobs=self._modules, confinement_missing=self._link.without)
            return self._link

    def close(self) -> None:
        """Kill the server and every child. There is no second life."""
        with self._lock:
            self._closed = True
            if self._link is not None:
                self._link.close()
                self._link = None

    def attempt(self, job: str, params: Struct, *, source: Path, workdir: Path, returns: type[R]) -> R | Reason:
        try:
            return self.run(job, params, source=source, workdir=workdir, returns=returns)
        except Refused as refused:
            return refused.reason

    def run(self, job: str, params: Struct, *, source: Path, workdir: Path, returns: type[R]) -> R:
        """
        A child has one thread, unless its params say `may_thread`.

        Raises Refused: what the job refused itself, `decoder_crashed`, `decode_timed_out`, `decode_out_of_memory`.

        Raises DecoderUnavailable when it is the machine's fault.
        """
        limits = self._slow.get(job, self._limits)
        order = Order(
            job=job,
            params=Raw(json.encode(params)),
            source=str(source.resolve()),
            workdir=str(workdir.resolve()),
            cpu_seconds=max(1, round(limits.timeout_seconds)),
            memory_bytes=limits.memory_bytes,
            output_bytes=limits.output_bytes,
            may_thread=bool(getattr(params, "may_thread", False)),
        )
        try:
            ending = self._run_once(order, limits.timeout_seconds)
        except LinkLost:
            ending = self._second_chance(order, limits.timeout_seconds)
        log.debug("decoding.ended", job=job, code=ending.code, peak_kib=ending.peak_kib, cpu_ms=ending.cpu_ms)
        result = endings.judge(ending, job=job, limits=limits)
        beside = source.stat().st_size if source.parent == workdir else 0
        endings.check_files(workdir, limits.output_bytes + beside)
        try:
            return decoder(returns).decode(result)
        except (DecodeError, ValidationError):
            raise endings.crashed(job, "answered nonsense") from None

    def _second_chance(self, order: Order, timeout_seconds: float) -> Ending:
        """The server died, which says nothing about this job's file."""
        try:
            return self._run_once(order, timeout_seconds)
        except LinkLost:
            raise DecoderUnavailable("the fork server died twice") from None

    def _run_once(self, order: Order, timeout_seconds: float) -> Ending:
        link = self.start()
        ours, theirs = socketpair(AF_UNIX, SOCK_SEQPACKET)
        with ours:
            with theirs:
                link.send(order, theirs)
            return _listen(ours, time.monotonic() + timeout_seconds, link)


def _listen(ours: socket, deadline: float, link: Link) -> Ending:
    """The child's answer, if it gave one, and its end. What is late or talks too much is hung up on, which kills it."""
    answer: Answer | None = None
    try:
        said = _hear(ours, deadline, link)
        if not isinstance(said, Ended):
            answer, said = said, _hear(ours, deadline, link)
        if isinstance(said, Ended):
            return Ending(answer, said.code, peak_kib=said.peak_kib, cpu_ms=said.cpu_ms)
        timed_out = False
    except DecodeError:
        timed_out = False
    except TimeoutError:
        timed_out = True
    _hang_up(ours, link)
    return Ending(None, None, timed_out=timed_out)


def _hear(ours: socket, deadline: float, link: Link) -> Answer | Ended:
    ours.settimeout(max(0.001, deadline - time.monotonic()))
    packet = ours.recv(PACKET_BYTES + 1)
    if packet:
        said: Answer | Ended = decode_said(packet)
        return said
    if link.is_gone():
        raise LinkLost
    return Ended(UNHEARD)  # the end did not fit into the socket that a child had filled


def _hang_up(ours: socket, link: Link) -> None:
    """The server kills the child when this end closes for writing. Returns when it is dead."""
    ours.shutdown(SHUT_WR)
    deadline = time.monotonic() + _KILL_SECONDS
    while True:
        try:
            if isinstance(_hear(ours, deadline, link), Ended):
                return
        except DecodeError:
            continue
        except TimeoutError:
            link.close()  # not even a kill is obeyed: end the server, and with it all its children
            return
