//! Collapsed stacks: a line for each stack, `group;outer;inner;reason MICROSECONDS`, as
//! `flamegraph.pl`, inferno and speedscope read it.

use std::io::{self, Write};

use super::Profile;
use crate::plain_text;

/// Writes the profile. The numbers are microseconds of task time.
///
/// # Errors
/// Those of `out`.
pub fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let states = &profile.timeline.states;
    for (state, sum) in profile.timeline.sums() {
        let us = sum.wall_ns / 1_000;
        if us == 0 {
            continue;
        }
        write!(
            out,
            "{} {}",
            state.who.as_str(),
            part(states.name(state.group))
        )?;
        for place in states.places_of(state.stack) {
            write!(out, ";{}", part(&place.label()))?;
        }
        writeln!(out, ";[{}] {us}", part(&states.leaf(state)))?;
    }
    Ok(())
}

/// Text of the target as one part of a line.
fn part(text: &str) -> String {
    plain_text::clean(text).replace(';', ",")
}
