# home automation: a callback of a device fills an event with the device's id from the async registry
import asyncio, os, signal, threading, time, types
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Registry:
    def __init__(self):
        self.loaded = asyncio.Event()
        self.ids = {}
    def fill(self):
        self.ids["motion-1"] = "d41d8c"
        self.loaded.set()
    async def get_device_id(self, name):
        await self.loaded.wait()
        return self.ids.get(name)

class MotionSensor:
    ATTR = "device_id"
    def __init__(self, hass, name):
        self.hass, self.name, self.fired = hass, name, []
    def input_events_handler(self):
        attrs = {
            self.ATTR: asyncio.run_coroutine_threadsafe(
                self.hass.registry.get_device_id(self.name), self.hass.loop
            ).result(),
            "last": time.time(),
        }
        self.fired.append(attrs)
        print("ENDED", flush=True)

class Device:
    """polls the controller; calls who subscribed"""
    def __init__(self): self.callbacks = {}
    def subscribe(self, key, cb): self.callbacks[key] = cb
    def trigger(self, key): self.callbacks[key]()
    def poll_forever(self):
        time.sleep(0.6)
        for key in list(self.callbacks):
            self.trigger(key)

class Hass:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.registry = Registry()
        self.loop.call_later(0.1, self.registry.fill)
        self.states = {}
    async def tick(self):
        while True:
            await asyncio.sleep(1)
            self.states["tick"] = time.time()

async def main():
    hass, dev = Hass(), Device()
    sensor = MotionSensor(hass, "motion-1")
    dev.subscribe("motion-1", sensor.input_events_handler)
    t = threading.Timer(1.5, lambda: print("READY", os.getpid(), flush=True)); t.daemon = True; t.start()
    async with asyncio.TaskGroup() as tg:
        tg.create_task(hass.tick(), name="tick")
        hass.loop.call_later(0.6, dev.trigger, "motion-1")

asyncio.run(main())
