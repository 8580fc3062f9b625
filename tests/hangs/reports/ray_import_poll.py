# the main thread polls, with a lock, until a class is imported, and the thread that imports needs the lock (rebuilds ray-project/ray issue 17980)
import signal, threading, time
signal.alarm(900)

class FunctionManager:
    def __init__(self):
        self.lock = threading.RLock()
        self.imported_actor_classes = set()
    def load_actor_class(self, name):
        with self.lock:
            while name not in self.imported_actor_classes:
                time.sleep(0.05)
    def fetch_and_register_remote_function(self, name):
        with self.lock:
            pass
    def import_thread(self):
        time.sleep(0.2)
        self.fetch_and_register_remote_function("f")
        self.imported_actor_classes.add("Counter")

manager = FunctionManager()
threading.Thread(target=manager.import_thread, name="ray-import", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
manager.load_actor_class("Counter")
