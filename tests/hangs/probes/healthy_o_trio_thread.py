# healthy: trio thread
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# trio: a thread sends to a memory channel
import threading

import trio


def reader(send, token):
    time.sleep(DELAY)
    trio.from_thread.run_sync(send.send_nowait, "line", trio_token=token)


async def main():
    send, receive = trio.open_memory_channel(10)
    token = trio.lowlevel.current_trio_token()
    threading.Thread(target=reader, args=(send, token), daemon=True).start()
    print("READY", flush=True)
    print(await receive.receive())
    print("DONE", flush=True)


trio.run(main)
