//! Samples one process in a loop, as a live view does, and prints how many samples
//! per second it takes and for which share of the time the process is stopped:
//! `cargo run --release --example watch -- PID [SECONDS]`.

use std::error::Error;
use std::time::{Duration, Instant};

use dapper_attach::limits::Limits;
use dapper_attach::sampling::sampler::Sampler;
use dapper_attach::snapshot::options::{SampleOptions, Scope};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let pid = arguments
        .next()
        .ok_or("usage: watch PID [SECONDS]")?
        .parse()?;
    let seconds = arguments.next().map_or(Ok(2.0), |text| text.parse())?;
    let options = SampleOptions {
        locals: false,
        no_pause: false,
        max_pause: Duration::from_millis(100),
        scope: Scope::Movement,
        limits: Limits::default(),
    };
    let mut watch = Sampler::open(pid, &options, false)?;
    let mut tasks = watch.look()?.tasks.len();
    let start = Instant::now();
    let (mut samples, mut stopped_us) = (0u32, 0u64);
    while start.elapsed().as_secs_f64() < seconds {
        let process = watch.look()?;
        tasks = process.tasks.len();
        stopped_us += process.read.stopped_us;
        samples += 1;
    }
    let elapsed_s = start.elapsed().as_secs_f64();
    println!(
        "{{\"tasks\":{tasks},\"per_second\":{:.1},\"held_share\":{:.4}}}",
        f64::from(samples) / elapsed_s,
        stopped_us as f64 / 1e6 / elapsed_s
    );
    Ok(())
}
