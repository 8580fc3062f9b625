# healthy: pluggy hook
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# pluggy: the host calls hooks, a plugin hears
import threading

import pluggy

spec = pluggy.HookspecMarker("app")
impl = pluggy.HookimplMarker("app")


class Spec:
    @spec
    def app_ready(self):
        pass


class Plugin:
    def __init__(self):
        self.ready = threading.Event()

    @impl
    def app_ready(self):
        self.ready.set()


def host(manager):
    time.sleep(DELAY)
    manager.hook.app_ready()


manager = pluggy.PluginManager("app")
manager.add_hookspecs(Spec)
plugin = Plugin()
manager.register(plugin)
threading.Thread(target=host, args=(manager,), daemon=True).start()
print("READY", flush=True)
plugin.ready.wait()
print("DONE", flush=True)
