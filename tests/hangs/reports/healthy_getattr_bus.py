# plugins with on_NAME methods, found with getattr; a thread emits
import threading, time
from svc_noise import SLOW, ready, heartbeat, poller

class Plugin:
    def dispatch(self, name, *args):
        handler = getattr(self, "on_" + name, None)
        if handler is not None:
            return handler(*args)
    def on_tick(self):
        self.ticks = getattr(self, "ticks", 0) + 1

class Install(Plugin):
    def __init__(self):
        self.gate = threading.Event()
    def on_complete(self, path):
        self.path = path
        self.gate.set()
    def wait(self):
        self.gate.wait()
        return self.path

class Manager:
    def __init__(self):
        self.plugins = {}
    def add(self, name, plugin):
        self.plugins[name] = plugin
        return plugin
    def emit(self, name, *args):
        for plugin in self.plugins.values():
            plugin.dispatch(name, *args)

def download(manager, seconds):
    time.sleep(seconds)
    manager.emit("complete", "/opt/app")

def tick(manager):
    while True:
        time.sleep(0.5)
        manager.emit("tick")

manager = Manager()
manager.add("audit", Plugin())
install = manager.add("install", Install())
threading.Thread(target=tick, args=(manager,), name="ticker", daemon=True).start()
threading.Thread(target=download, args=(manager, SLOW), name="downloader", daemon=True).start()
ready()
install.wait()
print("DONE", flush=True)
