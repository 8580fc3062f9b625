# healthy twin of taskgroup_eager: a timer sets the event after 25 s
import asyncio, signal
signal.alarm(900)

class TaskGroup:
    def __init__(self):
        self._tasks, self._aborting, self._on_completed_fut = set(), False, None
    async def __aenter__(self):
        return self
    async def __aexit__(self, *exc):
        while self._tasks:
            self._on_completed_fut = asyncio.get_running_loop().create_future()
            await self._on_completed_fut
    def create_task(self, coro, name):
        task = asyncio.get_running_loop().create_task(coro, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)
        return task
    def cancel(self):
        self._aborting = True
        for t in self._tasks:
            t.cancel()
    def _on_task_done(self, task):
        self._tasks.discard(task)
        if self._on_completed_fut is not None and not self._tasks and not self._on_completed_fut.done():
            self._on_completed_fut.set_result(True)

async def child(tg, done):
    tg.cancel()
    await done.wait()

async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    asyncio.get_running_loop().call_later(1, print, "READY")
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(25, done.set)
    async with TaskGroup() as tg:
        tg.create_task(child(tg, done), name="child")

asyncio.run(main())
