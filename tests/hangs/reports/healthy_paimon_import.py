# healthy twin of paimon_import: the import comes before the lock; it takes 25 s
import os, signal, sys, threading, time
signal.alarm(900)
with open("leaf.py", "w") as f:
    f.write("import time, __main__\ntime.sleep(25)\nschema = __main__.export('schema')\n")
sys.path.insert(0, os.getcwd())
resolving = threading.RLock()

def export(name):
    with resolving:
        return name.upper()

def lazy(name):
    import leaf
    with resolving:
        return getattr(leaf, name)

def load():
    import leaf

threading.Thread(target=load, name="loader").start()
time.sleep(0.1)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
lazy("schema")
while True:
    time.sleep(1)
