//! The last resort to find a runtime: a search of the writable memory of an image
//! without a symbol or section for it.

use std::collections::BTreeSet;

use python_offsets::Layout;

use crate::cpython::reader::is_plausible;
use crate::process::{Image, Memory};

/// Maximum length in bytes of one searched range.
const MAX_SEARCHED: u64 = 64 << 20;
const WORD: usize = 8;

/// Addresses in `image` that may be the start of `_PyRuntime`. From 3.13 the cookie
/// of the published offsets marks it. Before, `interpreters.head` and
/// `interpreters.main` of a process with one interpreter are equal, and the first
/// thread of that interpreter points back to it.
pub fn runtimes_in(image: &Image, memory: &dyn Memory) -> Vec<u64> {
    let layouts: Vec<&Layout> = python_offsets::minors()
        .filter_map(|minor| python_offsets::table(minor, false))
        .map(|table| table.base())
        .filter(|layout| !python_offsets::published::is_published(&layout.build.minor))
        .collect();
    let cookie = u64::from_le_bytes(*python_offsets::published::COOKIE);
    let mut found = BTreeSet::new();
    for (start, end) in image.writable_ranges() {
        let length = end.saturating_sub(start).min(MAX_SEARCHED) as usize;
        let mut bytes = vec![0; length];
        if memory.read(start, &mut bytes).is_err() {
            continue;
        }
        let words: Vec<u64> = bytes
            .chunks_exact(WORD)
            .map(|word| word.try_into().map(u64::from_le_bytes).unwrap_or(0))
            .collect();
        for (index, pair) in words.windows(2).enumerate() {
            let at = start + (index * WORD) as u64;
            if pair[0] == cookie {
                found.insert(at);
            } else if pair[0] == pair[1] && is_plausible(pair[0]) {
                let fitting = layouts
                    .iter()
                    .filter(|layout| is_interpreter(layout, memory, pair[0]));
                found
                    .extend(fitting.map(|layout| {
                        at.wrapping_sub(u64::from(layout.runtime.interpreters_head))
                    }));
            }
        }
    }
    found.into_iter().collect()
}

/// Whether the first thread of a possible interpreter points back to it.
fn is_interpreter(layout: &Layout, memory: &dyn Memory, interp: u64) -> bool {
    let word = |at: u64| {
        let mut word = [0; WORD];
        let read = is_plausible(at) && memory.read(at, &mut word).is_ok();
        read.then(|| u64::from_le_bytes(word))
    };
    let thread = word(layout.interp.threads_head.at(interp));
    let owner = thread
        .filter(|thread| is_plausible(*thread))
        .and_then(|thread| word(layout.thread.interp.at(thread)));
    owner == Some(interp)
}
