# healthy twin of jupyter_iopub: the cell takes 25 s
import asyncio, json, signal
import zmq, zmq.asyncio
signal.alarm(900)

class Kernel:
    def __init__(self, context):
        self.shell = context.socket(zmq.ROUTER)
        self.iopub = context.socket(zmq.PUB)
        self.ports = [s.bind_to_random_port("tcp://127.0.0.1") for s in (self.shell, self.iopub)]
        self.executed = 0
    async def publish(self, state):
        await self.iopub.send_json({"msg_type": "status", "execution_state": state})
    async def run(self):
        while True:
            ident, code = await self.shell.recv_multipart()
            await self.publish("busy")
            self.executed += 1
            await asyncio.sleep(25)
            await self.publish("idle")
            await self.shell.send_multipart([ident, b"ok"])

class KernelClient:
    def __init__(self, context, ports):
        self.shell = context.socket(zmq.DEALER)
        self.iopub = context.socket(zmq.SUB)
        self.shell.connect("tcp://127.0.0.1:%d" % ports[0])
        self.subscribe = lambda: (self.iopub.connect("tcp://127.0.0.1:%d" % ports[1]), self.iopub.subscribe(b""))
    async def wait_for_idle(self):
        while True:
            message = await self.iopub.recv_json()
            if message["execution_state"] == "idle":
                return
    async def execute(self, code):
        self.subscribe()
        await self.shell.send(code)
        await self.wait_for_idle()
        return await self.shell.recv()

async def heartbeat(kernel):
    while True:
        await asyncio.sleep(0.1)
        kernel.executed

async def main():
    context = zmq.asyncio.Context()
    kernel = Kernel(context)
    client = KernelClient(context, kernel.ports)
    asyncio.get_running_loop().call_later(2, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(heartbeat(kernel), name="heartbeat")
        group.create_task(kernel.run(), name="kernel")
        group.create_task(client.execute(b"a = 3"), name="execute")

asyncio.run(main())
