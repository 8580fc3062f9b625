# stop() of an updater awaits its polling task, which reads from a connection that says nothing (rebuilds NousResearch/hermes-agent pull request 58342)
import asyncio, signal, socket
signal.alarm(900)

class Updater:
    def __init__(self, port):
        self.port, self.running = port, True
    async def start_polling(self):
        self.task = asyncio.create_task(self.poll(), name="polling")
    async def poll(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while self.running:
            writer.write(b"getUpdates\n")
            print(await reader.readline())
    async def stop(self):
        self.running = False
        await self.task

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    silent = socket.socket(); silent.bind(("127.0.0.1", 0)); silent.listen()
    updater = Updater(silent.getsockname()[1])
    await updater.start_polling()
    await asyncio.sleep(0.3)
    await updater.stop()

asyncio.run(main())
