"""Exchange rates under gevent: a rate is fetched once, and all who want it meanwhile share that flight."""
from __future__ import annotations

import gevent
import gevent.monkey

gevent.monkey.patch_all()

import dataclasses
import os
import random
import signal
import time

from gevent.event import AsyncResult

signal.alarm(900)


class RatesDown(Exception):
    pass


class Bank:
    """Stands for the bank's API, which is slow for a while every four seconds."""

    def __init__(self) -> None:
        self.calls = 0

    def fetch(self, currency: str) -> float:
        self.calls += 1
        if self.calls % 9 == 0:
            raise ConnectionResetError("bank")
        time.sleep(1.0 if time.monotonic() % 4 < 1.5 else 0.15)
        return round(random.uniform(0.8, 1.4), 4)


@dataclasses.dataclass
class Entry:
    rate: float
    until: float


class RateCache:
    def __init__(self, bank: Bank, seconds: float = 0.2) -> None:
        self.bank, self.seconds = bank, seconds
        self.entries: dict[str, Entry] = {}
        self.flights: dict[str, AsyncResult] = {}

    def get(self, currency: str) -> float:
        entry = self.entries.get(currency)
        if entry and entry.until > time.monotonic():
            return entry.rate
        if flight := self.flights.get(currency):
            return flight.get()
        return self._lead(currency)

    def _lead(self, currency: str) -> float:
        flight = self.flights[currency] = AsyncResult()
        try:
            rate = self.bank.fetch(currency)
        except BaseException as e:
            del self.flights[currency]
            flight.set_exception(RatesDown(str(e)))
            raise RatesDown(str(e)) from e
        self.entries[currency] = Entry(rate, time.monotonic() + self.seconds)
        del self.flights[currency]
        flight.set(rate)
        return rate


class Checkout:
    """In a hurry: falls back to yesterday's rate after half a second."""

    def __init__(self, rates: RateCache, currency: str) -> None:
        self.rates, self.currency = rates, currency
        self.sold = self.fallbacks = 0

    def rate(self) -> float:
        try:
            with gevent.Timeout(0.5):
                return self.rates.get(self.currency)
        except (gevent.Timeout, RatesDown):
            self.fallbacks += 1
            return 1.0

    def run(self) -> None:
        while True:
            self.rate()
            self.sold += 1
            gevent.sleep(0.1)


class Invoicing:
    """Has time: waits for the right rate."""

    def __init__(self, rates: RateCache, currency: str) -> None:
        self.rates, self.currency, self.written = rates, currency, 0

    def run(self) -> None:
        while True:
            try:
                self.rates.get(self.currency)
                self.written += 1
            except RatesDown:
                pass
            gevent.sleep(0.9)


def stock_level() -> None:
    while True:
        gevent.sleep(0.4)
        stock_level.value = random.randint(0, 500)


def main() -> None:
    rates = RateCache(Bank())
    jobs = [Checkout(rates, "EUR"), Checkout(rates, "CHF"), Invoicing(rates, "EUR"), Invoicing(rates, "CHF")]
    greenlets = [gevent.spawn(job.run) for job in jobs] + [gevent.spawn(stock_level)]
    for greenlet, job in zip(greenlets, jobs):
        greenlet.name = f"{type(job).__name__.lower()}-{job.currency}"
    gevent.spawn_later(14, print, "READY", os.getpid(), flush=True)
    gevent.joinall(greenlets)


main()
