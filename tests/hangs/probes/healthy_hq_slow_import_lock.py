import importlib, os, pathlib, signal, sys, tempfile, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
home = tempfile.TemporaryDirectory()
pathlib.Path(home.name, "hq_slow_tables.py").write_text(f"""
import time

def build():
    time.sleep({LAG})
    return dict(enumerate("abc"))

TABLE = build()
""")
sys.path.insert(0, home.name)


def warm_up():
    importlib.import_module("hq_slow_tables")


def request():
    from hq_slow_tables import TABLE
    print("ENDED", TABLE, flush=True)


first = threading.Thread(target=warm_up)
first.start()
time.sleep(0.5)
second = threading.Thread(target=request)
second.start()
time.sleep(0.3)
print("READY", os.getpid(), flush=True)
second.join()
