# trio: a sensor's blocking driver runs on a plain thread and calls back with a token
import os, signal, threading, time
import trio
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
threading.excepthook = lambda a: None

class Driver(threading.Thread):
    def __init__(self, on_ready, token):
        super().__init__(name="driver", daemon=True)
        self.on_ready, self.token = on_ready, token
    def probe(self):
        time.sleep(LAG)
    def run(self):
        self.probe()
        trio.from_thread.run_sync(self.on_ready, trio_token=self.token)

class Sensor:
    def __init__(self): self.calibrated, self.values = trio.Event(), []
    def open(self):
        Driver(self.calibrated.set, trio.lowlevel.current_trio_token()).start()
    async def measure(self):
        await self.calibrated.wait()
        self.values.append(1)
        print("ENDED", flush=True)

async def display(s):
    while True:
        await trio.sleep(0.6)
        display.n = len(s.values)

async def main():
    s = Sensor(); s.open()
    async with trio.open_nursery() as n:
        n.start_soon(display, s, name="display")
        n.start_soon(s.measure, name="measure")
        await trio.sleep(1.4)
        print("READY", os.getpid(), flush=True)

trio.run(main)
