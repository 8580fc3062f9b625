"""Not a deadlock: the event is set by a timer that is due in a week, because days were taken for minutes."""
import asyncio, signal
signal.alarm(900)

MINUTES = 24 * 3600  # bug


class Embargo:
    def __init__(self, minutes):
        self.over = asyncio.Event()
        asyncio.get_running_loop().call_later(minutes * MINUTES, self.over.set)


async def publish(embargo, article):
    await embargo.over.wait()
    return article


async def main():
    embargo = Embargo(7)
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.ensure_future(publish(embargo, "results"))


asyncio.run(main())
