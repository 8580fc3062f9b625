# a callback waits on the loop's own thread for a coroutine that it gave to this loop (rebuilds empicano/aiomqtt issue 174)
import asyncio, signal, threading
signal.alarm(900)

class Client:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.writers = []
    def on_register_write(self, sock):
        async def add_writer():
            self.writers.append(sock)
        asyncio.run_coroutine_threadsafe(add_writer(), self.loop).result()
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
