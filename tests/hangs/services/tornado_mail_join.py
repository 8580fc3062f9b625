# tornado: background mailer, flushed at shutdown
import asyncio, os, signal, datetime, logging
from tornado import ioloop, queues, web, locks
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
logging.getLogger("asyncio").setLevel(logging.CRITICAL)

class Relay:
    def __init__(self, delay): self.delay, self.sent = delay, []
    async def deliver(self, mail):
        got = locks.Event()
        ioloop.IOLoop.current().call_later(self.delay, got.set)
        await got.wait()
        if "@" not in mail:
            raise ValueError(mail)
        self.sent.append(mail)

class Mailer:
    def __init__(self, relay, workers=2):
        self.relay, self.queue = relay, queues.Queue(maxsize=50)
        self.tasks = [asyncio.ensure_future(self._worker()) for _ in range(workers)]
    async def _worker(self):
        while True:
            mail = await self.queue.get()
            await self.relay.deliver(mail)
            self.queue.task_done()
    async def flush(self):
        await self.queue.join()

class Health(web.RequestHandler):
    def get(self): self.write("ok")

class App(web.Application):
    def __init__(self):
        super().__init__([(r"/health", Health)])
        self.mailer = Mailer(Relay(0.1))
    def tick(self):
        self.backlog = self.mailer.queue.qsize()
    async def shutdown(self, server):
        server.stop()
        await self.mailer.flush()
        print("ENDED", flush=True)

async def main():
    app = App()
    server = app.listen(0, "127.0.0.1")
    ioloop.PeriodicCallback(app.tick, 500).start()
    for n in range(4):
        await app.mailer.queue.put(f"user{n}" if n < 2 else f"user{n}@x")
    await asyncio.sleep(0.5)
    ioloop.IOLoop.current().call_later(1.2, lambda: print("READY", os.getpid(), flush=True))
    await app.shutdown(server)

asyncio.run(main())
