# the program has ended, but a database connection that was never closed has a thread that waits for statements (rebuilds omnilib/aiosqlite issue 290)
import asyncio, signal, threading
import aiosqlite
signal.alarm(900)
db = None

async def create_db():
    global db
    db = await aiosqlite.connect("app.db")
    await db.execute("create table partners (name text)")
    await db.commit()

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
asyncio.run(create_db())
