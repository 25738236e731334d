"""Every worker by name, in the order of the flow."""

from importlib import import_module

from workers.runtime.worker import Worker

NAMES = ("ingestor", "fetcher", "validator", "storer", "thumbnailer", "fitter", "deliverer")
"""The workers that turn events into events. The recorder and the auditor watch them; the gateway is their door."""


def find(name: str) -> Worker:
    """The worker's declaration, from the module of its name."""
    worker: Worker = import_module(f"workers.{name}").worker
    return worker


def everyone() -> list[Worker]:
    return [find(name) for name in NAMES]
