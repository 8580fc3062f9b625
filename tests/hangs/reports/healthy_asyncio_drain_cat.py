# healthy twin of asyncio_drain_cat: the output is read after 25 s
import asyncio, signal
signal.alarm(900)

class Converter:
    def __init__(self, *command):
        self.command = command
        self.converted = 0
    async def start(self):
        self.process = await asyncio.create_subprocess_exec(*self.command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    async def feed(self, data):
        self.process.stdin.write(data)
        await self.process.stdin.drain()
        self.process.stdin.close()
    async def collect(self):
        await asyncio.sleep(25)
        return await self.process.stdout.read()
    async def convert(self, data):
        await self.start()
        reading = asyncio.create_task(self.collect(), name="collect")
        await self.feed(data)
        output = await reading
        self.converted += len(output)

async def ticker(converter):
    while True:
        await asyncio.sleep(0.1)
        converter.converted

async def main():
    converter = Converter("cat")
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(ticker(converter), name="ticker")
        group.create_task(converter.convert(b"x" * 5_000_000), name="convert")

asyncio.run(main())
