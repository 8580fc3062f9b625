"""Quarterly reports are rendered in processes of their own, which inherit the exchange rates that the service has in memory."""
from __future__ import annotations

import dataclasses
import itertools
import multiprocessing as mp
import os
import random
import signal
import threading
import time
import warnings
from multiprocessing.connection import Connection

signal.alarm(900)
warnings.simplefilter("ignore", DeprecationWarning)
context = mp.get_context("fork")


class RateCache:
    """Kept up to date by a thread."""

    def __init__(self) -> None:
        self.rates = {"EUR": 1.0, "USD": 1.08, "CHF": 0.94}
        self.refreshes = 0
        self._new_lock()

    def _new_lock(self) -> None:
        self.lock = threading.Lock()

    def refresh(self) -> None:
        with self.lock:
            for currency in self.rates:
                time.sleep(0.1)
                self.rates[currency] *= random.uniform(0.999, 1.001)
            self.refreshes += 1

    def rate(self, currency: str) -> float:
        with self.lock:
            return self.rates[currency]


class Refresher(threading.Thread):
    def __init__(self, cache: RateCache) -> None:
        super().__init__(name="rate-refresh", daemon=True)
        self.cache = cache

    def run(self) -> None:
        while True:
            self.cache.refresh()
            time.sleep(0.25)


@dataclasses.dataclass(frozen=True)
class Order:
    quarter: int
    currency: str


def render(order: Order, cache: RateCache, result: Connection) -> None:
    signal.alarm(900)
    time.sleep(0.1)
    result.send(f"Q{order.quarter}: {1000 * cache.rate(order.currency):.2f} {order.currency}")


class ReportService:
    def __init__(self, cache: RateCache) -> None:
        self.cache = cache
        self.reports: list[str] = []

    def make(self, order: Order) -> str:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=render, args=(order, self.cache, sender), name=f"report-{order.currency}", daemon=True)
        process.start()
        sender.close()
        report = receiver.recv()
        process.join()
        return report

    def run(self) -> None:
        for n, currency in zip(itertools.count(), itertools.cycle(("EUR", "USD", "CHF"))):
            self.reports.append(self.make(Order(n % 4 + 1, currency)))
            time.sleep(random.uniform(0.2, 0.6))


class PriceBoard(threading.Thread):
    """Shows the rates in the lobby."""

    def __init__(self, cache: RateCache) -> None:
        super().__init__(name="price-board", daemon=True)
        self.cache, self.shown = cache, 0

    def run(self) -> None:
        for tick in range(10**9):
            self.line = f"USD {self.cache.rate('USD'):.4f}"
            self.shown += 1
            time.sleep(0.5)
            if tick == 14:
                print("READY", os.getpid(), flush=True)


def main() -> None:
    cache = RateCache()
    Refresher(cache).start()
    PriceBoard(cache).start()
    ReportService(cache).run()


main()
