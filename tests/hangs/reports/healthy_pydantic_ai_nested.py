# healthy twin of pydantic_ai_nested: the agents have a lock each, and the answer takes 25 s
import asyncio, signal
signal.alarm(900)

class Agent:
    def __init__(self, name, slot, tool=None):
        self.name, self.slot, self.tool = name, slot, tool
    async def run(self, prompt):
        async with self.slot:
            await asyncio.sleep(0.05)
            if self.tool:
                return await asyncio.to_thread(self.tool, prompt)
            await asyncio.sleep(25)
            return prompt.upper()
    def run_sync(self, prompt):
        return asyncio.run(self.run(prompt))

slot = asyncio.Lock()
response_agent = Agent("response", asyncio.Lock())

def humanize(text):
    return response_agent.run_sync(text)

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    print(await asyncio.create_task(Agent("conversation", slot, humanize).run("hello"), name="conversation"))

asyncio.run(main())
