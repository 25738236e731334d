"""The broker port inside one process, on kombu's memory transport: the embedded default."""

from workers.runtime.memory.broker import MemoryBroker

__all__ = ["MemoryBroker"]
