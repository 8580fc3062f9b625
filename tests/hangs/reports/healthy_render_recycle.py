# Thumbnail service: a process pool recycles its worker after a few images to keep a leaky codec in check.
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor


class Stats:
    def __init__(self):
        self.done = 0

    def log(self):
        while True:
            time.sleep(4)
            print(f"rendered {self.done}", flush=True)


def render(name):
    time.sleep(0.3)
    return f"{name}.png"


def album(executor, stats, names):
    jobs = [executor.submit(render, name) for name in names]
    for job in jobs:
        job.result()
        stats.done += 1


def main():
    signal.alarm(900)
    stats = Stats()
    threading.Thread(target=stats.log, name="stats", daemon=True).start()
    with ProcessPoolExecutor(max_workers=1, max_tasks_per_child=None) as executor:
        ready = threading.Timer(3.5, lambda: print("READY", flush=True))
        ready.daemon = True
        ready.start()
        number = 0
        while True:
            number += 1
            album(executor, stats, [f"album-{number}-{n}" for n in range(10)])
            time.sleep(1)


if __name__ == "__main__":
    main()
