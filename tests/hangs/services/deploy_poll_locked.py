"""Deployments: a request puts its release into the plan and waits until the runner has rolled it out."""
from __future__ import annotations

import dataclasses
import functools
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

signal.alarm(900)


def synchronized(method: Callable[..., Any]) -> Callable[..., Any]:
    """Only one at a time, for each object."""

    @functools.wraps(method)
    def wrapper(self: Any, *args: Any) -> Any:
        with self.mutex:
            return method(self, *args)

    return wrapper


@dataclasses.dataclass
class Release:
    service: str
    version: int
    state: str = "planned"
    log: list[str] = dataclasses.field(default_factory=list)

    @property
    def finished(self) -> bool:
        return self.state in ("done", "failed")


class Plan:
    def __init__(self) -> None:
        self.mutex = threading.RLock()
        self._releases: list[Release] = []

    @synchronized
    def add(self, release: Release) -> None:
        self._releases.append(release)

    @synchronized
    def take(self) -> Release | None:
        return self._releases.pop(0) if self._releases else None

    @synchronized
    def deploy(self, release: Release) -> str:
        self.add(release)
        return self.wait_for(release)

    def wait_for(self, release: Release) -> str:
        while not release.finished:
            time.sleep(0.2)
        return release.state


class Runner(threading.Thread):
    def __init__(self, plan: Plan) -> None:
        super().__init__(name="runner", daemon=True)
        self.plan, self.rolled_out = plan, 0

    def run(self) -> None:
        while True:
            release = self.plan.take()
            if release is None:
                time.sleep(0.1)
                continue
            self._roll_out(release)

    def _roll_out(self, release: Release) -> None:
        release.state = "running"
        time.sleep(0.5)
        release.log.append(f"{release.service} is now at {release.version}")
        release.state = "done"
        self.rolled_out += 1


class Pipeline(threading.Thread):
    """The CI of one service; deploys each version that it built."""

    def __init__(self, plan: Plan, service: str) -> None:
        super().__init__(name=f"ci-{service}", daemon=True)
        self.plan, self.service, self.version = plan, service, 0

    def run(self) -> None:
        while True:
            time.sleep(0.7)                          # build
            self.version += 1
            self.plan.deploy(Release(self.service, self.version))


class ChatOps(threading.Thread):
    def __init__(self, runner: Runner) -> None:
        super().__init__(name="chatops", daemon=True)
        self.runner = runner

    def run(self) -> None:
        for tick in range(10**9):
            time.sleep(1)
            self.topic = f"{self.runner.rolled_out} deployments today"
            if tick == 4:
                print("READY", os.getpid(), flush=True)


plan = Plan()
threads = [runner := Runner(plan), Pipeline(plan, "shop"), Pipeline(plan, "search"), ChatOps(runner)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
