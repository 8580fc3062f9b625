import asyncio, functools, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


def make_prompt(text):
    answered = asyncio.get_running_loop().create_future()

    async def prompt():
        return text, await answered
    return prompt


def answer(prompt, value):
    names = prompt.__code__.co_freevars
    cells = dict(zip(names, prompt.__closure__))
    cells["answered"].cell_contents.set_result(value)


async def main():
    loop = asyncio.get_running_loop()
    ask = make_prompt("continue?")
    loop.call_later(LAG, answer, ask, "yes")
    loop.call_later(0.5, functools.partial(print, "READY", os.getpid(), flush=True))
    print("ENDED", await ask(), flush=True)


asyncio.run(main())
