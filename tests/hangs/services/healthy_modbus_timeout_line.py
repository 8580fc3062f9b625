"""Reads meters on a serial line with gevent: one request at a time, and not longer than a moment."""
from __future__ import annotations

import dataclasses
import os
import random
import signal
from collections import Counter

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Meter:
    address: int
    slow: bool = False

    def answer(self) -> int:
        """Takes its time; some take too much of it now and then."""
        gevent.sleep(0.5 if self.slow and random.random() < 0.5 else 0.03)
        return 1000 + self.address


class SerialLine:
    def __init__(self) -> None:
        self.free = BoundedSemaphore(1)
        self.counts: Counter[str] = Counter()

    def request(self, meter: Meter, timeout: float = 0.2) -> int | None:
        value = None
        self.free.acquire()
        try:
            with gevent.Timeout(timeout, False):
                value = meter.answer()
        finally:
            self.free.release()
        self.counts["answers" if value is not None else "timeouts"] += 1
        return value


class Poller(gevent.Greenlet):
    def __init__(self, line: SerialLine, meter: Meter, every: float) -> None:
        super().__init__()
        self.name = f"poll-{meter.address}"
        self.line, self.meter, self.every = line, meter, every
        self.values: list[int] = []

    def _run(self) -> None:
        while True:
            value = self.line.request(self.meter)
            if value is not None:
                self.values = self.values[-9:] + [value]
            gevent.sleep(self.every)


class Gateway:
    def __init__(self, meters: list[Meter]) -> None:
        self.line = SerialLine()
        self.stop = Event()
        self.pollers = [Poller(self.line, meter, every=0.4) for meter in meters]
        self.beats = 0

    def _heartbeat(self) -> None:
        while True:
            gevent.sleep(1)
            self.beats += 1
            if self.beats == 8:
                print("READY", os.getpid(), flush=True)

    def _report(self) -> None:
        while not self.stop.wait(2):
            self.last = {p.meter.address: p.values[-1:] for p in self.pollers}

    def serve(self) -> None:
        heartbeat = gevent.spawn(self._heartbeat)
        heartbeat.name = "heartbeat"
        report = gevent.spawn(self._report)
        report.name = "report"
        for poller in self.pollers:
            poller.start()
        gevent.joinall([*self.pollers, heartbeat, report])


gateway = Gateway([Meter(1), Meter(2), Meter(3, slow=True)])
gateway.serve()
