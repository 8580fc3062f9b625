import os, pathlib, signal, sys, tempfile, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
home = tempfile.TemporaryDirectory()
pathlib.Path(home.name, "hq_guard_base.py").write_text('''
class Guarded:
    _guard = None
    def _begin(self):
        self._guard.acquire()
        return self
    def _end(self, *exc):
        self._guard.release()
    __enter__, __exit__ = _begin, _end
''')
sys.path.insert(0, home.name)
import hq_guard_base


class Ledger(hq_guard_base.Guarded):
    def __init__(self):
        self._guard = threading.Lock()
        self.rows = []

    def rebuild(self):
        with self:
            time.sleep(LAG)
            self.rows.append("rebuilt")

    def read(self):
        with self as me:
            print("ENDED", me.rows, flush=True)


ledger = Ledger()
a, b = threading.Thread(target=ledger.rebuild), threading.Thread(target=ledger.read)
a.start()
time.sleep(0.2)
b.start()
time.sleep(0.3)
print("READY", os.getpid(), flush=True)
b.join()
