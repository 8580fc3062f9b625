//! Refuses source that is nested so deeply that walking it needs a huge stack.

/// Bytes of the longest file that is parsed.
const MAX_LENGTH: usize = 2 << 20;
/// Brackets, operators and prefixes that may be open at once.
const MAX_DEPTH: usize = 400;
/// Widest indentation, in columns.
const MAX_INDENTATION: usize = 400;
/// Words that nest the expression after them.
const NESTING_WORDS: [&[u8]; 6] = [b"not", b"lambda", b"await", b"if", b"else", b"yield"];

/// Whether the depth of the syntax tree of `text` is bounded.
///
/// Strings and comments count as if they were code, so that some files are
/// refused that could be parsed.
pub fn reasonable(text: &str) -> bool {
    text.len() <= MAX_LENGTH && Depth::default().bounded(text.as_bytes())
}

#[derive(Default)]
struct Depth {
    brackets: usize,
    operators: usize,
}

impl Depth {
    fn bounded(mut self, text: &[u8]) -> bool {
        text.split(|byte| *byte == b'\n')
            .all(|line| self.line_is_bounded(line))
    }

    fn line_is_bounded(&mut self, line: &[u8]) -> bool {
        let blank = line
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        if blank > MAX_INDENTATION {
            return false;
        }
        // A definition in the first column ends whatever a bracket in a
        // comment or string seemed to begin.
        let definition: [&[u8]; 5] = [b"def ", b"class ", b"async ", b"import ", b"@"];
        if definition.iter().any(|word| line.starts_with(word)) {
            self.brackets = 0;
        }
        let continued = line.ends_with(b"\\") || self.brackets > 0;
        if !continued {
            self.operators = 0;
        }
        let mut at = 0;
        while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
            at += self.step(rest);
            if self.brackets + self.operators > MAX_DEPTH {
                return false;
            }
        }
        true
    }

    /// Counts what stands first in `rest` and says how long it is.
    fn step(&mut self, rest: &[u8]) -> usize {
        match rest.first().copied().unwrap_or_default() {
            b'#' => return rest.len(),
            b'(' | b'[' | b'{' => self.brackets += 1,
            b')' | b']' | b'}' => self.brackets = self.brackets.saturating_sub(1),
            b',' | b';' => self.operators = 0,
            byte if b"+-*/%@&|^~<>.".contains(&byte) => self.operators += 1,
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let word = rest
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                    .count();
                if NESTING_WORDS
                    .iter()
                    .any(|known| rest.get(..word) == Some(known))
                {
                    self.operators += 1;
                }
                return word;
            }
            _ => {}
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::reasonable;

    #[test]
    fn bounds_the_depth() {
        assert!(reasonable("x = [1, -2, 3.5]\n"));
        assert!(reasonable(&"x = {'a': [1.0, -2.0]}\n".repeat(5_000)));
        assert!(reasonable(&format!(
            "x = [{}]\n",
            "(1.5, -2), ".repeat(5_000)
        )));
        for hostile in [
            "(".repeat(5_000),
            format!("x = {}1", "-".repeat(5_000)),
            format!("x = {}1", "not ".repeat(5_000)),
            format!("x = 1{}", "\\\n+1".repeat(5_000)),
            format!("x = a{}", ".b()".repeat(5_000)),
            format!("{}x", " ".repeat(5_000)),
        ] {
            assert!(!reasonable(&hostile), "{}", &hostile[..20]);
        }
    }
}
