//! What texts and bytes have in common: searching, splitting, stripping.

/// For each start of `part` the length of its longest border, as Knuth, Morris
/// and Pratt search: the time grows with the lengths, not with their product.
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

/// Where each of the places without overlaps begins at which `part`, which is
/// not empty, is in `whole`.
fn places<'a, T: PartialEq>(whole: &'a [T], part: &'a [T]) -> impl Iterator<Item = usize> + 'a {
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

/// Where `part` first is in `whole`.
pub(crate) fn find<T: PartialEq>(whole: &[T], part: &[T]) -> Option<usize> {
    match part.is_empty() {
        true => Some(0),
        false => places(whole, part).next(),
    }
}

/// Where `part` last is in `whole`.
pub(crate) fn rfind<T: PartialEq + Clone>(whole: &[T], part: &[T]) -> Option<usize> {
    let backwards = |units: &[T]| units.iter().rev().cloned().collect::<Vec<T>>();
    let at = find(&backwards(whole), &backwards(part))?;
    Some(whole.len() - at - part.len())
}

/// How often `part` is in `whole`, without overlaps.
pub(crate) fn count<T: PartialEq>(whole: &[T], part: &[T]) -> usize {
    if part.is_empty() {
        return whole.len() + 1;
    }
    places(whole, part).count()
}

/// Splits at each `separator`, at most `most` times, from the left.
pub(crate) fn split<T: PartialEq + Clone>(
    whole: &[T],
    separator: &[T],
    most: usize,
) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in places(whole, separator).take(most) {
        parts.push(whole.get(from..at).unwrap_or_default().to_vec());
        from = at + separator.len();
    }
    parts.push(whole.get(from..).unwrap_or_default().to_vec());
    parts
}

/// Splits at each `separator`, at most `most` times, from the right.
pub(crate) fn rsplit<T: PartialEq + Clone>(
    whole: &[T],
    separator: &[T],
    most: usize,
) -> Vec<Vec<T>> {
    let backwards = |units: &[T]| units.iter().rev().cloned().collect::<Vec<T>>();
    let mut parts = split(&backwards(whole), &backwards(separator), most);
    for part in &mut parts {
        part.reverse();
    }
    parts.reverse();
    parts
}

/// Splits at runs of blanks, at most `most` times, from the left.
pub(crate) fn split_blank<T: Clone>(
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
pub(crate) fn rsplit_blank<T: Clone>(
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

/// Replaces `old` by `new`, at most `most` times.
pub(crate) fn replace<T: PartialEq + Clone>(
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
