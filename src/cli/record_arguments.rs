//! The arguments of `record`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint, value_parser};

use super::help_text::RECORD_HELP;

/// The options of `record`.
#[derive(Debug, Args)]
#[command(after_long_help = RECORD_HELP)]
pub(super) struct RecordArguments {
    /// The process to record
    #[arg(
        short,
        long,
        required_unless_present = "program",
        conflicts_with = "program"
    )]
    #[arg(value_parser = value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
    /// Record for this long, such as 30, 90s or 5m; otherwise until Ctrl-C
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Look so often, such as 100 or 0.2khz
    #[arg(short, long, value_name = "PER_SECOND", default_value = "100", value_parser = rate)]
    pub rate: f64,
    /// The file to write; `-` is standard output. Without it, a name with pid and time
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// The format; otherwise the one that the name of the file ends with, or html
    #[arg(short, long, value_name = "FORMAT")]
    pub format: Option<ProfileFormat>,
    /// Record all Python processes below it as well, also those that begin later, each into a file
    /// of its own with its pid in the name
    #[arg(long)]
    pub children: bool,
    /// In a .dapper file, leave out whole looks and their memory: no reports, no variables
    #[arg(long)]
    pub no_memory: bool,
    /// Start this program and record it; its exit status is passed on
    #[arg(last = true, value_name = "PROGRAM")]
    #[arg(value_hint = ValueHint::CommandWithArguments)]
    pub program: Vec<OsString>,
}

/// Formats of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProfileFormat {
    /// A page for any browser: flame graph, loop lag, tables
    Html,
    /// For speedscope
    Speedscope,
    /// A line for each stack, with microseconds of task time
    Collapsed,
    /// For the Firefox profiler: threads and loops as tracks, states of tasks as markers
    Firefox,
    /// For `go tool pprof` and others
    Pprof,
    /// For Perfetto's page: a track for each task and thread, loop lag as a counter
    Perfetto,
    /// JSON lines: one object for each interval of each task and thread
    Jsonl,
    /// All of it, for convert, diff, --capture and editors; has memory of the process
    Dapper,
}

impl ProfileFormat {
    /// How names of its files end, the one that is chosen without `--output` first.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Html => &[".html", ".htm"],
            Self::Speedscope => &[".speedscope.json", ".speedscope"],
            Self::Collapsed => &[".collapsed", ".folded", ".txt"],
            Self::Firefox => &[".firefox.json.gz", ".profile.json.gz"],
            Self::Pprof => &[".pb.gz", ".pprof"],
            Self::Perfetto => &[".perfetto-trace", ".pftrace"],
            Self::Jsonl => &[".jsonl", ".ndjson"],
            Self::Dapper => &[".dapper"],
        }
    }

    /// Reads the name of a format other than that of recordings themselves.
    pub(super) fn of_conversion() -> impl TypedValueParser<Value = Self> {
        let all = Self::value_variants().iter();
        let others = all.filter(|format| **format != Self::Dapper);
        let names = others.filter_map(ValueEnum::to_possible_value);
        PossibleValuesParser::new(names).try_map(|name| Self::from_str(&name, false))
    }

    /// How the name of a new file ends.
    pub(super) fn ending(self) -> &'static str {
        self.endings().first().copied().unwrap_or_default()
    }

    /// The name of the file for another process: with its pid in front of the ending.
    pub(super) fn for_process(self, path: &Path, pid: u32) -> PathBuf {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let lower = name.to_ascii_lowercase();
        let endings = self.endings().iter();
        let ending = endings.copied().find(|ending| lower.ends_with(ending));
        let (stem, ending) = name.split_at(name.len() - ending.map_or(0, str::len));
        path.with_file_name(format!("{stem}-{pid}{ending}"))
    }

    /// The format of a file with this name. `None` if its ending says nothing.
    pub(super) fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let all = Self::value_variants().iter().copied();
        let mut all = all.filter(|format| format.endings().iter().any(|it| name.ends_with(it)));
        all.next()
    }

    /// What opens a file of the format, but for its name.
    pub(super) const fn opener(self) -> &'static str {
        match self {
            Self::Html => "xdg-open",
            Self::Speedscope => "npx speedscope",
            Self::Collapsed => "inferno-flamegraph >flamegraph.svg <",
            Self::Firefox => "https://profiler.firefox.com (Load a profile from file)",
            Self::Pprof => "go tool pprof -http=:",
            Self::Perfetto => "https://ui.perfetto.dev (Open trace file)",
            Self::Jsonl => "jq -c .",
            Self::Dapper => "dapper-attach convert",
        }
    }

    /// Whether it is no text.
    pub(super) const fn is_binary(self) -> bool {
        match self {
            Self::Firefox | Self::Pprof | Self::Perfetto | Self::Dapper => true,
            Self::Html | Self::Speedscope | Self::Collapsed | Self::Jsonl => false,
        }
    }
}

