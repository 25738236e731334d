"""How a job's end is judged."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec import Raw

from schemas.reason import Reason, Refused
from workers.runtime.decoding.endings import Ending, check_files, judge
from workers.runtime.forking.messages import Failure, Refusal, Result


@dataclass(frozen=True)
class Limits:
    timeout_seconds: float = 20.0
    memory_bytes: int = 1000


RESULT = Result(Raw(b"{}"))


def code_of(ending: Ending) -> str:
    with pytest.raises(Refused) as refused:
        judge(ending, job="a:b", limits=Limits())
    return refused.value.code


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending(None, 0), "decoder_crashed"),
        (Ending(None, None), "decoder_crashed"),
        (Ending(None, 1), "decoder_crashed"),
        (Ending(RESULT, 1), "decoder_crashed"),
        (Ending(RESULT, -signal.SIGSEGV), "decoder_crashed"),
        (Ending(None, -signal.SIGABRT), "decoder_crashed"),
        (Ending(Failure("ValueError"), 0), "decoder_crashed"),
        (Ending(None, -signal.SIGKILL), "decode_out_of_memory"),
        (Ending(Failure("MemoryError", out_of_memory=True), 0), "decode_out_of_memory"),
        (Ending(None, -signal.SIGXCPU), "decode_timed_out"),
        (Ending(None, None, timed_out=True), "decode_timed_out"),
        (Ending(RESULT, -signal.SIGKILL, timed_out=True), "decode_timed_out"),
        (Ending(Refusal(Reason(code="too_many_pixels", sentence="No.")), 0), "too_many_pixels"),
    ],
)
def test_every_bad_end_has_its_code(ending, code):
    """An answer counts only from a child that then ended well."""
    assert code_of(ending) == code


def test_a_good_end_is_the_results_json():
    """Exit code 0 and a result."""
    assert judge(Ending(RESULT, 0), job="a:b", limits=Limits()) == b"{}"


def test_files_are_checked(tmp_path: Path):
    """Regular files of a sane size pass; links, pipes and too many bytes do not."""
    (tmp_path / "result.jpg").write_bytes(bytes(10))
    check_files(tmp_path, 10)
    with pytest.raises(Refused):
        check_files(tmp_path, 9)


@pytest.mark.parametrize(
    "leave",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.hardlink_to(path.parent.parent / "outside"),
        lambda path: path.mkdir(),
        os.mkfifo,
    ],
)
def test_what_is_not_a_file_of_its_own_is_refused(tmp_path: Path, leave):
    """The worker would read and upload whatever a link leads to."""
    (tmp_path / "outside").write_text("secret")
    workdir = tmp_path / "work"
    workdir.mkdir()
    leave(workdir / "result.jpg")
    with pytest.raises(Refused):
        check_files(workdir, 1000)
