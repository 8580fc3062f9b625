# healthy twin of aiomqtt_own_loop: nothing waits for the coroutine
import asyncio, signal, threading
signal.alarm(900)

class Client:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.writers = []
    def on_register_write(self, sock):
        async def add_writer():
            self.writers.append(sock)
        asyncio.ensure_future(add_writer())
    async def publish(self, message):
        await asyncio.sleep(0.3)
        self.on_register_write(len(message))

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    await Client().publish("on")
    await beat

asyncio.run(main())
