import os, pathlib, pkgutil, signal, sys, tempfile, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
home = tempfile.TemporaryDirectory()
pathlib.Path(home.name, "hq_actions.py").write_text('''
def __getattr__(name):
    verb, _, attr = name.partition("_")
    if verb != "do":
        raise AttributeError(name)
    def action(target, *args):
        return getattr(target, attr)(*args)
    return action
''')
sys.path.insert(0, home.name)
CONFIG = {"on_idle": "hq_actions:do_release", "on_error": "hq_actions:do_clear"}


class Door:
    def __init__(self):
        self._sem = threading.Semaphore(0)
        self.release, self.enter = self._sem.release, self._sem.acquire


def trigger(kind, door):
    time.sleep(LAG)
    pkgutil.resolve_name(CONFIG["on_" + kind])(door)


door = Door()
threading.Thread(target=trigger, args=("idle", door)).start()
threading.Timer(0.5, lambda: print("READY", os.getpid(), flush=True)).start()
door.enter()
print("ENDED", flush=True)
