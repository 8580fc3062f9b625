//! What texts and bytes have in common: searching, splitting, stripping.

/// Where `part` first is in `whole`, in linear time.
pub(super) fn find<T: PartialEq>(whole: &[T], part: &[T]) -> Option<usize> {
    let part: Vec<&T> = part.iter().collect();
    search(whole.iter(), &part)
}

/// Where `part` last is in `whole`, in linear time.
pub(super) fn rfind<T: PartialEq>(whole: &[T], part: &[T]) -> Option<usize> {
    let reversed: Vec<&T> = part.iter().rev().collect();
    let from_end = search(whole.iter().rev(), &reversed)?;
    whole.len().checked_sub(from_end + part.len())
}

/// Where `part` begins in `whole` (Knuth, Morris and Pratt): hostile text makes
/// a plain search take the product of both lengths.
fn search<'a, T: PartialEq + 'a>(
    whole: impl Iterator<Item = &'a T>,
    part: &[&'a T],
) -> Option<usize> {
    let (first, rest) = match part.split_first() {
        None => return Some(0),
        Some((first, rest)) => (*first, rest),
    };
    // For each place, how many units before it are also the beginning.
    let mut borders = vec![0];
    let mut border = 0;
    for unit in rest {
        while border > 0 && part[border] != *unit {
            border = borders[border - 1];
        }
        border += usize::from(part[border] == *unit);
        borders.push(border);
    }
    let mut matched = 0;
    for (at, unit) in whole.enumerate() {
        while matched > 0 && part[matched] != unit {
            matched = borders[matched - 1];
        }
        let expected = if matched == 0 { first } else { part[matched] };
        matched += usize::from(expected == unit);
        if matched == part.len() {
            return Some(at + 1 - matched);
        }
    }
    None
}

/// How often `part` is in `whole`, without overlaps.
pub(super) fn count<T: PartialEq>(whole: &[T], part: &[T]) -> usize {
    if part.is_empty() {
        return whole.len() + 1;
    }
    let mut found = 0;
    let mut rest = whole;
    while let Some(at) = find(rest, part) {
        found += 1;
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    found
}

/// Splits at each `separator`, at most `most` times, from the left.
pub(super) fn split<T: PartialEq + Clone>(
    whole: &[T],
    separator: &[T],
    most: usize,
) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    let mut rest = whole;
    while parts.len() < most
        && let Some(at) = find(rest, separator)
    {
        let (part, behind) = rest.split_at(at);
        parts.push(part.to_vec());
        rest = behind.get(separator.len()..).unwrap_or_default();
    }
    parts.push(rest.to_vec());
    parts
}

/// Splits at each `separator`, at most `most` times, from the right.
pub(super) fn rsplit<T: PartialEq + Clone>(
    whole: &[T],
    separator: &[T],
    most: usize,
) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    let mut rest = whole;
    while parts.len() < most
        && let Some(at) = rfind(rest, separator)
    {
        parts.push(
            rest.get(at + separator.len()..)
                .unwrap_or_default()
                .to_vec(),
        );
        rest = rest.get(..at).unwrap_or_default();
    }
    parts.push(rest.to_vec());
    parts.reverse();
    parts
}

/// Splits at runs of blanks, at most `most` times, from the left.
pub(super) fn split_blank<T: Clone>(
    whole: &[T],
    most: usize,
    blank: &dyn Fn(&T) -> bool,
) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    let mut rest = trim_start(whole, blank);
    while !rest.is_empty() {
        if parts.len() == most {
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

/// Splits at runs of blanks, at most `most` times, from the right.
pub(super) fn rsplit_blank<T: Clone>(
    whole: &[T],
    most: usize,
    blank: &dyn Fn(&T) -> bool,
) -> Vec<Vec<T>> {
    let mut reversed = whole.to_vec();
    reversed.reverse();
    let mut parts = split_blank(&reversed, most, blank);
    for part in &mut parts {
        part.reverse();
    }
    parts.reverse();
    parts
}

pub(super) fn trim_start<'a, T>(whole: &'a [T], strip: &dyn Fn(&T) -> bool) -> &'a [T] {
    let start = whole.iter().position(|unit| !strip(unit));
    whole
        .get(start.unwrap_or(whole.len())..)
        .unwrap_or_default()
}

pub(super) fn trim_end<'a, T>(whole: &'a [T], strip: &dyn Fn(&T) -> bool) -> &'a [T] {
    let end = whole.iter().rposition(|unit| !strip(unit));
    whole
        .get(..end.map_or(0, |end| end + 1))
        .unwrap_or_default()
}

/// Replaces `old` by `new`, at most `most` times.
pub(super) fn replace<T: PartialEq + Clone>(
    whole: &[T],
    old: &[T],
    new: &[T],
    most: usize,
) -> Vec<T> {
    let mut made = Vec::new();
    if old.is_empty() {
        for (index, unit) in whole.iter().enumerate() {
            if index < most {
                made.extend_from_slice(new);
            }
            made.push(unit.clone());
        }
        if whole.len() < most {
            made.extend_from_slice(new);
        }
        return made;
    }
    for (index, part) in split(whole, old, most).into_iter().enumerate() {
        if index > 0 {
            made.extend_from_slice(new);
        }
        made.extend(part);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

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
