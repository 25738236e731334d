"""What every scene of the demo plays on: the world, an agent's desk, the pictures, and claims to be checked."""

from dataclasses import dataclass
from pathlib import Path

from workers.commands.timeline import print_timeline
from workers.demo.claims import Claims
from workers.demo.desk import Desk
from workers.demo.photos import Photos
from workers.demo.world import World
from workers.runtime.folder import FolderStore
from workers.sandbox.eyes import Seen


@dataclass(frozen=True)
class Stage:
    """`verbose`: every message's timeline, not only those that teach something."""

    world: World
    desk: Desk
    photos: Photos
    claims: Claims
    verbose: bool = False

    def timeline(self, message: str, *, teaches: bool = False) -> None:
        if teaches or self.verbose:
            print_timeline(self.world.ports, message, self.claims.out, self._where)

    def claim_clean(self, seen: Seen) -> None:
        """Of the agent's photo, as it arrived."""
        if self.photos.large_is_painted:
            self.claims.claim("it is the right way up", true=seen.bright_side == "top")
        self.claims.claim("it tells nobody where it was taken", true=not (seen.has_gps or seen.has_metadata))

    def _where(self, key: str) -> str:
        store = self.world.ports.store
        return shown(store.path(key)) if isinstance(store, FolderStore) else key


def shown(path: Path) -> str:
    """As short as it can be typed from here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
