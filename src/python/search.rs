//! The last way to find a runtime: through the writable memory of an image
//! that has neither symbol nor section for it.

use std::collections::BTreeSet;

use crate::target::{Image, Memory};

/// Writable memory of one image that is searched, in bytes.
const LARGEST_SEARCH: u64 = 64 << 20;
const WORD: usize = 8;

/// Addresses in `image` that may be the start of `_PyRuntime`: the published
/// cookie, or, before 3.13, two equal pointers where the lists of
/// interpreters of a process with one interpreter would be.
pub fn runtimes_in(image: &Image, memory: &dyn Memory) -> Vec<u64> {
    let heads: BTreeSet<u32> = python_offsets::minors()
        .filter_map(|minor| python_offsets::table(minor, false))
        .filter(|table| !python_offsets::published::is_published(&table.base().build.minor))
        .map(|table| table.base().runtime.interpreters_head)
        .collect();
    let mut found = Vec::new();
    for (start, end) in image.writable_ranges() {
        let length = end.saturating_sub(start).min(LARGEST_SEARCH) as usize;
        let mut bytes = vec![0; length];
        if memory.read(start, &mut bytes).is_err() {
            continue;
        }
        let words: Vec<u64> = bytes
            .chunks_exact(WORD)
            .map(|word| word.try_into().map(u64::from_le_bytes).unwrap_or(0))
            .collect();
        let cookie = u64::from_le_bytes(*python_offsets::published::COOKIE);
        for (index, pair) in words.windows(2).enumerate() {
            let at = start + (index * WORD) as u64;
            if pair[0] == cookie {
                found.insert(0, at);
            } else if super::reader::is_plausible(pair[0])
                && pair[0] == pair[1]
                && pair[0].is_multiple_of(WORD as u64)
            {
                found.extend(heads.iter().map(|head| at.wrapping_sub(u64::from(*head))));
            }
        }
    }
    found
}
