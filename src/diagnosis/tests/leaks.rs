//! Locks, permits and connections that do not come back.

use std::sync::Arc;

use crate::diagnosis::fixtures::{World, culprit, how, ids, kinds};

const CACHE: &str = "\
class Cache:
    async def refresh(self):
        await self.lock.acquire()
        await self.load()
        self.lock.release()
    async def safe(self):
        async with self.lock:
            await self.load()
async def main():
    await asyncio.wait(workers)
";

fn cache(at: (&str, &str)) -> World {
    let mut world = World::new(CACHE);
    for name in ["a", "b"] {
        world.waiting(name, &[at], "lock", "lock:Cache.lock");
        world.refers(&format!("task:{name}"), "lock:Cache.lock", "self.lock");
    }
    world.awaiting(
        "Task-1",
        &[("main", "wait(workers)")],
        "wait",
        &["task:a", "task:b"],
    );
    world.resource("lock", "Cache.lock", &[]).locked = Some(true);
    world.refers("task:Task-1", "lock:Cache.lock", "cache.lock");
    world
}

#[test]
fn a_lock_without_a_holder() {
    let (verdict, found) = cache(("Cache.refresh", "lock.acquire()")).diagnose();
    assert_eq!(kinds(&found), ["leaked-lock"]);
    assert_eq!(culprit(&found), "await self.lock.acquire()");
    assert_eq!(found[0].tasks, ids(["task:a", "task:b"]));
    assert_eq!(found[0].affected_tasks, 3);
    assert_eq!(verdict.state, "hung");
}

#[test]
fn the_culprit_is_the_acquire_that_can_leak() {
    let (_, found) = cache(("Cache.safe", "async with self.lock")).diagnose();
    assert_eq!(culprit(&found), "await self.lock.acquire()");
}

#[test]
fn somebody_alive_may_hold_it() {
    let mut world = cache(("Cache.refresh", "lock.acquire()"));
    world.sleeping("c", &[("Cache.refresh", "await self.load()")], 2.0);
    world.refers("task:c", "lock:Cache.lock", "self.lock");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), [""; 0]);
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn nothing_is_said_where_nobody_looked_for_references() {
    let mut world = cache(("Cache.refresh", "lock.acquire()"));
    Arc::make_mut(&mut world.process.references).clear();
    assert_eq!(kinds(&world.diagnose().1), [""; 0]);
}

#[test]
fn permits_that_leaked() {
    let mut world = World::new("async def slot(self):\n    await self.sem.acquire()\n    yield\n");
    for name in ["j1", "j2"] {
        world.waiting(
            name,
            &[("slot", "sem.acquire")],
            "semaphore",
            "semaphore:sem",
        );
        world.refers(&format!("task:{name}"), "semaphore:sem", "limiter.sem");
    }
    world.resource("semaphore", "sem", &[]).value = Some(0);
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["leaked-permits"]);
    assert_eq!(culprit(&found), "await self.sem.acquire()");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn permits_that_are_in_use() {
    let mut world = World::new("async def work():\n    async with sem:\n        await sleep(1)\n");
    world.waiting(
        "j1",
        &[("work", "async with")],
        "semaphore",
        "semaphore:sem",
    );
    world.sleeping("j2", &[("work", "sleep")], 0.5);
    world.resource("semaphore", "sem", &["task:j2"]).value = Some(0);
    assert_eq!(kinds(&world.diagnose().1), [""; 0]);
}

const TABLE: &str = "\
class Table:
    async def scan(self):
        async with self.lock:
            for row in self.rows:
                yield row
    async def insert(self):
        async with self.lock:
            pass
async def first(table):
    cursor = table.scan()
    async for row in cursor:
        if row:
            return row
async def consume(table):
    async for row in table.scan():
        await asyncio.sleep(1)
";

fn table() -> World {
    let mut world = World::new(TABLE);
    world.waiting("w", &[("Table.insert", "pass")], "lock", "lock:l");
    world.coroutine("Table.scan", "async-generator", "yield row");
    world
        .resource("lock", "l", &["coroutine:Table.scan"])
        .locked = Some(true);
    world
}