impl RecordArguments {
    /// The format that is asked for, or that the name of the file tells.
    pub(super) fn chosen(&self) -> ProfileFormat {
        let of_name = || ProfileFormat::of_file(self.output.as_deref()?);
        self.format.or_else(of_name).unwrap_or(ProfileFormat::Html)
    }
}

/// Highest rate: at more, one look would not have ended before the next.
const MAX_RATE: f64 = 1_000.0;
/// Longest recording: a day. Its intervals are kept in memory.
const MAX_DURATION_S: f64 = 86_400.0;

pub(super) fn rate(text: &str) -> Result<f64, String> {
    let lower = text.to_lowercase();
    let (number, unit) = match lower.strip_suffix("khz") {
        Some(number) => (number, 1_000.0),
        None => (lower.trim_end_matches("hz"), 1.0),
    };
    let rate: f64 = number.trim().parse().map_err(|_| "not a number")?;
    match rate * unit {
        rate if (0.1..=MAX_RATE).contains(&rate) => Ok(rate),
        _ => Err(format!("it must be between 0.1 and {MAX_RATE}")),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3_600.0)];
    let found = units.iter().find_map(|(unit, seconds)| {
        let number = text.strip_suffix(unit)?;
        Some((number, *seconds))
    });
    let (number, unit) = found.unwrap_or((text, 1.0));
    let number: f64 = number
        .trim()
        .parse()
        .map_err(|_| "not a time such as 30 or 5m")?;
    match number * unit {
        seconds if (0.001..=MAX_DURATION_S).contains(&seconds) => {
            Ok(Duration::from_secs_f64(seconds))
        }
        _ => Err("it must be between 1 ms and 24 h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_a_unit_and_bounds() {
        assert_eq!(rate("100"), Ok(100.0));
        assert_eq!(rate("0.2khz"), Ok(200.0));
        assert_eq!(rate("50 Hz"), Ok(50.0));
        for text in ["", "fast", "0", "-3", "nan", "inf", "2khz"] {
            assert!(rate(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn durations_have_a_unit_and_bounds() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        for text in ["", "soon", "0", "-1s", "nan", "25h", "5 parsecs"] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_file_of_another_process_has_its_pid_before_the_ending() {
        let of = |format: ProfileFormat, name: &str| {
            let path = format.for_process(Path::new(name), 7);
            path.to_string_lossy().into_owned()
        };
        assert_eq!(
            of(ProfileFormat::Html, "/tmp/a.b/slow.html"),
            "/tmp/a.b/slow-7.html"
        );
        assert_eq!(of(ProfileFormat::Pprof, "slow.pb.gz"), "slow-7.pb.gz");
        assert_eq!(of(ProfileFormat::Html, "SLOW.HTM"), "SLOW-7.HTM");
        assert_eq!(of(ProfileFormat::Perfetto, "größe"), "größe-7");
    }

    #[test]
    fn the_name_of_a_file_tells_its_format() {
        let of = |name: &str| ProfileFormat::of_file(Path::new(name));
        assert_eq!(of("a/b.HTML"), Some(ProfileFormat::Html));
        assert_eq!(of("x.speedscope.json"), Some(ProfileFormat::Speedscope));
        assert_eq!(of("x.pb.gz"), Some(ProfileFormat::Pprof));
        assert_eq!(of("x.json"), None);
        for format in ProfileFormat::value_variants() {
            assert_eq!(of(&format!("x{}", format.ending())), Some(*format));
        }
    }
}
