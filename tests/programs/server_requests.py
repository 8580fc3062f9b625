"""Counts the requests that a server has answered, where a test can read it."""

import itertools
import mmap
import signal

#: So many answers show that every client is past its first requests.
FLOWING = 200
#: Nothing is left running when the test could not end it.
LIFETIME_S = 900


class Requests:
    """A number in a file, and READY once requests flow."""

    def __init__(self, path):
        signal.alarm(LIFETIME_S)
        with open(path, "w+b") as file:
            file.truncate(8)
            self._count = memoryview(mmap.mmap(file.fileno(), 8)).cast("Q")
        self._numbers = itertools.count(1)

    def answered(self):
        """Count one; any thread may."""
        number = next(self._numbers)
        self._count[0] = number
        if number == FLOWING:
            print("READY", flush=True)
