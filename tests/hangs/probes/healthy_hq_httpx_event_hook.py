import asyncio, os, signal
import httpx
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


def origin(request):
    return httpx.Response(200, json={"path": request.url.path}, headers={"x-release": "42"})


class Releases:
    def __init__(self):
        self.seen = asyncio.get_running_loop().create_future()
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(origin), base_url="http://app",
                                        event_hooks={"response": [self.on_response]})

    async def on_response(self, response):
        if "x-release" in response.headers and not self.seen.done():
            self.seen.set_result(response.headers["x-release"])


async def page(releases):
    print("ENDED", await releases.seen, flush=True)


async def heartbeat(client):
    await asyncio.sleep(LAG)
    await client.get("/health")


async def main():
    rel = Releases()
    async with rel.client as client:
        both = asyncio.gather(page(rel), heartbeat(client))
        await asyncio.sleep(0.5)
        print("READY", os.getpid(), flush=True)
        await both


asyncio.run(main())
