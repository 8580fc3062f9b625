"""A hotel's back office: rooms, bookings and billing, each with a lock of its own, tell each other what happens."""
from __future__ import annotations

import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable

signal.alarm(900)
Listener = Callable[[str], None]


class Rooms:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.state = {f"r{n}": "free" for n in range(6)}
        self.listeners: list[Listener] = []

    def out_of_order(self, room: str) -> None:
        with self.lock:
            self.state[room] = "broken"
            time.sleep(0.2)                          # door lock, minibar
            for listener in self.listeners:
                listener(room)

    def free(self) -> list[str]:
        with self.lock:
            return [r for r, s in self.state.items() if s == "free"]


class Bookings:
    def __init__(self, billing: "Billing") -> None:
        self.lock = threading.Lock()
        self.billing = billing
        self.guests: dict[str, list[str]] = defaultdict(list)

    def move_guests(self, room: str) -> None:
        with self.lock:
            self.guests["waiting"] += self.guests.pop(room, [])

    def check_out(self, room: str) -> None:
        with self.lock:
            time.sleep(0.2)                          # key cards
            self.billing.close(room, self.guests.pop(room, []))


class Billing:
    def __init__(self, rooms: Rooms) -> None:
        self.lock = threading.Lock()
        self.rooms = rooms
        self.invoices = 0
        self.nights = 0

    def close(self, room: str, guests: list[str]) -> None:
        with self.lock:
            self.invoices += 1

    def night_audit(self) -> None:
        with self.lock:
            time.sleep(0.2)                          # yesterday's figures
            self.nights += len(self.rooms.free())


class Office:
    def __init__(self) -> None:
        self.rooms = Rooms()
        self.billing = Billing(self.rooms)
        self.bookings = Bookings(self.billing)
        self.rooms.listeners.append(self.bookings.move_guests)
        self.done: dict[str, int] = defaultdict(int)

    def every(self, seconds: float, job: str, action: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            while True:
                time.sleep(seconds)
                action()
                self.done[job] += 1

        thread = threading.Thread(target=run, name=job, daemon=True)
        thread.start()
        return thread


def main() -> None:
    office = Office()
    threads = [
        office.every(0.50, "maintenance", lambda: office.rooms.out_of_order("r5")),
        office.every(0.55, "reception", lambda: office.bookings.check_out("r1")),
        office.every(0.60, "night-audit", lambda: office.billing.night_audit()),
        office.every(0.70, "website", lambda: office.rooms.free() and None),
        office.every(1.00, "heartbeat", lambda: None),
    ]
    time.sleep(4)
    print("READY", os.getpid(), flush=True)
    for thread in threads:
        thread.join()


main()
