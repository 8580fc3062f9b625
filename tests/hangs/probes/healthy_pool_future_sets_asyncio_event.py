# healthy probe: a done callback of a pool's job (25 s) hands event.set to the loop
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Bridge:
    def __init__(self, loop):
        self.loop, self.done = loop, asyncio.Event()
    def on_done(self, future):
        self.loop.call_soon_threadsafe(self.done.set)
async def main():
    bridge = Bridge(asyncio.get_running_loop())
    pool = concurrent.futures.ThreadPoolExecutor(1)
    pool.submit(time.sleep, 25).add_done_callback(bridge.on_done)
    await bridge.done.wait()
asyncio.run(main())
