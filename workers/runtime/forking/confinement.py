"""
What a decoding child may not do. Linux only; each kind that the machine refuses is reported, and the rest is kept.

All of it in the words of prctl(2), unshare(2), capset(2), setrlimit(2), landlock(7) and proc(5).
"""

import ctypes
import os
import resource
import signal
import struct
import sysconfig
from pathlib import Path

from workers.runtime.forking.messages import Order

_LIBC = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CLONE_NEWUSER, _CLONE_NEWIPC, _CLONE_NEWNET = 0x10000000, 0x08000000, 0x40000000
_CAPABILITY_VERSION_3 = 0x20080522

_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_RULE_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_MAKE_REG, _REMOVE_FILE = 1 << 8, 1 << 5
_EVERYTHING = (1 << 13) - 1
"""Every right of the first Landlock version: execute, read, write, remove, make."""
_SOME_THREADS = 256
"""The kernel counts what the whole user runs (in a namespace of our own: the server, its children, their threads)."""
_CHILDREN = Path("/proc/thread-self/children")
_LIBRARIES = {str(Path(place).resolve()) for place in sysconfig.get_paths().values() if Path(place).is_dir()}


def without_network() -> bool:
    """Move this process, which must have one thread, into namespaces without any network. False where refused."""
    alone = _CLONE_NEWNET | _CLONE_NEWIPC
    return any(_LIBC.unshare(flags) == 0 for flags in (_CLONE_NEWUSER | alone, alone))


def can_hide_files() -> bool:
    """Whether the kernel has Landlock."""
    return int(_LIBC.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1)) >= 1


def adopt_orphans() -> None:
    """From here on this process is the parent of whatever its children leave behind."""
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """Of this thread, the adopted ones too; empty where the kernel keeps no list."""
    return set(map(int, _CHILDREN.read_bytes().split())) if can_count_children() else set()


def can_count_children() -> bool:
    return _CHILDREN.exists()


def die_with_parent(parent: int) -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def confine(order: Order) -> None:
    """Give up whatever the job does not need. There is no way back."""
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if can_hide_files():
        _only_these_files(order.source, order.workdir)
    _drop_capabilities()
    cpu, threads = order.cpu_seconds, _SOME_THREADS if order.may_thread else 1
    for limit, soft, hard in (
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_AS, order.memory_bytes, order.memory_bytes),
        (resource.RLIMIT_FSIZE, order.output_bytes, order.output_bytes),
        (resource.RLIMIT_NOFILE, 32, 32),
        (resource.RLIMIT_NPROC, threads, threads),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(limit, (soft, hard))


def _drop_capabilities() -> None:
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _LIBC.capset(header, bytes(24))


def _only_these_files(source: str, workdir: str) -> None:
    """Read the source and Python's own libraries, write regular files into the work directory; nothing else exists."""
    ruleset = _LIBC.syscall(_LANDLOCK_CREATE_RULESET, struct.pack("Q", _EVERYTHING), 8, 0)
    if ruleset < 0:
        return
    rights = dict.fromkeys(_LIBRARIES, _READ_FILE | _READ_DIR) | {
        source: _READ_FILE,
        workdir: _READ_FILE | _READ_DIR | _WRITE_FILE | _MAKE_REG | _REMOVE_FILE,
    }
    for path, allowed in rights.items():
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", allowed, place)
        _LIBC.syscall(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_RULE_PATH_BENEATH, rule, 0)
        os.close(place)
    _LIBC.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
