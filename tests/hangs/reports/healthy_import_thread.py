# healthy twin of import_thread: the thread does not import it, and takes 25 s
import os, signal, sys, threading
signal.alarm(900)
os.makedirs("app", exist_ok=True)
open("app/__init__.py", "w").write("")
open("app/settings.py", "w").write("""import threading
from app import loader

debug = True
thread = threading.Thread(target=loader.load, name="loader")
thread.start()
thread.join()
""")
open("app/loader.py", "w").write("""
def load():
    import time
    time.sleep(25)
""")
sys.path.insert(0, os.getcwd())
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
import app.settings
