# healthy probe: a task takes the lock by one command and gives it back by another one, which comes after 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Device:
    def __init__(self): self.lock, self.commands = asyncio.Lock(), asyncio.Queue()
    async def run(self):
        while True:
            command = await self.commands.get()
            if command == "a": await self.lock.acquire()
            elif command == "r": self.lock.release()
async def user(device):
    await device.commands.put("a")
    await asyncio.sleep(25)
    await device.commands.put("r")
async def main():
    device = Device()
    run = asyncio.create_task(device.run(), name="device")
    use = asyncio.create_task(user(device), name="user")
    await asyncio.sleep(0.3)
    await device.lock.acquire()
asyncio.run(main())
