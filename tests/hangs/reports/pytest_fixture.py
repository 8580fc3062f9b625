# the teardown of a fixture waits for a task that the failed test left waiting (rebuilds pytest-dev/pytest-asyncio issue 91)
import asyncio, signal, sys
import pytest, pytest_asyncio

class Browser:
    async def start(self):
        self.closed = asyncio.Event()
        self.reader = asyncio.create_task(self.read(), name="reader")
    async def read(self):
        await self.closed.wait()
    async def close(self):
        self.closed.set()

@pytest_asyncio.fixture
async def browser():
    b = Browser()
    await b.start()
    yield b
    await b.reader

@pytest.mark.asyncio
async def test_title(browser):
    asyncio.get_running_loop().call_later(1, lambda: (sys.stdout.write("\nREADY\n"), sys.stdout.flush()))
    assert browser.title == "Shop"
    await browser.close()

if __name__ == "__main__":
    signal.alarm(900)
    pytest.main(["-q", "-s", "-p", "no:cacheprovider", __file__])
