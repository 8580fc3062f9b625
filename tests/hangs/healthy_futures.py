"""Healthy: futures that others have: in a dict, in a timer, in a closure; and a main function that parks on one of its own."""
import asyncio, signal
signal.alarm(900)


class Calls:
    def __init__(self):
        self.pending = {}

    def begin(self, number):
        reply = self.pending[number] = asyncio.get_event_loop().create_future()
        return reply

    def finish_all(self):
        for reply in self.pending.values():
            if not reply.done():
                reply.set_result(None)


async def ask(calls, number):
    await calls.begin(number)


async def by_timer():
    done = asyncio.get_event_loop().create_future()
    asyncio.get_event_loop().call_later(60, done.set_result, None)
    await done


async def by_closure(later):
    done = asyncio.get_event_loop().create_future()
    later.append(lambda: done.set_result(None))
    await done


async def finish(calls, later):
    while True:
        await asyncio.sleep(30)
        calls.finish_all()
        for call in later:
            call()


async def main():
    calls, later = Calls(), []
    jobs = [ask(calls, 1), ask(calls, 2), by_timer(), by_closure(later), finish(calls, later)]
    tasks = [asyncio.ensure_future(job) for job in jobs]
    asyncio.get_event_loop().call_later(0.2, print, "READY")
    await asyncio.get_event_loop().create_future()
    print(tasks)


asyncio.run(main())
