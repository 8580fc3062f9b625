"""main() was given up after a timeout, but asyncio.run() shuts the default executor down and waits for its stuck job (3.9+)."""
import asyncio, signal, threading
signal.alarm(900)


class Printer:
    def __init__(self):
        self.online = threading.Event()

    def print_page(self):
        self.online.wait()


async def main():
    threading.Timer(0.7, print, ["READY"]).start()
    job = asyncio.get_running_loop().run_in_executor(None, Printer().print_page)
    try:
        await asyncio.wait_for(job, 0.1)
    except asyncio.TimeoutError:
        pass


asyncio.run(main())
