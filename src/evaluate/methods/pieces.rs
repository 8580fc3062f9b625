//! Searching, splitting and stripping of slices.

/// The length of the longest border of each prefix of `part`. With these the
/// search of Knuth, Morris and Pratt takes linear time.
fn borders<T: PartialEq>(part: &[T]) -> Vec<usize> {
    let mut borders = vec![0; part.len()];
    let mut length = 0;
    for at in 1..part.len() {
        while length > 0 && part.get(at) != part.get(length) {
            length = borders.get(length - 1).copied().unwrap_or(0);
        }
        if part.get(at) == part.get(length) {
            length += 1;
        }
        if let Some(border) = borders.get_mut(at) {
            *border = length;
        }
    }
    borders
}

/// Start of each occurrence of `part` in `whole`, without overlaps. `part` is
/// not empty.
fn occurrences<'a, T: PartialEq>(
    whole: &'a [T],
    part: &'a [T],
) -> impl Iterator<Item = usize> + 'a {
    let borders = borders(part);
    let mut matched = 0;
    whole.iter().enumerate().filter_map(move |(at, unit)| {
        while matched > 0 && part.get(matched) != Some(unit) {
            matched = borders.get(matched - 1).copied().unwrap_or(0);
        }
        if part.get(matched) == Some(unit) {
            matched += 1;
        }
        if matched < part.len() {
            return None;
        }
        matched = 0;
        Some(at + 1 - part.len())
    })
}

/// Start of the first occurrence of `part`.
pub(crate) fn find<T: PartialEq>(whole: &[T], part: &[T]) -> Option<usize> {
    match part.is_empty() {
        true => Some(0),
        false => occurrences(whole, part).next(),
    }
}

/// Start of the last occurrence of `part`.
pub(crate) fn rfind<T: PartialEq + Clone>(whole: &[T], part: &[T]) -> Option<usize> {
    let backwards = |units: &[T]| units.iter().rev().cloned().collect::<Vec<T>>();
    let at = find(&backwards(whole), &backwards(part))?;
    Some(whole.len() - at - part.len())
}

/// Number of occurrences of `part`, without overlaps.
pub(crate) fn count<T: PartialEq>(whole: &[T], part: &[T]) -> usize {
    if part.is_empty() {
        return whole.len() + 1;
    }
    occurrences(whole, part).count()
}

/// Splits at each `separator`, at most `limit` times, from the left.
pub(crate) fn split<T: PartialEq + Clone>(
    whole: &[T],
    separator: &[T],
    limit: usize,
) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in occurrences(whole, separator).take(limit) {
        parts.push(whole.get(from..at).unwrap_or_default().to_vec());
        from = at + separator.len();
    }
    parts.push(whole.get(from..).unwrap_or_default().to_vec());
    parts
}

/// Splits at each `separator`, at most `limit` times, from the right.
pub(crate) fn rsplit<T: PartialEq + Clone>(
    whole: &[T],
    separator: &[T],
    limit: usize,
) -> Vec<Vec<T>> {
    let backwards = |units: &[T]| units.iter().rev().cloned().collect::<Vec<T>>();
    let mut parts = split(&backwards(whole), &backwards(separator), limit);
    for part in &mut parts {
        part.reverse();
    }
    parts.reverse();
    parts
}

/// Splits at runs of blanks, at most `limit` times, from the left.
pub(crate) fn split_blank<T: Clone>(
    whole: &[T],
    limit: usize,
    blank: &dyn Fn(&T) -> bool,
) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    let mut rest = trim_start(whole, blank);
    while !rest.is_empty() {
        if parts.len() == limit {
            parts.push(rest.to_vec());
            break;
        }
        let end = rest.iter().position(blank).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        parts.push(part.to_vec());
        rest = trim_start(behind, blank);
    }
    parts
}

/// Splits at runs of blanks, at most `limit` times, from the right.
pub(crate) fn rsplit_blank<T: Clone>(
    whole: &[T],
    limit: usize,
    blank: &dyn Fn(&T) -> bool,
) -> Vec<Vec<T>> {
    let mut reversed = whole.to_vec();
    reversed.reverse();
    let mut parts = split_blank(&reversed, limit, blank);
    for part in &mut parts {
        part.reverse();
    }
    parts.reverse();
    parts
}

pub(crate) fn trim_start<'a, T>(whole: &'a [T], strip: &dyn Fn(&T) -> bool) -> &'a [T] {
    let start = whole.iter().position(|unit| !strip(unit));
    whole
        .get(start.unwrap_or(whole.len())..)
        .unwrap_or_default()
}

pub(crate) fn trim_end<'a, T>(whole: &'a [T], strip: &dyn Fn(&T) -> bool) -> &'a [T] {
    let end = whole.iter().rposition(|unit| !strip(unit));
    whole
        .get(..end.map_or(0, |end| end + 1))
        .unwrap_or_default()
}

/// Replaces `old` by `new`, at most `limit` times.
pub(crate) fn replace<T: PartialEq + Clone>(
    whole: &[T],
    old: &[T],
    new: &[T],
    limit: usize,
) -> Vec<T> {
    let mut made = Vec::new();
    if old.is_empty() {
        for (index, unit) in whole.iter().enumerate() {
            if index < limit {
                made.extend_from_slice(new);
            }
            made.push(unit.clone());
        }
        if whole.len() < limit {
            made.extend_from_slice(new);
        }
        return made;
    }
    for (index, part) in split(whole, old, limit).into_iter().enumerate() {
        if index > 0 {
            made.extend_from_slice(new);
        }
        made.extend(part);
    }
    made
}

#[cfg(test)]
mod tests {
    use crate::evaluate::methods::pieces::*;

    fn words(parts: Vec<Vec<u8>>) -> Vec<String> {
        let text = |part| String::from_utf8(part).unwrap_or_default();
        parts.into_iter().map(text).collect()
    }

    #[test]
    fn searches_from_both_ends() {
        assert_eq!(find(b"abcabc", b"bc"), Some(1));
        assert_eq!(rfind(b"abcabc", b"bc"), Some(4));
        assert_eq!(find(b"abc", b""), Some(0));
        assert_eq!(rfind(b"abc", b""), Some(3));
        assert_eq!(find(b"a", b"abc"), None);
        assert_eq!(count(b"aaaa", b"aa"), 2);
        assert_eq!(count(b"ab", b""), 3);
        assert_eq!(find(b"aabaabaaab", b"aabaaa"), Some(3));
        assert_eq!(rfind(b"aaa", b"aa"), Some(1));
    }

    #[test]
    fn splits_as_python_does() {
        let blank = |unit: &u8| *unit == b' ';
        assert_eq!(words(split(b"a,b,c", b",", 1)), ["a", "b,c"]);
        assert_eq!(words(rsplit(b"a,b,c", b",", 1)), ["a,b", "c"]);
        assert_eq!(
            words(split_blank(b"  a b  c ", usize::MAX, &blank)),
            ["a", "b", "c"]
        );
        assert_eq!(words(split_blank(b" a b c ", 1, &blank)), ["a", "b c "]);
        assert_eq!(words(rsplit_blank(b" a b c ", 1, &blank)), [" a b", "c"]);
        assert_eq!(replace(b"ab", b"", b"-", usize::MAX), b"-a-b-");
        assert_eq!(replace(b"aaa", b"a", b"b", 2), b"bba");
    }
}
