"""What we measure against is installed when it is measured, and is no dependency of ours."""

import subprocess
import sys
from collections.abc import Sequence


def install(packages: Sequence[str]) -> None:
    """Into the environment that runs this; says so."""
    if not packages:
        return
    sys.stderr.write(f"installing peers: {', '.join(packages)}\n")
    quiet = ["--quiet", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]
    subprocess.run([sys.executable, "-m", "pip", "install", *quiet, *packages], check=True)