#[test]
fn a_generator_that_was_left_holds_a_lock() {
    let (verdict, found) = table().diagnose();
    assert_eq!(kinds(&found), ["held-by-suspended-asyncgen"]);
    assert_eq!(culprit(&found), "async for row in cursor:");
    assert_eq!(found[0].tasks, ids(["task:w"]));
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_generator_that_is_iterated_goes_on() {
    let mut world = table();
    world.sleeping("c", &[("consume", "sleep(1)")], 0.5);
    assert_eq!(kinds(&world.diagnose().1), [""; 0]);
}

const CRAWL: &str = "\
async def check(session, keep):
    resp = await session.get(url)
    keep.append(resp)
async def crawler(session, keep):
    return [await check(session, keep) for _ in range(3)]
";

#[test]
fn responses_are_kept_until_the_pool_is_empty() {
    let mut world = World::new(CRAWL);
    let at = [("crawler", "await check"), ("check", "session.get")];
    world.waiting("crawler", &at, "future", "pool:TCPConnector");
    let pool = world.resource("pool", "TCPConnector", &["task:crawler"]);
    (pool.limit, pool.used) = (Some(2), Some(2));
    world.refers("task:crawler", "pool:TCPConnector", "keep[0]");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["pool-exhausted"]);
    assert_eq!(culprit(&found), "keep.append(resp)");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_pool_whose_connections_are_at_work_is_not_exhausted() {
    let mut world = World::new(CRAWL);
    let at = [("check", "session.get")];
    world.waiting("a", &at, "future", "pool:p");
    world.waiting("b", &at, "socket-read", "");
    let pool = world.resource("pool", "p", &["task:b"]);
    (pool.limit, pool.used) = (Some(1), Some(1));
    let (verdict, found) = world.diagnose();
    assert!(!kinds(&found).contains(&"pool-exhausted"));
    assert_ne!(verdict.state, "hung");
}

const QUEUE_POOL: &str = "\
class Pool:
    async def query(self, sql):
        conn = await self.free.get()
        line = await conn.ask(sql)
        if line.startswith(b'ERR'):
            raise RuntimeError(line)
        self.free.put_nowait(conn)
        return line
";

fn queue_pool(source: &str) -> World {
    let mut world = World::new(source);
    for name in ["r0", "r1"] {
        world.waiting(
            name,
            &[("Pool.query", "free.get()")],
            "queue-get",
            "queue:Pool.free",
        );
        world.refers(&format!("task:{name}"), "queue:Pool.free", "self.free");
    }
    let queue = world.resource("queue", "Pool.free", &[]);
    (queue.limit, queue.size) = (Some(2), Some(0));
    world
}

#[test]
fn a_queue_of_connections_is_drained_by_errors() {
    let (verdict, found) = queue_pool(QUEUE_POOL).diagnose();
    assert_eq!(kinds(&found), ["pool-exhausted"]);
    assert_eq!(culprit(&found), "if line.startswith(b'ERR'):");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn without_a_way_out_the_culprit_takes() {
    let source = QUEUE_POOL.replace("raise RuntimeError(line)", "pass");
    let (_, found) = queue_pool(&source).diagnose();
    assert_eq!(culprit(&found), "conn = await self.free.get()");
}

#[test]
fn a_lock_that_was_taken_before_the_fork() {
    let mut world = World::new("def update():\n    with registry_lock:\n        pass\n");
    world.task("job", &[("update", "with registry_lock")]);
    world.run("task:job", "thread:MainThread", &[]);
    world.process.threads[0].waits_for = Some(crate::model::Wait {
        kind: "thread-lock".parse().unwrap(),
        resource: Some("thread-lock:registry_lock".into()),
        ..Default::default()
    });
    world.resource("thread-lock", "registry_lock", &[]).locked = Some(true);
    world.refers(
        "module:__main__",
        "thread-lock:registry_lock",
        "registry_lock",
    );
    let (_, found) = world.diagnose();
    assert!(!kinds(&found).contains(&"fork-inherited-lock"));
    world.parent = Some(world.process.command.clone());
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["fork-inherited-lock", "blocked-loop"]);
    assert_eq!(how(&found[1]), "threading.Lock");
    assert_eq!(culprit(&found), "with registry_lock:");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn who_goes_on_with_a_permit_and_never_gives_it_back_ends_no_wait() {
    let source = |rest: &str| {
        format!(
            "\
async def take(pool):
    await pool.slots.acquire()
async def import_all(pool):
    await pool.slots.acquire()
    await asyncio.sleep(60)  # imports
{rest}"
        )
    };
    let is_hung = |rest: &str| {
        let mut world = World::new(&source(rest));
        world.sleeping("Task-1", &[("import_all", "# imports")], 50.0);
        world.waiting(
            "late",
            &[("take", "acquire()")],
            "semaphore",
            "semaphore:Pool.slots",
        );
        let slots = world.resource("semaphore", "Pool.slots", &[]);
        (slots.value, slots.name) = (Some(0), Some("Pool.slots".into()));
        for task in ["task:Task-1", "task:late"] {
            world.refers(task, "semaphore:Pool.slots", "pool.slots");
        }
        world.diagnose().0.state == "hung"
    };
    assert!(is_hung("    print('done')\n"));
    assert!(!is_hung("    pool.slots.release()\n"));
}
