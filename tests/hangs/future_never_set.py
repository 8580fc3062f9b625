"""An RPC client's reader ends at end of file without failing the futures of the calls in flight."""
import asyncio, signal
signal.alarm(900)


class Client:
    def __init__(self, inbox):
        self.inbox, self.pending = inbox, {}

    async def read_replies(self):
        while True:
            reply = await self.inbox.get()
            if reply is None:  # end of file
                return
            number, value = reply
            self.pending.pop(number).set_result(value)

    async def call(self, number):
        reply = self.pending[number] = asyncio.get_running_loop().create_future()
        return await reply


async def fetch_balance(client):
    return await client.call(1) + await client.call(2)


async def main():
    inbox = asyncio.Queue()
    client = Client(inbox)
    replies = asyncio.ensure_future(client.read_replies())
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    balance = asyncio.ensure_future(fetch_balance(client))
    await asyncio.sleep(0)
    inbox.put_nowait((1, 40))
    inbox.put_nowait(None)
    print(await balance, replies)


asyncio.run(main())
