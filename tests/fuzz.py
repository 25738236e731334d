# ruff: noqa: T201 - a report prints
"""
`make fuzz`: thousands of damaged files of every kind through inspect and render in real children.

    python -m tests.fuzz [--cases 300] [--seed 1] [KIND …]

Prints how each kind ended, the slowest job and the largest child. Exit code 1 when the server was lost, a job broke a
limit or a child crashed; each such file is kept in the folder that is named then.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from structlog.testing import capture_logs

from schemas.reason import Reason
from tests import hostile, images
from thumbnails.orders import Inspection, InspectParams, Rendered
from workers.runtime.decoding import ForkDecoder
from workers.runtime.media_policy import MediaPolicy
from workers.runtime.settings import load
from workers.thumbnailer import orders

BAD_ENDS = {"decoder_crashed", "decode_timed_out", "decode_out_of_memory"}


@dataclass
class Tally:
    """How the cases of one kind ended."""

    shown: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    slowest_ms: float = 0.0
    peak_mib: float = 0.0
    bad: list[str] = field(default_factory=list)

    def line(self, kind: str) -> str:
        codes = ", ".join(f"{code} {count}" for code, count in self.refused.most_common())
        return f"{kind:18} {self.shown:7} {self.slowest_ms:10.0f} {self.peak_mib:9.0f}  {codes}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="all of them without a name")
    parser.add_argument("--cases", type=int, default=300, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    policy, kept = load({}).media, Path(tempfile.mkdtemp(prefix="trombone-fuzz-"))
    print(f"{'kind':18} {'shown':>7} {'slowest ms':>10} {'peak MiB':>9}  refused")
    bad: list[str] = []
    with ForkDecoder(policy.decode) as decoder:
        server = decoder.start().pid
        for kind in options.kinds or hostile.SOUND:
            chance = random.Random(f"{options.seed} {kind}")
            tally = Tally()
            for number, data in enumerate(images.damaged(hostile.sound(kind), chance, options.cases)):
                ends = list(_ends(data, decoder, policy, tally))
                codes = {end.code for end in ends if isinstance(end, Reason)}
                tally.refused.update(codes)
                tally.shown += isinstance(ends[-1], Rendered)
                if codes & BAD_ENDS:
                    path = kept / f"{kind.replace(' ', '-')}-{number}"
                    path.write_bytes(data)
                    bad.append(f"{', '.join(codes & BAD_ENDS)}: {path}")
            print(tally.line(kind), flush=True)
        if decoder.start().pid != server:
            bad.append("the fork server was lost")
    print(*bad, sep="\n")
    return 1 if bad else 0


def _ends(data: bytes, decoder: ForkDecoder, policy: MediaPolicy, tally: Tally) -> Iterator[object]:
    """What the validator and the thumbnailer would make of it."""
    bounds = InspectParams(max_pixels=policy.decode.max_pixels, max_frames=policy.decode.max_frames)
    with tempfile.TemporaryDirectory() as folder, capture_logs() as logs:
        source = Path(folder, "source")
        source.write_bytes(data)
        workdir = Path(folder, "work")
        workdir.mkdir()

        def attempt(job, params, returns):
            began = time.monotonic()
            end = decoder.attempt(f"thumbnails.jobs:{job}", params, source=source, workdir=workdir, returns=returns)
            tally.slowest_ms = max(tally.slowest_ms, (time.monotonic() - began) * 1000)
            return end

        found = attempt("inspect", bounds, Inspection)
        yield found
        if isinstance(found, Inspection):
            yield attempt("render", orders(found.media_type, policy), Rendered)
        peaks = [entry["peak_kib"] / 1024 for entry in logs if entry["event"] == "decoding.ended"]
        tally.peak_mib = max(tally.peak_mib, *peaks, 0.0)


if __name__ == "__main__":
    sys.exit(main())
