# healthy twin of lc_callback: the model takes 25 s
import asyncio, signal
signal.alarm(900)

class AsyncIteratorCallbackHandler:
    def __init__(self):
        self.queue = asyncio.Queue()
        self.done = asyncio.Event()
    async def on_llm_new_token(self, token):
        self.queue.put_nowait(token)
    async def on_llm_end(self):
        self.done.set()
    async def aiter(self):
        while not self.queue.empty() or not self.done.is_set():
            done, other = await asyncio.wait([asyncio.ensure_future(self.queue.get()), asyncio.ensure_future(self.done.wait())],
                                             return_when=asyncio.FIRST_COMPLETED)
            if other:
                other.pop().cancel()
            token = done.pop().result()
            if token is True:
                break
            yield token

class Agent:
    def __init__(self, handler):
        self.handler = handler
    async def arun(self, text):
        await self.handler.on_llm_new_token("Hel")
        await asyncio.sleep(25)
        await self.handler.on_llm_end()

async def ask(text):
    handler = AsyncIteratorCallbackHandler()
    run = asyncio.create_task(Agent(handler).arun(text), name="agent")
    async for token in handler.aiter():
        print(token)
    await run

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.create_task(ask("How are you?"), name="ask")

asyncio.run(main())
