"""A client for a service that speaks JSON over a socket: single calls, and batches to save round trips."""
from __future__ import annotations

import dataclasses
import itertools
import json
import os
import random
import signal
import socket
import threading
import time
from concurrent.futures import Future
from typing import Any

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Call:
    method: str
    params: dict[str, Any] = dataclasses.field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


class Warehouse(threading.Thread):
    """Stands for the service at the other end."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(name="warehouse", daemon=True)
        self.stream = connection.makefile("rw")

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        return {"method": call["method"], "value": random.randint(0, 500)}

    def run(self) -> None:
        for line in self.stream:
            request = json.loads(line)
            time.sleep(0.05)
            if "batch" in request:
                reply = {"batch": {number: self.answer(call) for number, call in request["batch"].items()}}
            else:
                reply = {"id": request["id"], "result": self.answer(request["call"])}
            self.stream.write(json.dumps(reply) + "\n")
            self.stream.flush()


class Client:
    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rw")
        self._sending = threading.Lock()
        self._numbers = itertools.count(1)
        self._pending: dict[int, Future[dict[str, Any]]] = {}
        self.strays = 0
        threading.Thread(target=self._receive, name="rpc-receive", daemon=True).start()

    def _receive(self) -> None:
        for line in self._stream:
            message = json.loads(line)
            if "batch" in message:
                for number, result in message["batch"].items():
                    self._finish(int(number), result)
            else:
                self._finish(message["id"], message["result"])

    def _finish(self, number: int, result: dict[str, Any]) -> None:
        future = self._pending.pop(number, None)
        if future is None:
            self.strays += 1                     # the call has been given up
            return
        future.set_result(result)

    def _register(self) -> tuple[int, Future[dict[str, Any]]]:
        number = next(self._numbers)
        self._pending[number] = Future()
        return number, self._pending[number]

    def _send(self, message: dict[str, Any]) -> None:
        with self._sending:
            self._stream.write(json.dumps(message) + "\n")
            self._stream.flush()

    def call(self, call: Call) -> dict[str, Any]:
        number, future = self._register()
        self._send({"id": number, "call": call.to_json()})
        return future.result()

    def call_many(self, calls: list[Call]) -> list[dict[str, Any]]:
        registered = [self._register() for _ in calls]
        self._send({"batch": {number: call.to_json() for (number, _), call in zip(registered, calls)}})
        return [future.result() for _, future in registered]


class PriceTags(threading.Thread):
    def __init__(self, client: Client) -> None:
        super().__init__(name="price-tags", daemon=True)
        self.client, self.prices = client, 0

    def run(self) -> None:
        while True:
            self.client.call(Call("price", {"article": self.prices % 100}))
            self.prices += 1
            time.sleep(0.3)


class StockSync(threading.Thread):
    """A few single articles by day, all of them at once in the evening."""

    def __init__(self, client: Client) -> None:
        super().__init__(name="stock-sync", daemon=True)
        self.client, self.synced = client, 0

    def run(self) -> None:
        while True:
            for article in range(6):
                self.client.call(Call("stock", {"article": article}))
                self.synced += 1
                time.sleep(0.2)
            self.synced += len(self.client.call_many([Call("stock", {"article": n}) for n in range(20)]))


def main() -> None:
    ours, theirs = socket.socketpair()
    Warehouse(theirs).start()
    client = Client(ours)
    PriceTags(client).start()
    sync = StockSync(client)
    sync.start()
    time.sleep(6)
    print("READY", os.getpid(), flush=True)
    sync.join()


main()
