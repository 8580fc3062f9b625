"""Page server: templates are rendered in threads, the fragment cache lives on the loop."""
import asyncio, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class PageCache:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.fragments, self.pages = {}, {}

    async def fragment(self, name):
        async with self.lock:
            return self.fragments.setdefault(name, f"<i>{name}</i>")

    async def refresh(self):
        async with self.lock:
            await asyncio.sleep(LAG)
            self.fragments.clear()

class Renderer:
    def __init__(self, cache, loop):
        self.cache, self.loop = cache, loop

    def include(self, name):
        return asyncio.run_coroutine_threadsafe(self.cache.fragment(name), self.loop).result()

    def render(self, path):
        return "".join(self.include(n) for n in ("head", path, "foot"))

class Site:
    def __init__(self):
        self.cache = PageCache()
        self.renderer = Renderer(self.cache, asyncio.get_running_loop())
        self.hits = 0

    async def page(self, path):
        self.hits += 1
        if path not in self.cache.pages:
            self.cache.pages[path] = await asyncio.to_thread(self.renderer.render, path)
        return self.cache.pages[path]

    async def handle(self, reader, writer):
        path = (await reader.readline()).decode().strip()
        writer.write((await self.page(path)).encode() + b"\n")
        await writer.drain()
        writer.close()

async def browse(port, path):
    r, w = await asyncio.open_connection("127.0.0.1", port)
    w.write(path.encode() + b"\n")
    print("DONE", await r.readline(), flush=True)
    w.close()

async def stats(site):
    while True:
        await asyncio.sleep(0.5)
        site.hits

async def main():
    site = Site()
    server = await asyncio.start_server(site.handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    st = asyncio.create_task(stats(site), name="stats")
    rf = asyncio.create_task(site.cache.refresh(), name="refresh")
    await asyncio.sleep(0.1)
    asyncio.get_running_loop().call_later(1.2, lambda: print("READY", os.getpid(), flush=True))
    await asyncio.gather(*(asyncio.create_task(browse(port, p), name=f"browse-{p}") for p in ("a", "b")))
    st.cancel()

asyncio.run(main())
