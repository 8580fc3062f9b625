# healthy: setattr state
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# observable state: an assignment notifies those who watch the attribute
import threading


class Observable:
    def __init__(self):
        object.__setattr__(self, "watchers", {})

    def watch(self, name, callback):
        self.watchers.setdefault(name, []).append(callback)

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        for callback in self.watchers.get(name, ()):
            callback(value)


class Door(Observable):
    def __init__(self):
        super().__init__()
        self.position = "closed"


class Guard:
    def __init__(self, door):
        self.opened = threading.Event()
        door.watch("position", self.moved)

    def moved(self, position):
        if position == "open":
            self.opened.set()


def motor(door):
    time.sleep(DELAY)
    door.position = "open"


door = Door()
guard = Guard(door)
threading.Thread(target=motor, args=(door,), daemon=True).start()
print("READY", flush=True)
guard.opened.wait()
print("DONE", flush=True)
