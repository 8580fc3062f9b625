# Camera recorder: the capture process announces each new segment on a board, encoder processes wait for it.
import multiprocessing as mp
import os
import signal
import threading
import time


class SegmentBoard:
    def __init__(self, ctx):
        self.fresh = ctx.Condition()
        self.latest = ctx.Value("i", 0, lock=False)

    def newer_than(self, seen):
        with self.fresh:
            while self.latest.value <= seen:
                self.fresh.wait()
            return self.latest.value

    def publish(self, number):
        with self.fresh:
            self.latest.value = number
            self.fresh.notify_all()


def encoder(board):
    signal.alarm(900)
    seen = 0
    while True:
        seen = board.newer_than(seen)
        time.sleep(0.2)


def oom_killer(victim):
    os.kill(victim.pid, signal.SIGKILL)
    victim.join()


def metrics():
    while True:
        time.sleep(5)
        os.getloadavg()


def main():
    signal.alarm(900)
    ctx = mp.get_context("fork")
    board = SegmentBoard(ctx)
    encoders = [ctx.Process(target=encoder, args=(board,), name=f"encoder-{n}", daemon=True) for n in range(2)]
    for process in encoders:
        process.start()
    time.sleep(0.7)
    threading.Thread(target=metrics, name="metrics", daemon=True).start()
    ready = threading.Timer(1, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    number = 0
    while True:
        number += 1
        board.publish(number)
        time.sleep(1)


if __name__ == "__main__":
    main()
