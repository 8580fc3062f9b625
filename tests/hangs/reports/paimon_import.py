# one thread holds a lock and imports a module, which another thread is importing and which needs that lock (rebuilds apache/paimon pull request 9267)
import os, signal, sys, threading, time
signal.alarm(900)
with open("leaf.py", "w") as f:
    f.write("import time, __main__\ntime.sleep(0.5)\nschema = __main__.export('schema')\n")
sys.path.insert(0, os.getcwd())
resolving = threading.RLock()

def export(name):
    with resolving:
        return name.upper()

def lazy(name):
    with resolving:
        time.sleep(0.3)
        import leaf
        return getattr(leaf, name)

def load():
    import leaf

threading.Thread(target=load, name="loader").start()
time.sleep(0.1)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
lazy("schema")
while True:
    time.sleep(1)
