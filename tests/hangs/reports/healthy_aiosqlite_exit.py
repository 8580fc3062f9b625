# healthy twin of aiosqlite_exit: a timer closes the connection after 30 s
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
timer = threading.Timer(30, lambda: asyncio.run(db.close())); timer.daemon = True; timer.start()
