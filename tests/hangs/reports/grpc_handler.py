# a handler of a grpc.aio server waits for an event that nobody sets, and a call has no deadline (rebuilds grpc/grpc issue 28999)
import asyncio, signal
import grpc
import grpc.aio
signal.alarm(900)

class Inventory:
    def __init__(self):
        self.loaded = asyncio.Event()
        self.items = {}
    async def reload(self):
        await asyncio.sleep(0.2)
        self.items["a"] = 1
    async def lookup(self, request, context):
        await self.loaded.wait()
        return b"found"

class Client:
    def __init__(self, port):
        self.channel = grpc.aio.insecure_channel("127.0.0.1:%d" % port)
        self.call = self.channel.unary_unary("/inventory/lookup")
    async def lookup(self):
        return await self.call(b"a")

async def ticker():
    while True:
        await asyncio.sleep(0.1)

async def main():
    inventory = Inventory()
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("inventory", {"lookup": grpc.unary_unary_rpc_method_handler(inventory.lookup)}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    asyncio.get_running_loop().call_later(2, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(ticker(), name="ticker")
        group.create_task(inventory.reload(), name="reload")
        group.create_task(Client(port).lookup(), name="client")

asyncio.run(main())
