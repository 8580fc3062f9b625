# khora #1161: a batcher behind a web service: its loop died of one bad input; the requests wait for futures that it would have set
import asyncio, http.client, signal, threading, time
from contextlib import asynccontextmanager
import uvicorn
from fastapi import FastAPI
from svckit import Heartbeat, Metrics, note
signal.alarm(900)
PORT = 17930


class Model:
    def predict(self, texts):
        time.sleep(0.1)
        return [1 / len(t) for t in texts]


class Batcher:
    def __init__(self, model):
        self.model, self.inbox = model, asyncio.Queue()

    async def submit(self, text):
        future = asyncio.get_running_loop().create_future()
        await self.inbox.put((text, future))
        return await future

    async def run(self):
        while True:
            batch = [await self.inbox.get()]
            await asyncio.sleep(0.05)
            while not self.inbox.empty():
                batch.append(self.inbox.get_nowait())
            scores = await asyncio.to_thread(self.model.predict, [text for text, _ in batch])
            for (_, future), score in zip(batch, scores):
                future.set_result(score)


@asynccontextmanager
async def lifespan(app):
    app.state.batcher = Batcher(Model())
    app.state.task = asyncio.create_task(app.state.batcher.run(), name="batcher")
    yield
    app.state.task.cancel()


app = FastAPI(lifespan=lifespan)


@app.get("/score")
async def score(text: str = ""):
    return {"score": await app.state.batcher.submit(text)}


def ask(text, delay):
    time.sleep(delay)
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.request("GET", f"/score?text={text}")
    note(text, connection.getresponse().read())
    if text == "late":
        note("WAIT ENDED")


def drive():
    for job in (("good", 1.5), ("", 2), ("late", 2.5)):
        threading.Thread(target=ask, args=job, name="client", daemon=True).start()
    time.sleep(4)
    print("READY", flush=True)


Heartbeat(Metrics()).start()
threading.Thread(target=drive, name="driver", daemon=True).start()
uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error", loop="asyncio")
