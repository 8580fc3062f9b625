# a model's gateway accepts a request and never answers; the client's default timeout is ten minutes (rebuilds HKUDS/nanobot issue 3455)
import asyncio, signal, subprocess, sys
from openai import AsyncOpenAI
signal.alarm(900)

server = subprocess.Popen([sys.executable, "-c", """
import socket, time, signal
signal.alarm(900)
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True)
conns = []
while True:
    c, _ = s.accept(); conns.append(c); c.recv(65536)
"""], stdout=subprocess.PIPE, text=True)
port = int(server.stdout.readline())

class Agent:
    def __init__(self, client):
        self.client = client
        self.lock = asyncio.Lock()
    async def handle(self, text):
        async with self.lock:
            return await self.client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}])

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    agent = Agent(AsyncOpenAI(api_key="x", base_url="http://127.0.0.1:%d/v1" % port, max_retries=0))
    await asyncio.gather(*[asyncio.create_task(agent.handle("hi"), name="message-%d" % n) for n in range(3)])

asyncio.run(main())
