# asyncio.Queue.shutdown (3.13) ends the consumers of an indexer
import asyncio, contextlib, os, signal, typing
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Channels(typing.NamedTuple):
    documents: asyncio.Queue
    errors: asyncio.Queue

class Index:
    def __init__(self): self.words = {}
    async def add(self, doc):
        await asyncio.sleep(0.01)
        for w in doc.split():
            self.words.setdefault(w, []).append(doc)

async def indexer(ch, index):
    try:
        while True:
            doc = await ch.documents.get()
            await index.add(doc)
    except asyncio.QueueShutDown:
        return len(index.words)

async def error_log(ch, out):
    with contextlib.suppress(asyncio.QueueShutDown):
        while True:
            out.append(await ch.errors.get())

class Crawl(contextlib.AsyncExitStack):
    def __init__(self, ch):
        super().__init__()
        self.ch = ch
        self.callback(ch.errors.shutdown)
    async def feed(self, n):
        for k in range(n):
            await self.ch.documents.put(f"doc {k}")

async def crawl(ch):
    async with Crawl(ch) as c:
        await c.feed(5)

async def ticker(index):
    while True:
        await asyncio.sleep(0.6)
        ticker.size = len(index.words)

async def main():
    ch, index, errors = Channels(asyncio.Queue(3), asyncio.Queue()), Index(), []
    t = asyncio.create_task(ticker(index), name="ticker")
    asyncio.get_running_loop().call_later(1.5, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(crawl(ch), name="crawl")
        tg.create_task(error_log(ch, errors), name="error-log")
        for n in range(2):
            tg.create_task(indexer(ch, index), name=f"indexer-{n}")
    print("ENDED", flush=True)

asyncio.run(main())
