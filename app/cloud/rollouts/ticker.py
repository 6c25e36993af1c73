"""The timer of each process of a cloud that has its rollouts evaluated."""

from __future__ import annotations

import functools

from app.cloud.cloud import Cloud
from app.cloud.periodic import Periodic
from app.cloud.rollouts import evaluation
from app.cloud.writer import Writer


class Ticker(Periodic):
    """A task that evaluates rollouts every few seconds, in the writer's thread."""

    def __init__(self, cloud: Cloud, writer: Writer) -> None:
        every_s = evaluation.EVERY_S
        work = functools.partial(evaluation.evaluate_all, cloud, every_s)
        super().__init__(every_s, lambda: writer.do(work), "rollouts stand still")
