# healthy: sqlalchemy event
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# SQLAlchemy: an event listener hears of the insert
import threading

from sqlalchemy import create_engine, event, text
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


class Audit:
    def __init__(self, engine):
        self.seen = threading.Event()
        event.listen(engine, "before_cursor_execute", self.before)

    def before(self, conn, cursor, statement, parameters, context, executemany):
        if statement.startswith("insert"):
            self.seen.set()


def writer(engine):
    with engine.begin() as connection:
        connection.execute(text("create table t (x integer)"))
        time.sleep(DELAY)
        connection.execute(text("insert into t values (1)"))


audit = Audit(engine)
threading.Thread(target=writer, args=(engine,), daemon=True).start()
print("READY", flush=True)
audit.seen.wait()
print("DONE", flush=True)
