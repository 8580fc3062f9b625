import os, pathlib, signal, sys, tempfile, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
home = tempfile.TemporaryDirectory()
pathlib.Path(home.name, "hq_pool.py").write_text('''
from concurrent.futures import ThreadPoolExecutor
_pool = ThreadPoolExecutor(3, thread_name_prefix="idle")
for n in range(3):
    _pool.submit(n.bit_length)
def background(fn, *a, **k):
    return _pool.submit(fn, *a, **k)
''')
pathlib.Path(home.name, "hq_store.py").write_text('''
import time
from hq_pool import background
def fetch(key, *, delay, on_done=None, on_fail=None):
    time.sleep(delay)
    on_done(key=key)
def fetch_later(*args, **options):
    background(fetch, *args, **options)
''')
sys.path.insert(0, home.name)
import hq_store


class View:
    def __init__(self):
        self.turn, self.rows = threading.Condition(), []

    def show(self, *, key):
        with self.turn:
            self.rows.append(key)
            self.turn.notify()


view = View()
hq_store.fetch_later("invoice", delay=LAG, on_done=view.show)
threading.Timer(0.5, lambda: print("READY", os.getpid(), flush=True)).start()
with view.turn:
    view.turn.wait_for(lambda: view.rows)
print("ENDED", view.rows, flush=True)
