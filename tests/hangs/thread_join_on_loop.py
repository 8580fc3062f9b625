"""A coroutine joins a thread that itself waits for a coroutine on this very loop."""
import asyncio, signal, threading
signal.alarm(900)


async def store(rows):
    return len(rows)


class Exporter:
    def __init__(self, loop):
        self.loop = loop
        self.thread = threading.Thread(target=self.run, name="exporter", daemon=True)

    def run(self):
        asyncio.run_coroutine_threadsafe(store([1, 2]), self.loop).result()

    def close(self):
        self.thread.join()


async def shutdown(exporter):
    exporter.thread.start()
    exporter.close()


async def main():
    threading.Timer(0.4, print, ["READY"]).start()
    exporter = Exporter(asyncio.get_running_loop())
    await asyncio.create_task(shutdown(exporter), name="shutdown")


asyncio.run(main())
