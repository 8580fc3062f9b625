//! The arguments of `top`.

use std::time::Duration;

use clap::{Args, value_parser};

use super::help_text::TOP_HELP;
use super::record_arguments::duration;
use super::watch_arguments::percent;
use crate::top::view::RATES;

/// The options of `top`.
#[derive(Debug, Args)]
#[command(after_long_help = TOP_HELP)]
pub(super) struct TopArguments {
    /// The process to look at; without it, choose one
    #[arg(short, long, value_parser = value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
    /// Look so often at all tasks, if --max-overhead allows; + and - change it
    #[arg(short, long, value_name = "PER_SECOND", default_value = "4", value_parser = rate)]
    pub rate: f64,
    /// Use at most this much of a processor for looks, in percent
    #[arg(long, value_name = "PERCENT", default_value = "20", value_parser = percent)]
    pub max_overhead: f64,
    /// Judge every so often whether it hangs
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub every: Duration,
    /// When to use colours; auto respects NO_COLOR and CLICOLOR_FORCE
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: clap::ColorChoice,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.trim().parse().map_err(|_| "not a number")?;
    let (least, most) = (RATES[0], RATES[RATES.len() - 1]);
    match (least..=most).contains(&rate) {
        true => Ok(rate),
        false => Err(format!("it must be between {least} and {most}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_bounds() {
        assert_eq!(rate("4"), Ok(4.0));
        assert_eq!(rate("0.2"), Ok(0.2));
        for text in ["", "fast", "0", "-1", "nan", "1000"] {
            assert!(rate(text).is_err(), "{text:?}");
        }
    }
}
