//! Source text without what it says in quotes, comments and long numbers.

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

use crate::source_depth;

/// Replaces each byte that is left out, so that the rest can still be parsed.
const MASK: u8 = b'x';
/// Numbers of at most this many characters are left as they are.
const SHORT_NUMBER: usize = 2;

/// `text` with the content of strings, comments and longer numbers replaced;
/// lines and columns stay the same. `None` where the text is no Python, because
/// then it is not known what is a string.
pub fn masked(text: &str) -> Option<String> {
    if !source_depth::file_is_bounded(text) {
        return None;
    }
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    if !parsed.errors().is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for token in parsed.tokens() {
        let range = token.range();
        let (from, to) = (usize::from(range.start()), usize::from(range.end()));
        let part = bytes.get_mut(from..to)?;
        match token.kind() {
            TokenKind::String => mask(inside_quotes(part)),
            TokenKind::FStringMiddle | TokenKind::TStringMiddle | TokenKind::Comment => mask(part),
            TokenKind::Int | TokenKind::Float | TokenKind::Complex if part.len() > SHORT_NUMBER => {
                mask(part);
            }
            _ => {}
        }
    }
    String::from_utf8(bytes).ok()
}

/// Line breaks stay, and what joins lines; so does the sign of a comment.
fn mask(part: &mut [u8]) {
    for at in 0..part.len() {
        let joins = part[at] == b'\\' && matches!(part.get(at + 1), Some(b'\n' | b'\r'));
        let begins = at == 0 && part[at] == b'#';
        if !joins && !begins && !matches!(part[at], b'\n' | b'\r') {
            part[at] = MASK;
        }
    }
}

/// What is between the quotes of a string, whatever its prefix.
fn inside_quotes(string: &mut [u8]) -> &mut [u8] {
    let Some(first) = string.iter().position(|byte| matches!(byte, b'"' | b'\'')) else {
        return string;
    };
    let quote = string[first];
    let triple = string[first..].starts_with(&[quote; 3]) && string.len() >= first + 6;
    let len = if triple { 3 } else { 1 };
    let end = string.len().saturating_sub(len).max(first + len);
    string.get_mut(first + len..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn texts_numbers_and_comments_are_left_out_and_columns_stay() {
        let text = "\
def f(a=b'p\\x00', n=1234, one=1):
    '''A doc
    string ü'''
    x = f\"key {a!r:>10} {n} ''\" 'more' # why é
    return 3.25e4 + 10, rb'', 'a\\
b'
";
        let masked = masked(text).unwrap();
        assert_eq!(
            masked,
            "\
def f(a=b'xxxxx', n=xxxx, one=1):
    '''xxxxx
xxxxxxxxxxxxx'''
    x = f\"xxxx{a!r:xxx}x{n}xxx\" 'xxxx' #xxxxxxx
    return xxxxxx + 10, rb'', 'x\\
x'
"
        );
        assert_eq!(masked.len(), text.len());
    }

    #[test]
    fn what_cannot_be_parsed_is_left_out() {
        assert_eq!(masked("x = 'secret\n"), None);
        assert_eq!(masked(&"(".repeat(5_000)), None);
        assert_eq!(masked("").as_deref(), Some(""));
    }
}
