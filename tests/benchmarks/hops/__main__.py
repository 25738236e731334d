"""One subject in a process of its own: `python -m tests.benchmarks.hops SUBJECT BENCH-AS-JSON`. Prints one line."""

import json
import sys
from importlib import import_module

from tests.benchmarks.hops.meter import Bench

if __name__ == "__main__":
    module, _, threads = sys.argv[1].partition(":")
    options = {"threads": int(threads)} if threads else {}
    import_module(f"tests.benchmarks.hops.{module}").run(Bench(**json.loads(sys.argv[2])), **options)
