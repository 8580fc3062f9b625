"""Bank statements: a batch of payments is booked by a task group; a lock keeps readers away meanwhile."""
from __future__ import annotations

import dataclasses
import os
import signal
from collections import defaultdict

import anyio
from anyio.abc import TaskStatus

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Payment:
    account: str
    cents: int


class Rates:
    """From another service."""

    async def convert(self, cents: int) -> int:
        await anyio.sleep(0.05)
        return round(cents * 1.08)


class Ledger:
    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self.lock = anyio.Lock()
        self.balances: defaultdict[str, int] = defaultdict(int)
        self.booked = 0
        self.batches = 0

    async def book(self, payment: Payment) -> None:
        cents = await self.rates.convert(payment.cents)
        async with self.lock:
            self._add(payment.account, cents)

    async def book_batch(self, batch: list[Payment]) -> None:
        async with self.lock:
            async with anyio.create_task_group() as group:
                for n, payment in enumerate(batch):
                    group.start_soon(self.book, payment, name=f"book-{n}")
            self.batches += 1

    def _add(self, account: str, cents: int) -> None:
        self.balances[account] += cents
        self.booked += 1

    async def balance(self, account: str) -> int:
        async with self.lock:
            return self.balances[account]


class CardTerminal:
    """Single payments, all the time."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.sold = ledger, 0

    async def run(self) -> None:
        while True:
            await self.ledger.book(Payment("shop", 250))
            self.sold += 1
            await anyio.sleep(0.3)


class BankFiles:
    """A file with many payments every now and then."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    async def run(self) -> None:
        while True:
            await anyio.sleep(1)
            await self.ledger.book_batch([Payment(f"customer-{n}", 100 * n) for n in range(3)])


class Website:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.views = ledger, 0

    async def run(self) -> None:
        while True:
            await self.ledger.balance("shop")
            self.views += 1
            await anyio.sleep(0.2)


async def heartbeat(*, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
    task_status.started()
    for beat in range(10**9):
        await anyio.sleep(1)
        if beat == 3:
            print("READY", os.getpid(), flush=True)


async def main() -> None:
    ledger = Ledger(Rates())
    async with anyio.create_task_group() as services:
        await services.start(heartbeat, name="heartbeat")
        services.start_soon(CardTerminal(ledger).run, name="card-terminal")
        services.start_soon(BankFiles(ledger).run, name="bank-files")
        services.start_soon(Website(ledger).run, name="website")


anyio.run(main)
