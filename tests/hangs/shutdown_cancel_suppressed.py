"""main() has returned, but asyncio.run() waits for a background task that takes CancelledError for a reason to retry."""
import asyncio, signal, threading
signal.alarm(900)


async def watch(topic):
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            print("connection to", topic, "lost, trying again")


async def main():
    threading.Timer(0.6, print, ["READY"]).start()
    watcher = asyncio.create_task(watch("prices"), name="watcher")
    await asyncio.sleep(0.1)
    return watcher


asyncio.run(main())
