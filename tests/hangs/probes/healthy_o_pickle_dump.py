# healthy: pf11 pickle dump
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import pickle
import threading


class State:
    def __init__(self):
        self.event = threading.Event()

    def __reduce__(self):
        self.event.set()
        return (dict, ())


def build(state):
    time.sleep(DELAY)
    pickle.dumps(state)


state = State()
threading.Thread(target=build, args=(state,), daemon=True).start()
print("READY", flush=True)
state.event.wait()
print("DONE", flush=True)
