//! Rules of `--fail-on`: `wait:lock>+10%`.

use std::str::FromStr;

use serde::Serialize;

use super::text::{percent, seconds};
use super::{Diff, Total};

/// By how much time may grow.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    Percent(f64),
    /// Per unit.
    Seconds(f64),
}

/// A rule that a diff may break.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// As it was written.
    text: String,
    total: Total,
    limit: Limit,
}

/// What a rule says of a diff.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The rule, as it was written.
    pub rule: String,
    /// Whether the diff breaks it.
    pub failed: bool,
    /// What there is of the time, in one sentence.
    pub text: String,
}

/// What a rule looks like, for messages.
const FORM: &str = "a rule is like wait:lock>+10%, wait>+5%, ready>+2ms or all>+20%";

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (total, limit) = text.split_once('>').ok_or_else(|| FORM.to_owned())?;
        let total = total.trim();
        Ok(Self {
            text: text.to_owned(),
            total: total
                .parse()
                .map_err(|_| format!("nothing is called {total:?}; {FORM}"))?,
            limit: parse_limit(limit.trim()).ok_or_else(|| FORM.to_owned())?,
        })
    }
}

fn parse_limit(text: &str) -> Option<Limit> {
    let text = text.trim_start_matches('+');
    let of = |unit: &str| {
        let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        (number.is_finite() && number >= 0.0).then_some(number)
    };
    (of("%").map(Limit::Percent))
        .or_else(|| of("ms").map(|ms| Limit::Seconds(ms / 1e3)))
        .or_else(|| of("s").map(Limit::Seconds))
}

impl Rule {
    /// Whether the diff breaks the rule: the time grew by more than is allowed, and by more than
    /// noise.
    pub fn check(&self, diff: &Diff) -> Outcome {
        let found = diff.totals.iter().find(|(total, _)| *total == self.total);
        let Some((_, change)) = found else {
            return Outcome {
                rule: self.text.clone(),
                failed: false,
                text: "neither recording has any of it".to_owned(),
            };
        };
        let allowed = match self.limit {
            Limit::Percent(percent) => change.a.per * percent / 100.0,
            Limit::Seconds(seconds) => seconds,
        };
        Outcome {
            rule: self.text.clone(),
            failed: change.exceeds() && change.more() > allowed,
            text: format!(
                "{} {} instead of {} ({}; noise is {})",
                seconds(change.b.per),
                change.basis.words(),
                seconds(change.a.per),
                percent(change),
                seconds(change.noise),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_a_subject_and_a_limit() {
        for text in [
            "wait:lock>+10%",
            "wait > 5 %",
            "ready>+2ms",
            "all>+1s",
            "gil>+0%",
            "wait:select>+3%",
        ] {
            let rule: Rule = text.parse().unwrap();
            assert_eq!(rule.text, text);
        }
        for text in [
            "",
            "wait:lock",
            "wait:lock>",
            "wait:lock>+10",
            "wait:lokc>+10%",
            "waiting>+1%",
            "all>-3%",
            "all>+nan%",
            "all>+inf s",
        ] {
            let error = text.parse::<Rule>().unwrap_err();
            assert!(error.contains("a rule is like"), "{text:?}: {error}");
        }
    }
}
