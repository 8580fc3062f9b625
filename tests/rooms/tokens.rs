//! Rust source as far as paths need it: names and punctuation, without comments and literals.

/// A name, or one character of punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Name(String),
    Mark(char),
}

impl Token {
    pub fn is(&self, text: &str) -> bool {
        match self {
            Self::Name(name) => name == text,
            Self::Mark(mark) => text.len() == 1 && text.starts_with(*mark),
        }
    }
}

/// Splits `source`. Literals of every kind are left out.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut rest = source;
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        if let Some(length) = blank(rest).or_else(|| literal(rest)) {
            rest = &rest[length..];
        } else if is_name(first) {
            let length = rest.find(|it| !is_name(it)).unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..length].to_owned()));
            rest = &rest[length..];
        } else {
            tokens.push(Token::Mark(first));
            rest = &rest[first.len_utf8()..];
        }
    }
    tokens
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Length in bytes of the white space or comment that `text` begins with.
fn blank(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block_comment(text));
    }
    let length = text.len() - text.trim_start().len();
    (length > 0).then_some(length)
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut end = 0;
    while end < text.len() {
        match &text.as_bytes()[end..] {
            [b'/', b'*', ..] => (depth, end) = (depth + 1, end + 2),
            [b'*', b'/', ..] => (depth, end) = (depth - 1, end + 2),
            _ => end += 1,
        }
        if depth == 0 {
            break;
        }
    }
    end
}

/// Length in bytes of the text or character literal that `text` begins with.
fn literal(text: &str) -> Option<usize> {
    let prefix = text.find(|it| !matches!(it, 'b' | 'c' | 'r'))?;
    let (kind, body) = text.split_at(prefix);
    if kind.len() > 2 {
        return None;
    }
    let hashes = body.len() - body.trim_start_matches('#').len();
    if kind.ends_with('r') && body[hashes..].starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        let inner = prefix + hashes + 1;
        let length = text[inner..].find(&end);
        return Some(length.map_or(text.len(), |length| inner + length + end.len()));
    }
    match body.chars().next()? {
        '"' => Some(prefix + quoted(body, '"')),
        '\'' if is_character(body) => Some(prefix + quoted(body, '\'')),
        _ => None,
    }
}

/// Length of a literal that begins and ends with `quote`.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (index, character) in text.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return index + character.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// Whether this is a character literal, and not a lifetime.
fn is_character(text: &str) -> bool {
    let mut inner = text.chars().skip(1);
    matches!(
        (inner.next(), inner.next()),
        (Some('\\'), _) | (Some(_), Some('\''))
    )
}
