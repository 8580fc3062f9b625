//! The arguments of `watch`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint, value_parser};

use super::help_text::WATCH_HELP;
use super::record_arguments::{duration, rate};

/// The options of `watch`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = WATCH_HELP)]
pub(super) struct WatchArguments {
    /// The process to watch
    #[arg(short, long, value_parser = value_parser!(u32).range(1..))]
    pub pid: u32,
    /// Watch all Python processes below it as well, also those that begin later
    #[arg(long)]
    pub children: bool,
    /// Watch for this long, such as 30s or 5m; otherwise until it ends or Ctrl-C
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Tell of steps that block a loop for this long or longer
    #[arg(long, value_name = "TIME", default_value = "50ms", value_parser = duration)]
    pub slow: Duration,
    /// Judge every so often whether it hangs [default: 10s, or more rarely if --max-overhead allows no more]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub every: Option<Duration>,
    /// Look so often whether a step is slow, at a few words of each loop, if --max-overhead allows; what runs is looked
    /// up ten times a second at most, and where a step gets long
    #[arg(short, long, value_name = "PER_SECOND", default_value = "100", value_parser = rate)]
    pub rate: f64,
    /// Use at most this much of a processor for looks, in percent
    #[arg(long, value_name = "PERCENT", default_value = "1", value_parser = percent)]
    pub max_overhead: f64,
    /// Keep the last minutes, such as 10m, and write them when a step is slow or it hangs
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub keep: Option<Duration>,
    /// With --keep, write recordings into this directory
    #[arg(long, value_name = "DIR", default_value = ".", requires = "keep")]
    #[arg(value_hint = ValueHint::DirPath)]
    pub keep_in: PathBuf,
    /// With --keep, leave so many recordings, and remove the oldest of this run
    #[arg(long, value_name = "COUNT", default_value = "10", requires = "keep")]
    #[arg(value_parser = value_parser!(u16).range(1..))]
    pub keep_files: u16,
    /// In recordings of --keep, leave out whole looks and their memory: no reports, no variables
    #[arg(long, requires = "keep")]
    pub no_memory: bool,
    /// Write metrics into this file every 10 s, for the textfile collector of node_exporter
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub prom: Option<PathBuf>,
    /// Serve metrics over HTTP at this address, such as 9109 (of this machine only) or 0.0.0.0:9109
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = listen_address)]
    pub listen: Option<SocketAddr>,
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

/// An address and a port, or a port of this machine only.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix(':').unwrap_or(text).parse();
    let local = port.map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    local
        .or_else(|_| text.parse())
        .map_err(|_| "not a port, or an address with a port such as 0.0.0.0:9109".to_owned())
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
    fn metrics_are_for_this_machine_unless_an_address_says_otherwise() {
        let of = |text: &str| listen_address(text).map(|it| it.to_string());
        assert_eq!(of("9109"), Ok("127.0.0.1:9109".to_owned()));
        assert_eq!(of(":9109"), Ok("127.0.0.1:9109".to_owned()));
        assert_eq!(of("0.0.0.0:9109"), Ok("0.0.0.0:9109".to_owned()));
        assert_eq!(of("[::1]:9109"), Ok("[::1]:9109".to_owned()));
        for text in ["", "here", "127.0.0.1", "70000"] {
            assert!(of(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn percents_have_bounds() {
        assert_eq!(percent("1"), Ok(1.0));
        assert_eq!(percent("2.5 %"), Ok(2.5));
        for text in ["", "much", "0", "-1", "101", "nan"] {
            assert!(percent(text).is_err(), "{text:?}");
        }
    }
}
