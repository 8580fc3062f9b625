# blinker keeps receivers weakly: a closure is gone as soon as the function that connected it returns
import threading, time
from blinker import Namespace
from svc_noise import SLOW, ready, heartbeat, poller
signals = Namespace()
migrated = signals.signal("migrated")
ticked = signals.signal("ticked")

class Migration:
    def __init__(self):
        self.event, self.version = threading.Event(), None
    def listen(self):
        def on_migrated(sender, version):
            self.version = version
            self.event.set()
        migrated.connect(on_migrated, weak=False)
    def wait(self):
        self.event.wait()
        return self.version

def on_tick(sender):
    pass

def migrate(seconds):
    time.sleep(seconds)
    migrated.send("migrator", version=7)

def tick():
    while True:
        time.sleep(0.5)
        ticked.send("ticker")

ticked.connect(on_tick)
threading.Thread(target=tick, name="ticker", daemon=True).start()
migration = Migration()
migration.listen()
threading.Thread(target=migrate, args=(SLOW,), name="migrator", daemon=True).start()
poller(lambda: len(migrated.receivers))
ready()
print(migration.wait())
print("DONE", flush=True)
