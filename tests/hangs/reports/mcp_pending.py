# the reader of a session ends with the server, and its pending requests are left alone (rebuilds modelcontextprotocol/python-sdk issue 332)
import asyncio, itertools, json, signal
signal.alarm(900)

class Session:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.ids = itertools.count(1)
        self.pending = {}
        self.receiving = None
    async def __aenter__(self):
        self.receiving = asyncio.create_task(self.receive_loop(), name="receive-loop")
        return self
    async def __aexit__(self, *exc):
        self.receiving.cancel()
        self.writer.close()
    def settle(self, number, answer):
        future = self.pending.pop(number, None)
        if future is not None and not future.done():
            future.set_result(answer)
    async def receive_loop(self):
        while line := await self.reader.readline():
            answer = json.loads(line)
            self.settle(answer["id"], answer["result"])
        self.writer.close()
    async def send_request(self, method):
        number = next(self.ids)
        future = asyncio.get_running_loop().create_future()
        self.pending[number] = future
        self.writer.write(json.dumps({"id": number, "method": method}).encode() + b"\n")
        await self.writer.drain()
        return await future

class Inbox:
    def __init__(self):
        self.jobs = asyncio.Queue()
    async def worker(self):
        while True:
            job = await self.jobs.get()
            print(job)

async def serve(reader, writer):
    line = await reader.readline()
    request = json.loads(line)
    writer.write(json.dumps({"id": request["id"], "result": "ok"}).encode() + b"\n")
    await reader.readline()
    writer.close()                                  # the server dies in the second request

async def heartbeat(inbox):
    while True:
        await asyncio.sleep(0.1)
        inbox.jobs.qsize()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    inbox = Inbox()
    background = [asyncio.create_task(inbox.worker(), name="inbox-worker"), asyncio.create_task(heartbeat(inbox), name="heartbeat")]
    asyncio.get_running_loop().call_later(1, print, "READY")
    async with Session(*await asyncio.open_connection(*server.sockets[0].getsockname())) as session:
        await session.send_request("initialize")
        print(await session.send_request("tools/list"))
    for task in background:
        task.cancel()

asyncio.run(main())
