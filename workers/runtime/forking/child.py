"""What a forked child does: give up its rights, run one job, answer, end."""

import gc
import importlib
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from socket import socket
from typing import Any, NoReturn, get_type_hints

from msgspec import Raw, Struct, json

from schemas.decoders import decoder
from schemas.reason import Refused
from workers.runtime.forking import confinement
from workers.runtime.forking.messages import PACKET_BYTES, Answer, Failure, Order, Refusal, Result, encode

Job = Callable[[Any, Path, Path], Struct]


def main(order: Order, allowed: frozenset[str], answers: socket) -> NoReturn:
    """Never returns: a child that leaves by an exception would go on as a second server."""
    code = 1
    try:
        confinement.confine(order)
        packet = encode(_answer(order, allowed))
        if len(packet) > PACKET_BYTES:
            packet = encode(Failure("AnswerTooLong"))
        answers.send(packet)
        code = 0
    finally:
        os._exit(code)


def _answer(order: Order, allowed: frozenset[str]) -> Answer:
    try:
        job, params_type = find_job(order.job, allowed)
        params = decoder(params_type).decode(order.params)
        result = job(params, Path(order.source), Path(order.workdir))
        return Result(Raw(json.encode(result)))
    except Refused as refused:
        return Refusal(refused.reason)
    except MemoryError:
        return Failure("MemoryError", out_of_memory=True)
    except Exception as error:  # noqa: BLE001 - the runtime's own edge: the worker hears of it as a Failure
        return Failure(_where(error))


def learn(order: Order, allowed: frozenset[str]) -> None:
    """
    For the server, before it forks: what it knows of a job and its parameters no child has to find out.

    Whoever asks for pictures alone never carries what reads mail. A job that cannot be imported ends the server.
    """
    module = _module(order.job)
    if module in allowed and module not in sys.modules:
        importlib.import_module(module)
        gc.collect()
        gc.freeze()  # the collector of a child would touch, and so copy, all of it
    with suppress(Exception):  # the child will say what is wrong
        decoder(find_job(order.job, allowed)[1])


@cache
def find_job(name: str, allowed: frozenset[str]) -> tuple[Job, type[Struct]]:
    """`module:function` and the struct it wants, of a module that the server was started for."""
    module = _module(name)
    if module not in allowed:
        raise LookupError(module)
    job: Job = getattr(importlib.import_module(module), name.partition(":")[2])
    return job, get_type_hints(job)["params"]


def _module(job: str) -> str:
    return job.partition(":")[0]


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
