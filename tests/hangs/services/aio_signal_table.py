# a journal that is rotated by a signal (logrotate), an archiver waits for each rotation
import asyncio, os, signal
signal.alarm(900)

class Journal:
    SIGNALS = {"SIGUSR2": "rotate", "SIGUSR1": "flush"}
    def __init__(self):
        self.lines, self.generation, self.waiters = [], 0, []
    def rotate(self):
        self.generation += 1
        self.lines.clear()
        while self.waiters:
            self.waiters.pop().set_result(self.generation)
    def flush(self): pass
    def hook(self, loop):
        for name, method in self.SIGNALS.items():
            loop.add_signal_handler(getattr(signal, name), getattr(self, method))
    def quiesce(self, loop):
        for name in self.SIGNALS:
            loop.remove_signal_handler(getattr(signal, name))
    def rotated(self):
        fut = asyncio.get_running_loop().create_future()
        self.waiters.append(fut)
        return fut

class Archiver:
    def __init__(self, journal): self.journal, self.done = journal, []
    async def archive(self):
        while True:
            self.done.append(await self.journal.rotated())
            print("ENDED", self.done, flush=True)

async def producer(journal):
    n = 0
    while True:
        await asyncio.sleep(0.5)
        n += 1
        journal.lines.append(n)

async def main():
    loop, journal = asyncio.get_running_loop(), Journal()
    journal.hook(loop)
    journal.quiesce(loop)
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    async with asyncio.TaskGroup() as tg:
        tg.create_task(Archiver(journal).archive(), name="archive")
        tg.create_task(producer(journal), name="producer")
        await asyncio.sleep(1.5)
        print("READY", os.getpid(), flush=True)

asyncio.run(main())
