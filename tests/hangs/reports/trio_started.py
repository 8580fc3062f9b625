# nursery.start() waits until the task calls task_status.started()
import trio
from svc_noise import SLOW, ready, small_server

class Service:
    def __init__(self):
        self.send, self.receive = trio.open_memory_channel(0)
    async def prepare(self):
        await trio.sleep(0.05)
    async def listen(self, task_status=trio.TASK_STATUS_IGNORED):
        await self.prepare()
        async for job in self.receive:
            await job()
    async def beat(self):
        while True:
            await trio.sleep(0.5)

async def main():
    service = Service()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(service.beat)
        channel = await nursery.start(service.listen)
        print("DONE", flush=True)
        nursery.cancel_scope.cancel()
small_server()
ready()
trio.run(main)
