"""Chat sessions are kept in a cache of limited size; a session that goes leaves its rooms."""
from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import OrderedDict, defaultdict

signal.alarm(900)


class Hub:
    """Rooms with their members, and the sessions of the users that were here last."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._rooms: defaultdict[str, set[str]] = defaultdict(set)

    def session(self, user: str) -> "Session":
        with self._lock:
            session = self._sessions.get(user)
            if session is None:
                session = self._sessions[user] = Session(self, user)
                if len(self._sessions) > self.capacity:
                    self._sessions.popitem(last=False)
            else:
                self._sessions.move_to_end(user)
        return session

    def join(self, user: str, room: str) -> None:
        with self._lock:
            self._rooms[room].add(user)

    def leave(self, user: str) -> None:
        with self._lock:
            for members in self._rooms.values():
                members.discard(user)

    def members(self, room: str) -> list[str]:
        with self._lock:
            return sorted(self._rooms[room])


class Session:
    def __init__(self, hub: Hub, user: str) -> None:
        self.hub, self.user = hub, user
        self.said = 0

    def say(self, room: str, text: str) -> None:
        self.hub.join(self.user, room)
        self.said += 1

    def __del__(self) -> None:
        self.hub.leave(self.user)


class Connection(threading.Thread):
    """Speaks for many users, in the manner of a gateway."""

    def __init__(self, hub: Hub, number: int) -> None:
        super().__init__(name=f"gateway-{number}", daemon=True)
        self.hub, self.number = hub, number
        self.messages = 0

    def run(self) -> None:
        while True:
            user = f"user-{self.number}-{self.messages // 3}"
            self._speak(user, random.choice(("lobby", "help")))
            self.messages += 1
            time.sleep(0.05)

    def _speak(self, user: str, room: str) -> None:
        self.hub.session(user).say(room, "hello")


class RoomList(threading.Thread):
    def __init__(self, hub: Hub) -> None:
        super().__init__(name="room-list", daemon=True)
        self.hub, self.refreshed = hub, 0

    def run(self) -> None:
        while True:
            time.sleep(0.5)
            self.lobby = len(self.hub.members("lobby"))
            self.refreshed += 1


class Uptime(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="uptime", daemon=True)
        self.seconds = 0

    def run(self) -> None:
        while True:
            time.sleep(1)
            self.seconds += 1
            if self.seconds == 5:
                print("READY", os.getpid(), flush=True)


def main() -> None:
    hub = Hub(capacity=16)
    threads = [Connection(hub, n) for n in range(2)] + [RoomList(hub), Uptime()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
