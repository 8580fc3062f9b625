"""Healthy: periodic jobs with periods from a tenth of a second to a minute."""
import asyncio, signal
signal.alarm(900)


async def every(seconds, job):
    while True:
        await asyncio.sleep(seconds)
        job()


async def main():
    seen = []
    asyncio.get_running_loop().call_later(0.2, print, "READY")
    await asyncio.gather(
        every(0.1, lambda: seen.append("metrics")),
        every(5, lambda: seen.append("health")),
        every(60, seen.clear),
    )


asyncio.run(main())
