"""A bank's core: accounts are guarded by a few striped locks, so that there need not be one for each of a million accounts."""
from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import os
import signal
from collections import defaultdict
from collections.abc import AsyncIterator

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Transfer:
    source: int
    target: int
    cents: int


class StripedLocks:
    """Many keys, few locks."""

    def __init__(self, stripes: int) -> None:
        self._locks = [asyncio.Lock() for _ in range(stripes)]

    def index(self, account: int) -> int:
        return account * 7 % len(self._locks)

    def order(self, accounts: tuple[int, ...]) -> list[int]:
        """Always in the same order, against deadlocks."""
        return sorted(self.index(account) for account in accounts)

    @contextlib.asynccontextmanager
    async def holding(self, *accounts: int) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for number in self.order(accounts):
                await stack.enter_async_context(self._locks[number])
            yield


class Ledger:
    def __init__(self) -> None:
        self.balances: defaultdict[int, int] = defaultdict(lambda: 100_000)
        self.journal: list[Transfer] = []

    async def book(self, transfer: Transfer) -> None:
        await asyncio.sleep(0.05)
        self.balances[transfer.source] -= transfer.cents
        self.balances[transfer.target] += transfer.cents
        self.journal.append(transfer)


class Bank:
    def __init__(self, ledger: Ledger, locks: StripedLocks) -> None:
        self.ledger, self.locks = ledger, locks

    async def transfer(self, transfer: Transfer) -> None:
        async with self.locks.holding(transfer.source, transfer.target):
            await self.ledger.book(transfer)

    async def balance(self, account: int) -> int:
        async with self.locks.holding(account):
            await asyncio.sleep(0.02)
            return self.ledger.balances[account]


class StandingOrders:
    """The same transfers, again and again."""

    def __init__(self, bank: Bank, transfers: list[Transfer]) -> None:
        self.bank, self.transfers = bank, transfers
        self.executed = 0

    async def run(self) -> None:
        for transfer in itertools.cycle(self.transfers):
            await self.bank.transfer(transfer)
            self.executed += 1
            await asyncio.sleep(0.3)


class OnlineBanking:
    def __init__(self, bank: Bank, account: int) -> None:
        self.bank, self.account = bank, account
        self.shown: int | None = None

    async def run(self) -> None:
        while True:
            self.shown = await self.bank.balance(self.account)
            await asyncio.sleep(0.4)


async def interest(ledger: Ledger) -> None:
    while True:
        await asyncio.sleep(0.5)
        interest.accounts = len(ledger.balances)


async def announce() -> None:
    await asyncio.sleep(5)
    print("READY", os.getpid(), flush=True)


async def main() -> None:
    ledger = Ledger()
    bank = Bank(ledger, StripedLocks(8))
    rent = StandingOrders(bank, [Transfer(1, 2, 90_000), Transfer(2, 6, 500), Transfer(4, 7, 1_200), Transfer(3, 11, 2_500)])
    async with asyncio.TaskGroup() as tg:
        tg.create_task(announce(), name="announce")
        tg.create_task(interest(ledger), name="interest")
        tg.create_task(rent.run(), name="standing-orders")
        for account in (3, 5, 11):
            tg.create_task(OnlineBanking(bank, account).run(), name=f"online-{account}")


asyncio.run(main())
