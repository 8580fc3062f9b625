# somebody waits for the result of a task whose results are ignored, so that the worker never reports it (rebuilds celery/celery issue 2652)
import asyncio, signal
signal.alarm(900)

class Backend:
    def __init__(self):
        self.waiting = {}
    async def get(self, task_id):
        self.waiting[task_id] = asyncio.get_running_loop().create_future()
        return await self.waiting[task_id]
    def store(self, task_id, result):
        self.waiting[task_id].set_result(result)

async def worker(backend, tasks):
    while True:
        task_id, ignore_result = await tasks.get()
        await asyncio.sleep(0.1)
        if not ignore_result:
            backend.store(task_id, "done")

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    backend = Backend()
    tasks = asyncio.Queue()
    others = [asyncio.create_task(worker(backend, tasks), name="worker"), asyncio.create_task(heartbeat(), name="heartbeat")]
    tasks.put_nowait(("task-1", True))
    print(await backend.get("task-1"))
    await asyncio.gather(*others)

asyncio.run(main())
