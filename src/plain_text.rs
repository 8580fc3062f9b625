//! Makes text of an inspected process safe to print.
//!
//! Names, file names, messages and values come from a process that may be hostile.
//! Characters that could move the cursor, change colours, or reorder or hide text are
//! escaped as in a string literal of Python.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

/// Maximum number of consecutive combining marks. More of them would overlap other
/// lines.
const MAX_COMBINING: usize = 3;

/// The text with all deceptive characters escaped.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut escaped = false;
    let mut combining = 0;
    for c in text.chars() {
        combining = if columns_of(c) == 0 { combining + 1 } else { 0 };
        if is_deceptive(c) || combining > MAX_COMBINING {
            escape(c, &mut safe);
            escaped = true;
        } else {
            safe.push(c);
        }
    }
    if escaped {
        Cow::Owned(safe)
    } else {
        Cow::Borrowed(text)
    }
}

/// A name that can stand inside a line of text. It is quoted if a reader could not
/// see where it begins and ends: if it is empty, has unusual spaces, contains escapes or
/// looks like the lines that a report draws.
pub fn name(text: &str) -> Cow<'_, str> {
    let safe = clean(text);
    let odd = safe.is_empty()
        || matches!(safe, Cow::Owned(_))
        || safe.starts_with(' ')
        || safe.ends_with(' ')
        || safe.contains("  ")
        || safe
            .chars()
            .any(|c| c != ' ' && (c.is_whitespace() || is_drawing(c)));
    if odd {
        Cow::Owned(format!("'{}'", safe.replace('\'', "\\'")))
    } else {
        safe
    }
}

/// Width of the text in a terminal, in columns.
pub fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Width of one character in a terminal, in columns.
pub fn columns_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The text in at most `limit` columns. It ends in `…` if something was cut off.
pub fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if columns(text) <= limit {
        return Cow::Borrowed(text);
    }
    let mut cut = split(text, limit.saturating_sub(1)).0.to_owned();
    if limit > 0 {
        cut.push('…');
    }
    Cow::Owned(cut)
}

/// The longest prefix of the text that fits into `limit` columns, and the rest.
pub fn split(text: &str, limit: usize) -> (&str, &str) {
    let mut used = 0;
    for (index, c) in text.char_indices() {
        used += columns_of(c);
        if used > limit {
            return text.split_at(index);
        }
    }
    (text, "")
}

/// Whether a character is invisible or moves other text: controls, line and paragraph
/// separators, bidirectional and other format characters, fillers and tags.
pub(crate) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn is_drawing(c: char) -> bool {
    matches!(c, '\u{2500}'..='\u{259f}')
}

fn escape(c: char, out: &mut String) {
    let written = match c {
        '\n' => write!(out, "\\n"),
        '\r' => write!(out, "\\r"),
        '\t' => write!(out, "\\t"),
        c if (c as u32) < 0x100 => write!(out, "\\x{:02x}", c as u32),
        c if (c as u32) < 0x1_0000 => write!(out, "\\u{:04x}", c as u32),
        c => write!(out, "\\U{:08x}", c as u32),
    };
    debug_assert!(written.is_ok(), "writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use crate::plain_text::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_text_is_untouched() {
        for text in [
            "worker-1",
            "Aufgabe Ä",
            "任务",
            "d\u{e9}ja\u{0301}",
            "<module>",
        ] {
            assert!(matches!(clean(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn characters_that_move_or_hide_text_are_escaped() {
        assert_eq!(clean("a\nb\r\tc"), "a\\nb\\r\\tc");
        assert_eq!(clean("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
        assert_eq!(clean("\u{9b}2J\u{7f}"), "\\x9b2J\\x7f");
        assert_eq!(clean("user\u{202e}nimda"), "user\\u202enimda");
        assert_eq!(
            clean("a\u{200b}\u{feff}\u{e0041}"),
            "a\\u200b\\ufeff\\U000e0041"
        );
    }

    #[test]
    fn too_many_combining_marks_are_escaped() {
        let zalgo = format!("e{}", "\u{0301}".repeat(40));
        let safe = clean(&zalgo);
        assert!(safe.contains("\\u0301"), "{safe}");
        assert!(!safe.contains(&"\u{0301}".repeat(MAX_COMBINING + 1)));
    }

    #[test]
    fn names_with_invisible_ends_are_quoted() {
        assert_eq!(name("worker 1"), "worker 1");
        assert_eq!(name(""), "''");
        assert_eq!(name("x "), "'x '");
        assert_eq!(name("x  waits for"), "'x  waits for'");
        assert_eq!(name("└─ root"), "'└─ root'");
        assert_eq!(name("it's\n"), "'it\\'s\\n'");
    }

    #[test]
    fn cuts_by_columns_not_by_characters() {
        assert_eq!(cut("transfer", 8), "transfer");
        assert_eq!(cut("transfer", 5), "tran…");
        assert_eq!(cut("任务任务", 6), "任务…");
        assert_eq!(cut("abc", 0), "");
    }

    proptest! {
        #[test]
        fn nothing_deceptive_survives(text in "\\PC*|[\\x00-\\x1f\u{200b}-\u{206f}a-z\u{300}]{0,40}|.*") {
            let safe = clean(&text);
            prop_assert!(!safe.chars().any(is_deceptive));
            prop_assert_eq!(&clean(&safe), &safe);
        }

        #[test]
        fn a_cut_never_exceeds_its_limit(text in ".*", limit in 0_usize..60) {
            let safe = clean(&text);
            prop_assert!(columns(&cut(&safe, limit)) <= limit);
            let (head, tail) = split(&safe, limit);
            prop_assert_eq!(format!("{head}{tail}"), safe);
        }
    }
}
