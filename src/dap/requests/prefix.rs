//! The text before the cursor of a completion, taken apart.

/// What is to be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    /// The expression whose attributes or keys are wanted; `None` for names.
    pub base: Option<String>,
    /// Whether keys of a dict are wanted.
    pub keys: bool,
    /// The typed part of the name or key.
    pub typed: String,
    /// UTF-16 code units before the typed part.
    pub start: i64,
}

/// Takes apart the text before the cursor, which is `units` UTF-16 code units from
/// its beginning.
pub fn prefix(text: &str, units: usize) -> Prefix {
    let mut passed = 0;
    let end = text
        .char_indices()
        .find(|(_, c)| {
            let here = passed >= units;
            passed += c.len_utf16();
            here
        })
        .map_or(text.len(), |(at, _)| at);
    let before = &text[..end];
    let is_name = |c: char| c == '_' || c.is_alphanumeric();
    let typed_at = before
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_name(*c))
        .last()
        .map_or(before.len(), |(at, _)| at);
    let (head, typed) = before.split_at(typed_at);
    let prefix = |base: Option<&str>, keys, at: usize, typed: &str| Prefix {
        base: base.map(str::to_owned),
        keys,
        typed: typed.to_owned(),
        start: i64::try_from(before[..at].encode_utf16().count()).unwrap_or(0),
    };
    if let Some(head) = head.strip_suffix('.') {
        return prefix(Some(primary(head)), false, typed_at, typed);
    }
    // An unfinished key: `d[` or `d['ab`.
    let open = before.rfind('[').filter(|at| {
        let inner = &before[at + 1..];
        inner.is_empty() || inner.starts_with(['\'', '"']) && !inner[1..].contains(['\'', '"'])
    });
    if let Some(at) = open {
        return prefix(
            Some(primary(&before[..at])),
            true,
            at + 1,
            &before[at + 1..],
        );
    }
    prefix(None, false, typed_at, typed)
}

/// The expression at the end of the text, which `.` or `[` belongs to.
fn primary(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' if depth == 0 => break,
            '(' | '[' | '{' => depth -= 1,
            _ if depth > 0 => {}
            '.' | '_' | '\'' | '"' => {}
            c if c.is_alphanumeric() => {}
            _ => break,
        }
        start = at;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_before_the_cursor_is_taken_apart() {
        let base = |text: &str| {
            let found = prefix(text, text.encode_utf16().count());
            (found.base, found.typed, found.start)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(base("sel"), (None, "sel".into(), 0));
        assert_eq!(base("self.lo"), (some("self"), "lo".into(), 5));
        assert_eq!(
            base("1 + a.b[f(x)].c."),
            (some("a.b[f(x)].c"), "".into(), 16)
        );
        assert_eq!(base("d['a b'"), (None, "".into(), 7));
        assert_eq!(base("x + d['ab"), (some("d"), "'ab".into(), 6));
        assert_eq!(base("é𝒳."), (some("é𝒳"), "".into(), 4));
        assert_eq!(prefix("abc.def", 2).typed, "ab");
    }
}
