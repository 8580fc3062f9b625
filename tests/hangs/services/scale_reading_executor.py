"""Weighbridge: a port thread feeds readings, the asyncio side fetches them through the executor."""
import asyncio, os, queue, signal, socket, struct, sys, threading
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))
threading.excepthook = lambda a: print("thread failed:", a.exc_value, file=sys.stderr)

class Scale:
    FORMATS = {b"K": "<f", b"T": "<d"}

    def __init__(self):
        self.readings = queue.Queue()
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = threading.Thread(target=self.read_port, name="scale-port", daemon=True)

    def decode(self, data):
        return struct.unpack(self.FORMATS[data[:1]], data[1:])[0]

    def read_port(self):
        while True:
            data, _ = self.sock.recvfrom(64)
            self.readings.put(self.decode(data))

class Weighbridge:
    def __init__(self, scale):
        self.scale, self.trucks = scale, []

    async def weigh(self, plate):
        loop = asyncio.get_running_loop()
        kilos = await loop.run_in_executor(None, self.scale.readings.get)
        self.trucks.append((plate, kilos))
        return kilos

    async def day(self):
        for plate in ("A1", "B2", "C3"):
            print("weighed", plate, await self.weigh(plate), flush=True)
        print("DONE", flush=True)

class Simulator:
    def __init__(self, addr):
        self.addr, self.sock = addr, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, kind, value):
        self.sock.sendto(kind + struct.pack("<f", value), self.addr)

async def lamp(bridge):
    while True:
        await asyncio.sleep(0.5)
        len(bridge.trucks)

async def main():
    scale = Scale()
    scale.port.start()
    sim = Simulator(scale.sock.getsockname())
    loop = asyncio.get_running_loop()
    loop.call_later(0.2, sim.send, b"K", 1200.0)
    loop.call_later(0.4, sim.send, b"X", 0.0)
    loop.call_later(1.2, lambda: print("READY", os.getpid(), flush=True))
    bridge = Weighbridge(scale)
    lm = asyncio.create_task(lamp(bridge), name="lamp")
    await bridge.day()
    lm.cancel()

asyncio.run(main())
