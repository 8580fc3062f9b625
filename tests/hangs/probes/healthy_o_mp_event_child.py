# healthy: mp event child
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a multiprocessing.Event that a child process sets
import multiprocessing


class Warmup(multiprocessing.Process):
    def __init__(self, done):
        super().__init__(daemon=True)
        self.done = done

    def run(self):
        time.sleep(DELAY)
        self.done.set()


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    multiprocessing.set_start_method("fork")
    done = multiprocessing.Event()
    Warmup(done).start()
    print("READY", flush=True)
    done.wait()
    print("DONE", flush=True)
