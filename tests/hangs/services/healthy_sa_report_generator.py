# SQLAlchemy: a report is produced by a generator that keeps its connection while it is suspended
import os, signal, tempfile, threading, time
import sqlalchemy as sa
from sqlalchemy.pool import QueuePool
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

engine = sa.create_engine("sqlite:///" + os.path.join(tempfile.mkdtemp(), "x.db"), poolclass=QueuePool,
                          pool_size=1, max_overflow=0, pool_timeout=3600, connect_args={"check_same_thread": False})
meta = sa.MetaData()
orders = sa.Table("orders", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("total", sa.Integer))

class Reports:
    def __init__(self): self.open = {}
    def rows(self):
        with engine.connect() as conn:
            for row in conn.execute(sa.select(orders)):
                yield row
    def page(self, name, n):
        gen = self.open.setdefault(name, self.rows())
        return [next(gen) for _ in range(n)]
    def done(self, name):
        self.open.pop(name).close()

class Exporter(threading.Thread):
    def __init__(self, reports):
        super().__init__(name="exporter", daemon=True)
        self.reports = reports
    def run(self):
        self.reports.page("daily", 3)
        time.sleep(LAG)
        self.reports.done("daily")

class Saver(threading.Thread):
    def __init__(self, n):
        super().__init__(name=f"saver-{n}", daemon=True)
        self.n = n
    def run(self):
        with engine.begin() as conn:
            conn.execute(orders.insert().values(total=self.n))
        print("ENDED", flush=True)

with engine.begin() as c:
    meta.create_all(c)
    c.execute(orders.insert(), [{"total": n} for n in range(20)])
reports = Reports()
Exporter(reports).start()
time.sleep(0.4)
savers = [Saver(n) for n in range(2)]
for s in savers: s.start()
time.sleep(1)
print("READY", os.getpid(), flush=True)
for s in savers: s.join()
