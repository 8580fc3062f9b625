# one refresh of the token for all: the task that refreshes fails and does not set the event that the others wait for
import asyncio, signal
import httpx
from svckit import Metrics, admin_listener, beat, note, ready
signal.alarm(900)


class Issuer:
    """Stands for the identity provider."""
    async def __call__(self, request):
        if request.url.path == "/token":
            await asyncio.sleep(0.3)
            return httpx.Response(503)
        return httpx.Response(200, json={"path": request.url.path})


class ApiClient:
    def __init__(self, http):
        self.http, self.token, self.refreshing, self.refreshed = http, None, False, asyncio.Event()

    async def ensure_token(self):
        if self.refreshing:
            await self.refreshed.wait()
            return
        self.refreshing = True
        response = await self.http.post("/token")
        response.raise_for_status()
        self.token, self.refreshing = response.json()["token"], False
        self.refreshed.set()

    async def get(self, path):
        if self.token is None:
            await self.ensure_token()
        return (await self.http.get(path, headers={"Authorization": f"Bearer {self.token}"})).json()


async def main():
    metrics, admin = Metrics(), await admin_listener()
    beating = asyncio.create_task(beat(metrics), name="beat")
    ready(1.8)
    async with httpx.AsyncClient(base_url="http://api.test", transport=httpx.MockTransport(Issuer())) as http:
        api = ApiClient(http)
        jobs = [asyncio.create_task(api.get(f"/{name}"), name=f"get-{name}") for name in ("users", "teams", "rooms")]
        await asyncio.gather(*jobs, return_exceptions=True)
    note("WAIT ENDED")


asyncio.run(main())
