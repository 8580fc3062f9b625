# healthy: janus bridge
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# janus: a thread puts, asyncio gets
import asyncio
import threading

import janus


def camera(sync_queue):
    time.sleep(DELAY)
    sync_queue.put("frame")


async def main():
    queue = janus.Queue()
    threading.Thread(target=camera, args=(queue.sync_q,), daemon=True).start()
    print("READY", flush=True)
    print(await queue.async_q.get())
    await queue.aclose()
    print("DONE", flush=True)


asyncio.run(main())
