//! What the source tells.

use crate::diagnosis::source::{self, Module};

fn module(text: &str) -> Module {
    Module::parse(text.to_owned())
}

#[test]
fn survives_text_that_is_not_python() {
    for text in [
        "",
        "\n\n",
        "def f(:\n  (((",
        "\u{feff}x = 1",
        "if x:\n\ty\n  z",
        "\0\0",
    ] {
        let module = module(text);
        assert!(module.around(1).len() < 10);
        assert_eq!(module.line(4_000_000_000), "");
        assert_eq!(module.line(0), "");
    }
}

#[test]
fn finds_the_clause_that_swallows() {
    let text = "\
async def f():
    while True:
        try:
            try:
                await g()
            except ValueError:
                pass
        except:
            log()
async def h():
    try:
        await g()
    except (KeyError, asyncio.CancelledError):
        raise
async def k():
    try:
        pass
    except BaseException:
        await g()
";
    let module = module(text);
    assert_eq!(source::swallowing_handler(&module, 5), Some(8));
    assert_eq!(source::swallowing_handler(&module, 12), None);
    assert_eq!(source::swallowing_handler(&module, 19), None);
}

#[test]
fn finds_the_loop_around_a_line() {
    let text = "\
for x in y:
    def f():
        a = 1
        while a:
            if b:
                c()
        return
";
    let module = module(text);
    assert_eq!(source::enclosing_loop(&module, 6), Some(4));
    assert_eq!(source::enclosing_loop(&module, 3), None);
    assert_eq!(source::enclosing_loop(&module, 1), Some(1));
}

#[test]
fn a_queue_is_a_pool_when_its_taker_puts_back() {
    let text = "\
def plain(q):
    item = q.get()
    work(item)
def pooled(q):
    item = q.get()
    try:
        if bad(item):
            raise ValueError
    finally:
        q.put(item)
";
    let module = module(text);
    assert!(!source::puts_back(&module, 2));
    assert!(source::puts_back(&module, 5));
    assert_eq!(source::exit_without_put(&module, 5), None);
}

#[test]
fn tells_periodic_sleeps_from_computed_ones() {
    let text = "\
async def f():
    while True:
        await asyncio.sleep(60 * 60)
        await asyncio.sleep(INTERVAL)
        await asyncio.sleep(delay * 2)
    await asyncio.sleep(3600)
";
    let module = module(text);
    let periodic: Vec<bool> = (3..7).map(|line| source::forever(&module, line)).collect();
    assert_eq!(periodic, [true, true, false, false]);
}

#[test]
fn finds_where_a_coroutine_is_kept() {
    let text = "\
class A:
    def __init__(self):
        self.hooks = []
    def add(self, hook):
        self.hooks.append(hook())
def run():
    start()
    later = start()
";
    let module = module(text);
    assert_eq!(
        source::coroutine_store(&module, Some("A"), "hooks", "hook"),
        Some(5)
    );
    assert_eq!(
        source::coroutine_store(&module, None, "later", "start"),
        Some(8)
    );
    assert_eq!(
        source::coroutine_store(&module, None, "nothing", "start"),
        None
    );
}

#[test]
fn an_acquire_without_finally_can_leak() {
    let text = "\
async def good(lock):
    await lock.acquire()
    try:
        pass
    finally:
        lock.release()
async def bad(lock):
    await lock.acquire()
    lock.release()
";
    assert_eq!(source::unguarded_acquire(&module(text), "lock"), Some(8));
}
