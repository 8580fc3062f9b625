"""Two start-up tasks await each other: each one's result is the other one's input."""
import asyncio, signal
signal.alarm(900)

services = {}


async def start_cache():
    await asyncio.sleep(0.01)
    return "cache", await services["database"]


async def start_database():
    await asyncio.sleep(0.01)
    return "database", await services["cache"]


async def main():
    services["cache"] = asyncio.ensure_future(start_cache())
    services["database"] = asyncio.ensure_future(start_database())
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.wait(list(services.values()))


asyncio.run(main())
