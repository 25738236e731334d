# ruff: noqa: T201 - a command prints
"""
`make chaos`: every row at full length, the soak beside the others in a world of its own, and one table at the end.

The table and what pytest said of the soak lie in `chaos-output/`. Exit code 1 when a row failed.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.chaos.figures import head
from tests.services.process import tied_to_us

OUTPUT = Path("chaos-output")
FIGURES = OUTPUT / "figures.md"
PYTEST = (sys.executable, "-m", "pytest", "-v", "--timeout", "3600", "-p", "no:cacheprovider")


def main() -> int:
    OUTPUT.mkdir(exist_ok=True)
    FIGURES.write_text("".join(f"{line}\n" for line in head()))
    environ = os.environ | {"TROMBONE_CHAOS": "full", "TROMBONE_CHAOS_FIGURES": str(FIGURES)}
    began = time.monotonic()
    with (OUTPUT / "soak.log").open("w") as log:
        soak = subprocess.Popen(
            tied_to_us([*PYTEST, "tests/chaos/soak.py"]), env=environ, stdout=log, stderr=subprocess.STDOUT
        )
        rows = subprocess.run([*PYTEST, "tests/chaos"], env=environ, check=False)
        print(
            f"\nAll rows but the soak took {time.monotonic() - began:.0f} s; what it says is in {log.name}.", flush=True
        )
        codes = {rows.returncode, soak.wait()}
    print(f"\n{FIGURES.read_text()}\nAll of it took {time.monotonic() - began:.0f} s. This table is in {FIGURES}.")
    return 1 if codes != {0} else 0


if __name__ == "__main__":
    sys.exit(main())
