"""`trombone demo` from the first line to the exit code."""

import shutil
from pathlib import Path

from rich.console import Console

from workers.commands.books import print_books
from workers.commands.terminal import WIDTH
from workers.demo.claims import Claims
from workers.demo.desk import Desk
from workers.demo.inviting import invite
from workers.demo.photos import photos
from workers.demo.scenes import SCENES
from workers.demo.stage import Stage
from workers.demo.waiting import NeverCame
from workers.demo.world import Services, World
from workers.runtime import telemetry
from workers.sandbox.eyes import is_picture

FAILED = 1
NOT_OURS = 2
MARK = ".trombone-demo"
"""Lies in a folder that a demo made, so that no other folder is ever emptied."""


def run(photo: Path | None, folder: Path, services: Services, *, stay: bool = False, verbose: bool = False) -> int:
    """0 only if every claim is true and the books have no gap. With `stay` only when somebody ends it."""
    out = Console(highlight=False, width=WIDTH)
    folder = folder.resolve()
    if problem := _problem(folder, photo):
        out.print(f"{problem}.", soft_wrap=True)
        return NOT_OURS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    telemetry.configure("critical")
    claims = Claims(out)
    pictures = photos(photo, folder / "originals", out)
    with World(folder, services) as world:
        _play(Stage(world, Desk(world.helpdesk), pictures, claims, verbose))
        out.print("\n[bold]The books[/bold]")
        gap = print_books(world.ports, out)
        if stay:
            invite(world, pictures, out)
            world.wait()
    out.print(f"\nEverything is kept in {folder}", soft_wrap=True)
    claims.verdict()
    return FAILED if claims.broken or gap else 0


def _play(stage: Stage) -> None:
    """A scene in which something never comes is broken; the others still play."""
    for scene in SCENES:
        try:
            scene(stage)
        except NeverCame as never:
            stage.claims.claim(str(never), true=False)


def _problem(folder: Path, photo: Path | None) -> str | None:
    """What is wrong before anything has begun."""
    if folder.exists() and not folder.is_dir():
        return f"{folder} is no folder; please name another"
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        return f"{folder} holds something else than a demo's output; please name another folder"
    if photo and not is_picture(photo.read_bytes()):
        return f"{photo} is not a photo that this demo can look at (JPEG, PNG, GIF or WebP)"
    if photo and photo.resolve().is_relative_to(folder):
        return f"{folder} is emptied first, and your photo lies in it; please name another folder"
    return None
