"""
`make bench`: measure ourselves against others. Reported, never a gate.

    python -m tests.benchmarks [hop] [thumbnails] [formats] [fit] [memory] [chain] [--rounds 5]
"""

import argparse
import sys

from tests.benchmarks import chain, fit, formats, hop, memory, peers, thumbnails

BENCHMARKS = {"hop": hop, "thumbnails": thumbnails, "formats": formats, "fit": fit, "memory": memory, "chain": chain}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("names", nargs="*", metavar="|".join(BENCHMARKS), help="all of them without a name")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}")
    for name in options.names or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        peers.install(benchmark.PEERS)
        sys.stdout.write(f"\n{name}: {(benchmark.__doc__ or '').strip().splitlines()[0]}\n\n")
        sys.stdout.flush()
        benchmark.main(["--rounds", str(options.rounds)])


if __name__ == "__main__":
    main()
