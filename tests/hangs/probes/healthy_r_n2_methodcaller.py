import asyncio, os, signal, operator, functools, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
class Api:
    def __init__(self): self.gate, self.born = asyncio.Event(), time.monotonic()
    def due(self): return time.monotonic() - self.born > LAG
    def open_gate(self): self.gate.set()
    async def passed(self):
        await self.gate.wait()
        print("ENDED", flush=True)
class Customer:
    @staticmethod
    def on_tick(api):
        if api.due(): api.open_gate()
class Host:
    def __init__(self, api):
        self.api = api
        self.table = {"o": operator.methodcaller("open_gate")}
    async def run(self):
        while True:
            await asyncio.sleep(0.2)
            self.api.due() and self.table["o"](self.api)
async def main():
    api = Api(); host = Host(api)
    async with asyncio.TaskGroup() as tg:
        tg.create_task(host.run(), name="host")
        tg.create_task(api.passed(), name="vehicle")
        await asyncio.sleep(1)
        print("READY", os.getpid(), flush=True)
asyncio.run(main())
