# healthy twin of anyio_process_wait: the grandchild ends after 25 s
import asyncio, signal, sys
signal.alarm(900)

class Service:
    def __init__(self, *command):
        self.command = command
        self.process = None
    async def start(self):
        self.process = await asyncio.create_subprocess_exec(*self.command, stdout=asyncio.subprocess.PIPE)
    async def stopped(self):
        return await self.process.wait()

class Supervisor:
    def __init__(self):
        self.services = []
        self.events = asyncio.Queue()
    async def launch(self, service):
        await service.start()
        self.services.append(service)
        code = await service.stopped()
        await self.events.put((service, code))
    async def watch(self):
        while True:
            print(await self.events.get())

async def ticker(supervisor):
    while True:
        await asyncio.sleep(0.1)
        supervisor.events.qsize()

async def main():
    supervisor = Supervisor()
    daemon = Service("sh", "-c", "sleep 25 & sleep 0.4")
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(ticker(supervisor), name="ticker")
        group.create_task(supervisor.watch(), name="watch")
        group.create_task(supervisor.launch(daemon), name="launch")

asyncio.run(main())
