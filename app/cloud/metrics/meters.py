"""Counters of one cloud, or of a worker. To be imported after `together.shared`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.cloud.metrics.together import SHARED
from app.cloud.writer import Meter

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Meters(Meter):
    """All meters. Labels have few values: the name of an API, a status, never a Thing's id."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "pythings_requests", "Requests.", ("api", "status"), registry=self._registry
        )
        self._latency = Histogram(
            "pythings_request_seconds",
            "From the head of a request to its answer.",
            ("api",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._waiting = Gauge(
            "pythings_writer_jobs",
            "Calls that wait for the database.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )
        self._transaction = Histogram(
            "pythings_transaction_seconds",
            "From the begin of a transaction to its end, on the disk.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._jobs = Counter(
            "pythings_transaction_jobs",
            "Calls that were made in transactions, which they share.",
            registry=self._registry,
        )

    def requested(self, api: str, status: str, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(api, status).inc()
        self._latency.labels(api).observe(seconds)

    def given(self) -> None:
        """Count a call that begins to wait for the database."""
        self._waiting.inc()

    def done(self, jobs: int, seconds: float) -> None:
        """Count a transaction, and the calls that wait no more."""
        self._waiting.dec(jobs)
        self._jobs.inc(jobs)
        self._transaction.observe(seconds)

    def shown(self, things: Mapping[str, int]) -> bytes:
        """Return all meters in the text format of Prometheus, with the count of Things by state."""
        registry = self._registry
        if SHARED in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry) + generate_latest(_things(things))


class _Things(Collector):
    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Metric]:
        """Yield the one family."""
        family = GaugeMetricFamily("pythings_things", "Things by state.", labels=("state",))
        for state, count in self._counts.items():
            family.add_metric((state,), count)
        yield family


def _things(counts: Mapping[str, int]) -> CollectorRegistry:
    registry = CollectorRegistry()
    if counts:
        registry.register(_Things(counts))
    return registry
