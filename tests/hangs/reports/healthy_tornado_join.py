# healthy twin of tornado_join: the page takes 25 s
import asyncio, signal
from tornado import gen
from tornado.ioloop import IOLoop
from tornado.queues import Queue
signal.alarm(900)

class Spider:
    def __init__(self):
        self.queue = Queue()
        self.fetched = set()
    async def fetch(self, url):
        await gen.sleep(0.05)
        if url.endswith("7"):
            await gen.sleep(25)
        self.fetched.add(url)
    async def worker(self):
        while True:
            url = await self.queue.get()
            await self.fetch(url)
            self.queue.task_done()
    async def crawl(self):
        for n in range(10):
            await self.queue.put("http://127.0.0.1/%d" % n)
        workers = gen.multi([self.worker() for n in range(1)])
        await self.queue.join()
        return len(self.fetched)

async def ticker(spider):
    while True:
        await gen.sleep(0.1)
        len(spider.fetched)

async def main():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    spider = Spider()
    IOLoop.current().call_later(2, print, "READY")
    beat = asyncio.create_task(ticker(spider), name="ticker")
    print(await asyncio.create_task(spider.crawl(), name="crawl"))
    await beat

asyncio.run(main())
