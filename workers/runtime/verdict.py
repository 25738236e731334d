"""Which errors are worth another try: the one place where foreign exceptions are judged."""

import errno

from schemas.codec import NewerVersion
from workers.runtime.outcome import Retry, Wait

UNFORESEEN = "unforeseen"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM}


def as_retry(error: Exception) -> Retry | None:
    """
    What may pass by itself: what says so (`retryable`), a newer version (a rollout is under way), a full machine.

    A server that is `away` says nothing about the message, so however long it takes no attempt is counted.
    """
    if isinstance(error, Retry):
        return error
    if getattr(error, "away", False):
        return Wait(code_of(error), str(error))
    if getattr(error, "retryable", False) or isinstance(error, NewerVersion):
        return Retry(code_of(error), str(error))
    if isinstance(error, ConnectionError | TimeoutError):
        return Retry("unreachable", repr(error))
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _FULL):
        return Retry("machine_full", repr(error))
    return None


def code_of(error: Exception) -> str:
    """
    The stable reason code of an error; `unforeseen` is a bug of ours.

    Only an error that also says whether it is `retryable` is one of ours: others have codes of their own making.
    """
    return str(getattr(error, "code", UNFORESEEN)) if hasattr(error, "retryable") else UNFORESEEN
