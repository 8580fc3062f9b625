"""A process that is being finalised: an object's `__del__` sleeps while the interpreter is torn down.

Uses nothing of this directory.
"""

import signal
import time


class Slow:
    def __del__(self, announce=print, sleep=time.sleep):
        announce("READY", flush=True)
        sleep(3600)


if __name__ == "__main__":
    signal.alarm(600)
    kept = Slow()
