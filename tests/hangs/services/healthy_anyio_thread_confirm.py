# anyio: uploads run in threads; a thread asks the loop for a confirmation in the middle
import functools, os, signal, time
import anyio
from anyio import from_thread, to_thread
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Review:
    def __init__(self):
        self.confirmed = anyio.Event()
        self.log = []
    async def wait(self, name):
        self.log.append(name)
        await self.confirmed.wait()
    def approve(self):
        self.confirmed.set()

class Uploader:
    def __init__(self, review): self.review, self.parts = review, []
    def _upload(self, name):
        """runs in a worker thread"""
        for part in range(4):
            time.sleep(0.05)
            self.parts.append((name, part))
            if part == 2:
                from_thread.run(self.review.wait, name)
        return len(self.parts)
    async def upload(self, name):
        n = await to_thread.run_sync(self._upload, name)
        print("ENDED", n, flush=True)

ACTIONS = {"approve": Review.approve, "noop": lambda r: None}

async def reviewer(inbox, review):
    async for action in inbox:
        ACTIONS[action](review)

async def desk(out, plan):
    async with out:
        for delay, action in plan:
            await anyio.sleep(delay)
            await out.send(action)
        await anyio.sleep_forever()

async def probe():
    while True:
        await anyio.sleep(1)
        probe.at = anyio.current_time()

async def main():
    review = Review()
    up = Uploader(review)
    out, inbox = anyio.create_memory_object_stream(5)
    async with anyio.create_task_group() as tg:
        tg.start_soon(probe, name="probe")
        tg.start_soon(reviewer, inbox, review, name="reviewer")
        tg.start_soon(desk, out, [(0.2, "noop"), (LAG, "approve")], name="desk")
        tg.start_soon(up.upload, "film.mkv", name="upload")
        await anyio.sleep(1.5)
        print("READY", os.getpid(), flush=True)

anyio.run(main)
