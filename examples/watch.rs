//! Looks at one process again and again, as a live view does, and says how
//! often it can and for how much of the time the process stands still:
//! `cargo run --release --example watch -- PID [SECONDS]`.

use std::error::Error;
use std::time::{Duration, Instant};

use dapper_attach::limits::Limits;
use dapper_attach::sampling::watch::Watch;
use dapper_attach::snapshot::options::{Scope, TakeOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let pid = arguments.next().ok_or("which process?")?.parse()?;
    let seconds = arguments.next().map_or(Ok(2.0), |text| text.parse())?;
    let options = TakeOptions {
        locals: false,
        no_pause: false,
        max_pause: Duration::from_millis(100),
        scope: Scope::Movement,
        limits: Limits::default(),
    };
    let mut watch = Watch::open(pid, &options, false)?;
    let mut tasks = watch.look()?.tasks.len();
    let begun = Instant::now();
    let (mut looks, mut held) = (0u32, 0u64);
    while begun.elapsed().as_secs_f64() < seconds {
        let seen = watch.look()?;
        tasks = seen.tasks.len();
        held += seen.read.stopped_us;
        looks += 1;
    }
    let passed = begun.elapsed().as_secs_f64();
    println!(
        "{{\"tasks\":{tasks},\"per_second\":{:.1},\"held_share\":{:.4}}}",
        f64::from(looks) / passed,
        held as f64 / 1e6 / passed
    );
    Ok(())
}
