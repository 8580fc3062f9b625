import asyncio, concurrent.futures, heapq, itertools, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Wheel(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.heap, self.no = [], itertools.count()

    def at(self, delay):
        fut = concurrent.futures.Future()
        heapq.heappush(self.heap, (time.monotonic() + delay, next(self.no), fut))
        return fut

    def run(self):
        while True:
            time.sleep(0.25)
            while self.heap and self.heap[0][0] <= time.monotonic():
                *_, fut = heapq.heappop(self.heap)
                fut.set_running_or_notify_cancel() and fut.set_result("due")


async def main():
    wheel = Wheel()
    wheel.start()
    waiting = asyncio.wrap_future(wheel.at(LAG))
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    print("ENDED", await waiting, flush=True)


asyncio.run(main())
