"""What a visitor of the demo can do with it while it stays: open the pages, and send on every channel."""

import shlex

from rich.console import Console

from workers.demo.photos import Photos
from workers.demo.stage import shown
from workers.demo.world import World


def invite(world: World, photos: Photos, out: Console) -> None:
    out.print("\n[bold]Now you[/bold]")
    out.print(f"  the agent's page (this address opens once):  {world.page_url}", soft_wrap=True)
    out.print(f"  a customer's chat:                           {world.chat_url}", soft_wrap=True)
    out.print(f"  customers' phones and mailboxes:             {world.customers_url}", soft_wrap=True)
    out.print(f"  any other browser signs in with the key:     {world.helpdesk.key}", soft_wrap=True)
    out.print(f"  what customers receive lies in:              {shown(world.folder)}/", soft_wrap=True)
    for channel, contact in world.customers.items():
        folder = world.far_side.folder_of(channel)
        out.print(f"    {channel:<10} {contact:<40} {shown(folder)}/", soft_wrap=True)
    out.print("\n  Send a file of yours as an agent would, from another terminal here:\n")
    out.print(
        f"  export TROMBONE_PUBLIC_URL={world.gateway_url} TROMBONE_SECRET_API_KEY={world.helpdesk.key}", soft_wrap=True
    )
    for channel, contact in world.customers.items():
        photo = shlex.quote(shown(photos.small))
        command = f"send --channel {channel} --to {shlex.quote(contact)} {photo} --caption 'Here it is'"
        out.print(f"  .venv/bin/trombone {command}", soft_wrap=True)
    out.print("\n  and see what became of it, with the id that it prints:\n")
    endpoints = world.settings.endpoints
    places = {"DATABASE": endpoints.database_url, "STORE": endpoints.store_url}
    named = " ".join(f"TROMBONE_{name}_URL={url.get_secret_value()}" for name, url in places.items())
    out.print(f"  {named} .venv/bin/trombone explain MESSAGE", soft_wrap=True)
    out.print("\n  Ctrl+C ends it.")
    out.file.flush()
