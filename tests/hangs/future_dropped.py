"""A client forgets one of its calls in flight: the callers keep the future in a list, and nobody else has it."""
import asyncio, signal
signal.alarm(900)


class Client:
    def __init__(self):
        self.pending = {}

    def send(self, number):
        reply = self.pending[number] = asyncio.get_event_loop().create_future()
        return reply

    def receive(self, number, value):
        reply = self.pending.pop(number)
        if value is not None:
            reply.set_result(value)


async def ask_all(client):
    replies = [client.send(number) for number in range(3)]
    total = 0
    for reply in replies:
        total += await reply
    return total


async def watch(client):
    while True:
        await asyncio.sleep(0.2)
        len(client.pending)


async def main():
    client = Client()
    asking = asyncio.ensure_future(ask_all(client))
    watching = asyncio.ensure_future(watch(client))
    for number, value in ((0, 7), (1, None), (2, 9)):
        asyncio.get_event_loop().call_later(0.1, client.receive, number, value)
    asyncio.get_event_loop().call_later(0.5, print, "READY")
    print(await asking)
    watching.cancel()


asyncio.run(main())
