"""The fork server and its children, for real: every bad end is a refusal, and the next job never notices."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from schemas.reason import Reason, Refused
from tests.unit.workers.runtime.decoding.misbehaving import Number, Threaded, Word
from workers.runtime.decoding import DecoderUnavailable, ForkDecoder

JOBS = "tests.unit.workers.runtime.decoding.misbehaving"


@dataclass(frozen=True)
class Limits:
    timeout_seconds: float = 1.0
    memory_bytes: int = 300_000_000
    output_bytes: int = 5_000_000


@pytest.fixture(scope="module")
def decoder() -> Iterator[ForkDecoder]:
    with ForkDecoder(Limits(), modules=(JOBS,)) as running:
        running.start()
        yield running


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_text("source")
    return path


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    path = tmp_path / "work"
    path.mkdir()
    return path


def run(decoder: ForkDecoder, job: str, source: Path, workdir: Path, text: str = "") -> Word:
    return decoder.run(f"{JOBS}:{job}", Word(text), source=source, workdir=workdir, returns=Word)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return condition()


def test_a_job_reads_the_source_and_answers_with_its_struct(decoder, source, workdir):
    """Parameters and results are structs."""
    assert run(decoder, "echo", source, workdir, "the ") == Word("the source")


def test_a_refusal_travels_back_with_its_reason(decoder, source, workdir):
    """Code, sentence and numbers are the job's own."""
    with pytest.raises(Refused) as refused:
        run(decoder, "refuse", source, workdir)
    assert refused.value.reason == Reason(code="too_many_pixels", sentence="Too big.", actual=9, limit=1)


def test_attempt_returns_a_refusals_reason(decoder, source, workdir):
    """Where a refusal is a normal answer nothing is raised."""
    reason = decoder.attempt(f"{JOBS}:refuse", Word(), source=source, workdir=workdir, returns=Word)
    assert isinstance(reason, Reason)
    assert reason.code == "too_many_pixels"


@pytest.mark.parametrize(
    ("job", "code"),
    [
        ("fail", "decoder_crashed"),
        ("segfault", "decoder_crashed"),
        ("exit_quietly", "decoder_crashed"),
        ("write_endlessly", "decoder_crashed"),
        ("answer_endlessly", "decoder_crashed"),
        ("answer_nonsense", "decoder_crashed"),
        ("answer_too_long", "decoder_crashed"),
        ("leave_a_link", "decoder_crashed"),
        ("hang", "decode_timed_out"),
        ("spin", "decode_timed_out"),
        ("eat_memory", "decode_out_of_memory"),
        ("killed", "decode_out_of_memory"),
    ],
)
def test_a_bad_end_is_a_refusal_and_the_next_job_works(decoder, source, workdir, job, code):
    """Whatever a decoder does costs one attachment, within its time, and never the server."""
    server = decoder.start().pid
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        run(decoder, job, source, workdir)
    assert refused.value.code == code
    assert refused.value.reason.sentence.endswith(".")
    assert time.monotonic() - began < 5
    assert run(decoder, "echo", source, workdir) == Word("source")
    assert decoder.start().pid == server


def test_only_a_decoder_that_needs_threads_may_have_them(decoder, source, workdir):
    """Everything else has its one process, as the kernel counts."""
    alone = run(decoder, "processes", source, workdir)
    several = decoder.run(
        f"{JOBS}:processes_of_a_threaded_decoder", Threaded(), source=source, workdir=workdir, returns=Word
    )
    assert (alone, several) == (Word("1"), Word("256"))


def test_a_large_source_is_not_what_a_child_wrote(decoder, tmp_path):
    """It may lie beside the results, and be larger than all that they may be."""
    source = tmp_path / "source"
    source.write_text("source")
    os.truncate(source, Limits.output_bytes + 1)
    assert run(decoder, "processes", source, tmp_path) == Word("1")


def test_what_a_job_cost_is_logged(decoder, source, workdir):
    """Peak memory and CPU time of that one child, however it ended."""
    with capture_logs() as lines:
        run(decoder, "echo", source, workdir)
        with pytest.raises(Refused):
            run(decoder, "touch_memory", source, workdir)
    small, large = [line for line in lines if line["event"] == "decoding.ended"]
    assert (small["job"], small["code"]) == (f"{JOBS}:echo", 0)
    assert large["peak_kib"] - small["peak_kib"] > 90_000
    assert large["cpu_ms"] > 0


def test_an_answer_of_another_shape_is_a_crash(decoder, source, workdir):
    """What a child says is checked against the struct that was asked for."""
    with pytest.raises(Refused, match="broke the program"):
        decoder.run(f"{JOBS}:answer_another_shape", Word(), source=source, workdir=workdir, returns=Number)


def test_only_jobs_of_the_named_modules_run(decoder, source, workdir):
    """The name of a job cannot reach any other function."""
    with pytest.raises(Refused) as refused:
        decoder.run("os:system", Word("id"), source=source, workdir=workdir, returns=Word)
    assert refused.value.code == "decoder_crashed"


def test_a_hung_child_is_dead_when_the_refusal_is_raised(decoder, source, workdir):
    """The work directory can be removed at once: nobody writes there anymore."""
    with pytest.raises(Refused):
        run(decoder, "hang", source, workdir)
    assert not is_running(int((workdir / "pid").read_text()))


