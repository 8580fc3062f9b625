# healthy: uvloop udp
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# uvloop: a datagram wakes the waiter
import asyncio

import uvloop


class Echo(asyncio.DatagramProtocol):
    def __init__(self, inbox):
        self.inbox = inbox

    def datagram_received(self, data, addr):
        self.inbox.put_nowait(data)


async def main():
    inbox = asyncio.Queue()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Echo(inbox), ("127.0.0.1", 0))
    address = transport.get_extra_info("sockname")
    loop.call_later(DELAY, transport.sendto, b"hi", address)
    print("READY", flush=True)
    print(await inbox.get())
    print("DONE", flush=True)


uvloop.run(main())
