//! The bounds that a run must keep: stack and memory. Time is libFuzzer's.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// What the threads of the product have: `std::thread`'s own default.
const STACK: usize = 2 << 20;
/// Bytes that may be allocated at one time.
const MOST: usize = 1 << 30;
/// For the handler that reports a stack overflow.
const SIGNAL_STACK: usize = 256 << 10;

/// A function of a target.
pub type Target = fn(&[u8]);

/// Counts what is allocated; sanitizers, which could do so, need nightly.
struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn take(size: usize) {
    let before = ALLOCATED.fetch_add(size, Ordering::Relaxed);
    if before.saturating_add(size) > MOST {
        let text = b"FUZZ: more than 1 GiB of memory is allocated\n";
        // SAFETY: plain system calls; nothing may be allocated here.
        unsafe {
            libc::write(2, text.as_ptr().cast(), text.len());
            libc::abort();
        }
    }
}

// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        take(size);
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.realloc(at, layout, size) }
    }
}

type Worker = (SyncSender<(Target, Vec<u8>)>, Receiver<()>);

/// Runs `target` on the stack that the product's threads have.
pub fn run(target: Target, data: &[u8]) {
    static WORKER: OnceLock<Mutex<Worker>> = OnceLock::new();
    let worker = WORKER.get_or_init(|| Mutex::new(start()));
    let worker = worker.lock().unwrap_or_else(PoisonError::into_inner);
    let sent = worker.0.send((target, data.to_vec()));
    assert!(
        sent.is_ok() && worker.1.recv().is_ok(),
        "the target panicked"
    );
}

fn start() -> Worker {
    let (give, given) = sync_channel::<(Target, Vec<u8>)>(1);
    let (done, is_done) = sync_channel(1);
    let work = move || {
        signal_stack();
        for (target, data) in given {
            target(&data);
            if done.send(()).is_err() {
                return;
            }
        }
    };
    let thread = thread::Builder::new().stack_size(STACK);
    thread.spawn(work).expect("a thread for the target");
    (give, is_done)
}

/// Lets libFuzzer's handler run when the stack is used up, and save the input.
fn signal_stack() {
    let memory = Box::leak(vec![0_u8; SIGNAL_STACK].into_boxed_slice());
    let stack = libc::stack_t {
        ss_sp: memory.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: memory.len(),
    };
    // SAFETY: the memory is never freed.
    let result = unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) };
    assert_eq!(result, 0, "no stack for signals");
}
