"""One job in the thread pool waits for a threading.Event that nobody sets; the task that wants its result waits too."""
import asyncio, concurrent.futures, signal, threading
signal.alarm(900)


class Scanner:
    def __init__(self):
        self.warm = threading.Event()

    def scan(self, path):
        self.warm.wait()
        return path


async def thumbnail(pool, scanner, path):
    return await asyncio.get_running_loop().run_in_executor(pool, scanner.scan, path)


async def main():
    pool = concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="scan")
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.ensure_future(thumbnail(pool, Scanner(), "/img/1.png"))


asyncio.run(main())
