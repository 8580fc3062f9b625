# healthy twin of asgi_transport_sse: a timer puts something after 25 s
import asyncio, signal
import httpx
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
signal.alarm(900)
inbox = asyncio.Queue()

async def events(request):
    async def publisher():
        yield b"data: hello\n\n"
        while True:
            yield b"data: %s\n\n" % await inbox.get()
    return StreamingResponse(publisher(), media_type="text/event-stream")

app = Starlette(routes=[Route("/events", events)])

async def test_events():
    asyncio.get_running_loop().call_later(25, inbox.put_nowait, b"early")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        async with client.stream("GET", "/events") as response:
            await inbox.put(b"first")
            async for line in response.aiter_lines():
                if "first" in line: break

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.create_task(test_events(), name="test-events")

asyncio.run(main())
