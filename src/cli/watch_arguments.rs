//! The arguments of `watch`.

use std::time::Duration;

use clap::{Args, ValueEnum, value_parser};

use super::help_text::WATCH_HELP;
use super::record_arguments::{duration, rate};

/// The options of `watch`.
#[derive(Debug, Args)]
#[command(after_long_help = WATCH_HELP)]
pub(super) struct WatchArguments {
    /// The process to watch
    #[arg(short, long, value_parser = value_parser!(u32).range(1..))]
    pub pid: u32,
    /// Watch for this long, such as 30s or 5m; otherwise until it ends or Ctrl-C
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Tell of steps that block a loop for this long or longer
    #[arg(long, value_name = "TIME", default_value = "50ms", value_parser = duration)]
    pub slow: Duration,
    /// Judge every so often whether it hangs
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub every: Duration,
    /// Look so often for slow steps, if --max-overhead allows
    #[arg(short, long, value_name = "PER_SECOND", default_value = "100", value_parser = rate)]
    pub rate: f64,
    /// Use at most this much of a processor for looks, in percent
    #[arg(long, value_name = "PERCENT", default_value = "1", value_parser = percent)]
    pub max_overhead: f64,
    /// How events are printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log: LogFormat,
    /// Run this with `sh -c` when the process begins to hang, and go on at once
    #[arg(long, value_name = "COMMAND")]
    pub on_hang: Option<String>,
}

/// How events are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// A line for people
    Text,
    /// A JSON object in each line
    Json,
    /// A line with the priority that systemd's journal takes
    Journal,
}

pub(super) fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim();
    let percent: f64 = number.parse().map_err(|_| "not a number of percent")?;
    match (0.01..=100.0).contains(&percent) {
        true => Ok(percent),
        false => Err("it must be between 0.01 and 100".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_have_bounds() {
        assert_eq!(percent("1"), Ok(1.0));
        assert_eq!(percent("2.5 %"), Ok(2.5));
        for text in ["", "much", "0", "-1", "101", "nan"] {
            assert!(percent(text).is_err(), "{text:?}");
        }
    }
}
