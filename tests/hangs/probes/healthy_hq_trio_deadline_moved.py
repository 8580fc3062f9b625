import os, signal
import trio
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Lease:
    scopes = {}

    def __init__(self, key):
        self.key = key

    async def hold(self):
        with trio.CancelScope() as scope:
            self.scopes[self.key] = scope
            await trio.sleep_forever()
        print("ENDED", self.key, flush=True)


async def clerk():
    await trio.sleep(LAG)
    now = trio.current_time()
    for key, scope in sorted(Lease.scopes.items()):
        scope.deadline = min(scope.deadline, now)


async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(clerk)
        for key in ("db", "mail"):
            nursery.start_soon(Lease(key).hold)
        await trio.sleep(0.3)
        print("READY", os.getpid(), flush=True)


trio.run(main)
