# healthy: protocol lost
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio streams on loopback: the peer's connection_lost ends the wait
import asyncio


class Peer(asyncio.Protocol):
    def __init__(self, lobby):
        self.lobby = lobby

    def connection_made(self, transport):
        self.lobby.enter(self)

    def connection_lost(self, exc):
        self.lobby.leave(self)


class Lobby:
    def __init__(self):
        self.peers = set()
        self.empty = asyncio.Event()

    def enter(self, peer):
        self.peers.add(peer)
        self.empty.clear()

    def leave(self, peer):
        self.peers.discard(peer)
        if not self.peers:
            self.empty.set()


async def guest(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(DELAY)
    writer.close()


async def main():
    lobby = Lobby()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Peer(lobby), "127.0.0.1", 0)
    task = asyncio.create_task(guest(server.sockets[0].getsockname()[1]))
    await asyncio.sleep(0.2)
    print("READY", flush=True)
    await lobby.empty.wait()
    print("DONE", flush=True)


asyncio.run(main())
