"""A platform for several tenants: each service exists once for each tenant, a metaclass sees to that."""
from __future__ import annotations

import os
import queue
import signal
import threading
import time
from typing import Any

signal.alarm(900)


class PerTenant(type):
    """One instance for each class and tenant."""

    _instances: dict[tuple[type, str], Any] = {}
    _lock = threading.RLock()

    def __call__(cls, tenant: str) -> Any:
        key = (cls, tenant)
        if key not in PerTenant._instances:
            with PerTenant._lock:
                if key not in PerTenant._instances:
                    PerTenant._instances[key] = super().__call__(tenant)
        return PerTenant._instances[key]


class Database(metaclass=PerTenant):
    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.rows: list[str] = []
        time.sleep(0.1)                              # connect

    def insert(self, row: str) -> None:
        self.rows.append(row)


class AuditTrail(metaclass=PerTenant):
    def __init__(self, tenant: str) -> None:
        self.database = Database(tenant)

    def record(self, what: str) -> None:
        self.database.insert(f"audit: {what}")


class OrderDesk(metaclass=PerTenant):
    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.orders = 0

    def order(self, article: str) -> None:
        Database(self.tenant).insert(article)
        AuditTrail(self.tenant).record(f"ordered {article}")
        self.orders += 1

    def login(self, user: str) -> None:
        AuditTrail(self.tenant).record(f"{user} came")


class RequestPool:
    def __init__(self, size: int) -> None:
        self.requests: queue.Queue[tuple[str, str, str]] = queue.Queue()
        self.served = 0
        for n in range(size):
            threading.Thread(target=self._work, name=f"request-{n}", daemon=True).start()

    def _work(self) -> None:
        while True:
            tenant, action, argument = self.requests.get()
            getattr(OrderDesk(tenant), action)(argument)
            self.served += 1


class Traffic(threading.Thread):
    """What users do: most order at once, some log in first."""

    def __init__(self, pool: RequestPool) -> None:
        super().__init__(name="traffic", daemon=True)
        self.pool = pool

    def run(self) -> None:
        for n in range(10**9):
            action = ("login", "ann") if n % 8 == 4 else ("order", "chair")
            self.pool.requests.put((f"tenant-{n // 2}", *action))
            time.sleep(0.4)


class Heartbeat(threading.Thread):
    def __init__(self, pool: RequestPool) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.pool = pool

    def run(self) -> None:
        for tick in range(10**9):
            time.sleep(1)
            self.backlog = self.pool.requests.qsize()
            if tick == 4:
                print("READY", os.getpid(), flush=True)


pool = RequestPool(3)
traffic = Traffic(pool)
Heartbeat(pool).start()
traffic.start()
traffic.join()
