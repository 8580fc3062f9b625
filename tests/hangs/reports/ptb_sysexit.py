# sys.exit() in a callback ends the task that fetches updates before task_done(), and the shutdown joins the queue (rebuilds python-telegram-bot/python-telegram-bot issue 4155)
import asyncio, signal, sys
signal.alarm(900)

class Application:
    def __init__(self):
        self.update_queue = asyncio.Queue()
    async def fetcher(self):
        while True:
            update = await self.update_queue.get()
            await self.process(update)
            self.update_queue.task_done()
    async def process(self, update):
        if update == "/stop":
            sys.exit("stopped by a user")
    async def start(self):
        self.task = asyncio.create_task(self.fetcher(), name="fetcher")
        asyncio.get_running_loop().call_later(0.2, self.update_queue.put_nowait, "/stop")
    async def stop(self):
        await self.update_queue.join()

async def tick():
    while True:
        await asyncio.sleep(0.1)

loop = asyncio.new_event_loop()
app = Application()
ticker = loop.create_task(tick(), name="ticker")
loop.run_until_complete(app.start())
loop.call_later(1, print, "READY")
try:
    loop.run_forever()
except SystemExit:
    pass
loop.run_until_complete(app.stop())
