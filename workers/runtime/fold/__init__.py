"""
The fold: a message as a thread shows it, from the set of all that is recorded of it.

It is a join: neither the order nor a repetition of the entries matters, since every fact has a rank and the highest
wins (stored beats refused, accepted beats failed, read beats delivered). It is computed anew from all of a message's
entries each time: there are about ten, and nothing has to be undone or remembered.
"""

from workers.runtime.fold.entry import Entry, message_of
from workers.runtime.fold.message import Folded, fold

__all__ = ["Entry", "Folded", "fold", "message_of"]