def test_the_child_has_no_environment(decoder, source, workdir, monkeypatch):
    """Secrets of the worker's environment are not there to be read; all it has says how to allocate memory."""
    monkeypatch.setenv("TROMBONE_SECRET_TOKEN", "hush")
    with ForkDecoder(Limits(), modules=(JOBS,)) as fresh:
        names = run(fresh, "environment", source, workdir).text.split(",")
        environ = Path(f"/proc/{fresh.start().pid}/environ").read_bytes()
    assert "TROMBONE_SECRET_TOKEN" not in names
    left = environ.strip(b"\0").split(b"\0")  # glibc cuts its own variable to pieces where it lies
    assert all(one.startswith((b"GLIBC_TUNABLES=glibc.malloc.", b"glibc.malloc.")) for one in left)


def test_the_child_has_no_network(decoder, source, workdir):
    """Not even loopback answers."""
    if "network namespace" in decoder.start().without:
        pytest.skip("this machine refuses namespaces")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        with pytest.raises(Refused):
            run(decoder, "call_home", source, workdir, f"{host}:{port}")
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("job", ["read_elsewhere", "write_elsewhere"])
def test_the_child_sees_only_its_source_and_its_work_directory(decoder, source, workdir, job):
    """A hijacked decoder can neither read the worker's files nor leave anything behind."""
    if "landlock" in decoder.start().without:
        pytest.skip("this kernel has no Landlock")
    with pytest.raises(Refused):
        run(decoder, job, source, workdir)
    assert not (workdir.parent / "elsewhere").exists()


def test_many_threads_run_jobs_at_once(decoder, source, tmp_path):
    """Answers never get mixed up, and a neighbor's crash is not contagious."""

    def one(number: int) -> str:
        workdir = tmp_path / f"work-{number}"
        workdir.mkdir()
        if number % 5 == 0:
            answer = decoder.attempt(f"{JOBS}:segfault", Word(), source=source, workdir=workdir, returns=Word)
            return answer.code
        return run(decoder, "echo", source, workdir, f"{number} ").text

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(40)))
    assert found == ["decoder_crashed" if number % 5 == 0 else f"{number} source" for number in range(40)]


def test_a_dead_server_is_restarted(decoder, source, workdir):
    """kill -9 of the fork server between two jobs is not noticed."""
    dead = decoder.start().pid
    os.kill(dead, signal.SIGKILL)
    assert run(decoder, "echo", source, workdir) == Word("source")
    assert decoder.start().pid != dead


def test_a_job_survives_the_death_of_its_server(decoder, source, workdir):
    """It runs once more on a new server: the file may be innocent."""
    first = decoder.start().pid
    assert run(decoder, "kill_the_server", source, workdir) == Word("second chance")
    assert decoder.start().pid != first


def test_closing_kills_the_server_and_refuses_further_jobs(source, workdir):
    """A worker that shuts down leaves nothing running and does not start a new server by accident."""
    decoder = ForkDecoder(Limits(), modules=(JOBS,))
    pid = decoder.start().pid
    decoder.close()
    assert not is_running(pid)
    with pytest.raises(DecoderUnavailable):
        run(decoder, "echo", source, workdir)


def test_a_job_that_cannot_be_imported_is_unavailable(source, workdir):
    """It is the installation's fault, to be retried: never a refusal of the file."""
    broken = "no_such_module_anywhere"
    with ForkDecoder(Limits(), modules=(broken,)) as decoder, pytest.raises(DecoderUnavailable):
        decoder.run(f"{broken}:echo", Word(), source=source, workdir=workdir, returns=Word)


def test_a_server_imports_what_it_is_asked_for(source, workdir):
    """Every child is a copy of it: whoever reads mail carries no decoder of pictures and films."""
    with ForkDecoder(Limits(), modules=(JOBS, "thumbnails.jobs")) as decoder:
        before = run(decoder, "imported", source, workdir, "thumbnails.jobs").text
        decoder.attempt("thumbnails.jobs:inspect", Word(), source=source, workdir=workdir, returns=Word)
        after = run(decoder, "imported", source, workdir, "thumbnails.jobs").text
    assert (before, after) == ("no", "yes")


def test_what_a_job_leaves_behind_ends_with_it(decoder, source, workdir):
    """A process that a hijacked decoder has forked is dead when the answer is there: nobody writes anymore."""
    server = decoder.start().pid
    assert run(decoder, "leave_a_child_behind", source, workdir) == Word("done")
    assert not Path("/proc", (workdir / "pid").read_text()).exists()
    assert decoder.start().pid == server


def test_server_and_children_die_with_a_killed_worker(source, workdir):
    """kill -9 of the worker leaves no orphan behind, even in the middle of a job that blocks all signals."""
    program = f"""
from pathlib import Path
from tests.integration.test_decoding import Limits, Word
from workers.runtime.decoding import ForkDecoder
decoder = ForkDecoder(Limits(timeout_seconds=60), modules=({JOBS!r},))
print(decoder.start().pid, flush=True)
decoder.run({JOBS + ":hang"!r}, Word(), source=Path({str(source)!r}), workdir=Path({str(workdir)!r}), returns=Word)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as worker:
        server = next(int(line) for line in worker.stdout if line.strip().isdigit())  # logs come before it
        assert until((workdir / "half-written").exists)
        child = int((workdir / "pid").read_text())
        worker.kill()
        worker.wait()
        assert until(lambda: not is_running(server))
        assert until(lambda: not is_running(child))
