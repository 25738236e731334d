"""The broker port on RabbitMQ: kombu moves the messages."""

from workers.runtime.rabbitmq.broker import RabbitBroker
from workers.runtime.rabbitmq.patience import Patience

__all__ = ["Patience", "RabbitBroker"]
