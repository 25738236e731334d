"""
`trombone` of the next release, which has a second version of one event: `python -m tests.chaos.newer worker storer`.

`media_stored` v2 says `customer` where v1 said `contact`. It writes v2 and reads both, with the `upcast.py` and
`downcast.py` beside this file, which would lie in the event's own folder.
"""

from pathlib import Path
from typing import ClassVar

import schemas.media_stored
from schemas.values import Line


class MediaStored(schemas.media_stored.MediaStored, frozen=True, kw_only=True, rename={"contact": "customer"}):
    version: ClassVar[int] = 2

    contact: Line


schemas.media_stored.MediaStored = MediaStored  # type: ignore[misc] # before anybody else imports it
schemas.media_stored.__path__.append(str(Path(__file__).parent))

if __name__ == "__main__":
    from workers.__main__ import main

    main()
