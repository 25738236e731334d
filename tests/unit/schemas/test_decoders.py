"""Decoders that threads share, from the first use on."""

import subprocess
import sys

FIRST_USES_AT_ONCE = """
import sys, threading
import msgspec
from schemas.decoders import decoder

sys.setswitchinterval(1e-6)
kinds = []
for number in range(100):
    inner = msgspec.defstruct(f"Inner{number}", [(f"f{i}", int | None, None) for i in range(20)])
    kinds.append(msgspec.defstruct(f"Outer{number}", [(f"g{i}", list[inner] | None, None) for i in range(20)]))
together = threading.Barrier(4)

def use():
    for kind in kinds:
        together.wait()
        assert decoder(kind).decode(b'{"g3": [{"f1": 1}]}').g3[0].f1 == 1

threads = [threading.Thread(target=use) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_first_uses_at_the_same_moment_do_not_end_the_process():
    """Without the lock this is a segmentation fault: a worker that had just started died of its first messages."""
    done = subprocess.run([sys.executable, "-c", FIRST_USES_AT_ONCE], capture_output=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
