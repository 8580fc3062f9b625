# healthy: metaclass getitem
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# channels are made once by name: Channel["news"]
import threading


class Named(type):
    def __init__(cls, name, bases, namespace):
        super().__init__(name, bases, namespace)
        cls._instances = {}

    def __getitem__(cls, name):
        if name not in cls._instances:
            cls._instances[name] = cls(name)
        return cls._instances[name]


class Channel(metaclass=Named):
    def __init__(self, name):
        self.name = name
        self.opened = threading.Condition()
        self.is_open = False

    def open(self):
        with self.opened:
            self.is_open = True
            self.opened.notify_all()

    def wait_open(self):
        with self.opened:
            self.opened.wait_for(lambda: self.is_open)


def radio():
    time.sleep(DELAY)
    Channel["news"].open()


threading.Thread(target=radio, daemon=True).start()
print("READY", flush=True)
Channel["news"].wait_open()
print("DONE", flush=True)
