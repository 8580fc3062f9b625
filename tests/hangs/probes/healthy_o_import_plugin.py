# healthy: import plugin
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# the plugin's module registers itself when it is imported
import importlib
import sys
import tempfile
import threading
import types

registry = types.ModuleType("plugin_registry")
registry.loaded = threading.Event()
sys.modules["plugin_registry"] = registry

CODE = """
import plugin_registry
plugin_registry.loaded.set()
"""


def loader(folder, name):
    with open(os.path.join(folder, name + ".py"), "w") as f:
        f.write(CODE)
    time.sleep(DELAY)
    importlib.import_module(name)


folder = tempfile.mkdtemp()
sys.path.insert(0, folder)
threading.Thread(target=loader, args=(folder, "late_plugin"), daemon=True).start()
loaded = registry.loaded
print("READY", flush=True)
loaded.wait()
print("DONE", flush=True)
