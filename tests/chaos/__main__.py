# ruff: noqa: T201 - a command prints
"""
`make chaos`: every row at full length, the soak beside the others in a world of its own, and one table at the end.

The table and what pytest said lie in `chaos-output/`. Exit code 1 when a row failed.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.chaos.figures import head

OUTPUT = Path("chaos-output")
FIGURES = OUTPUT / "figures.md"
ROWS = ("tests/chaos",)
SOAK = ("tests/chaos/soak.py",)
PYTEST = (sys.executable, "-m", "pytest", "-v", "--timeout", "3600", "-p", "no:cacheprovider")


def main() -> int:
    OUTPUT.mkdir(exist_ok=True)
    FIGURES.write_text("".join(f"{line}\n" for line in head()))
    environ = os.environ | {"TROMBONE_CHAOS": "full", "TROMBONE_CHAOS_FIGURES": str(FIGURES)}
    began = time.monotonic()
    with (OUTPUT / "soak.log").open("w") as soak_log:
        soak = subprocess.Popen([*PYTEST, *SOAK], env=environ, stdout=soak_log, stderr=subprocess.STDOUT)
        codes = [subprocess.run([*PYTEST, *ROWS], env=environ, check=False).returncode]
        print(f"The other rows took {time.monotonic() - began:.0f} s; the soak goes on: {soak_log.name}", flush=True)
        codes.append(soak.wait())
    print(f"\n{FIGURES.read_text()}\nAll rows: {time.monotonic() - began:.0f} s. This table is in {FIGURES}.")
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
