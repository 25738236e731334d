"""Celery's leanest worker that keeps the same promise: solo pool, late acks, publisher confirms, quorum queues."""

from celery import Celery
from kombu import Queue

from tests.benchmarks.hops import material
from tests.benchmarks.hops.meter import Bench, Meter


def run(bench: Bench) -> None:
    app = Celery("bench", broker=bench.url)
    app.conf.update(
        task_acks_late=True,
        task_ignore_result=True,
        task_default_queue=material.IN,
        task_queues=[
            Queue(name, durable=True, queue_arguments=material.QUORUM) for name in (material.IN, material.OUT)
        ],
        worker_concurrency=1,
        worker_prefetch_multiplier=bench.prefetch,
        worker_detect_quorum_queues=True,
        worker_send_task_events=False,
        worker_redirect_stdouts=False,
        worker_hijack_root_logger=False,
        broker_transport_options={"confirm_publish": True},
    )
    meter = Meter(bench)

    @app.task(name="received")
    def received(_payload: dict[str, object]) -> None:
        raise AssertionError("nobody consumes the output")

    @app.task(name="hop")
    def hop(payload: dict[str, object]) -> None:
        received.apply_async((payload,), queue=material.OUT)
        meter.tick()

    material.declare(bench)
    payload = material.payload()
    for _ in range(bench.filling):
        hop.apply_async((payload,), queue=material.IN)
    material.await_filling(bench)
    options = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
    app.Worker(pool="solo", concurrency=1, queues=[material.IN], loglevel="ERROR", **options).start()
