//! Refuses Python source whose syntax tree could be so deep that walking it
//! needs a huge stack.

/// Bytes of the longest file that is parsed.
const MAX_FILE: usize = 2 << 20;
/// Columns of the deepest indentation in a file.
const MAX_INDENTATION: usize = 400;
/// Brackets and operators that may be open in a file.
const FILE: Limits = Limits {
    brackets: 200,
    operators: 400,
    strict: false,
};
/// Brackets and operators that may be open in a single expression. CPython's
/// parser allows about as many brackets (`MAXSTACK`, Parser/parser.c).
const EXPRESSION: Limits = Limits {
    brackets: 60,
    operators: 120,
    strict: true,
};
/// Words that nest the expression after them.
const NESTING_WORDS: [&[u8]; 7] = [
    b"not", b"lambda", b"if", b"else", b"await", b"yield", b"for",
];
/// What a line in the first column begins with if no bracket is open.
const DEFINITIONS: [&[u8]; 5] = [b"def ", b"class ", b"async ", b"import ", b"@"];

#[derive(Debug, Clone, Copy)]
struct Limits {
    brackets: usize,
    operators: u32,
    /// Counts all strings behind an f-string as code. The end of an f-string is
    /// not known without a parser, because it may contain its own quote.
    strict: bool,
}

/// Whether the depth of the syntax tree of a file is bounded.
pub(crate) fn file_is_bounded(text: &str) -> bool {
    text.len() <= MAX_FILE && Depth::new(FILE).check_bounds(text.as_bytes())
}

/// Whether the depth of the syntax tree of an expression is bounded.
pub(crate) fn expression_is_bounded(text: &str) -> bool {
    Depth::new(EXPRESSION).check_bounds(text.as_bytes())
}

/// Counts what opens a level in the syntax tree.
struct Depth {
    limits: Limits,
    /// Operators per open bracket, the innermost last.
    levels: Vec<u32>,
    operators: u32,
    /// Lambdas of the innermost bracket whose parameters have not ended: a comma
    /// does not end these.
    lambdas: u32,
    skips_strings: bool,
    is_exceeded: bool,
}

impl Depth {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            levels: vec![0],
            operators: 0,
            lambdas: 0,
            skips_strings: true,
            is_exceeded: false,
        }
    }

    fn check_bounds(mut self, text: &[u8]) -> bool {
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            if (at == 0 || text.get(at - 1) == Some(&b'\n')) && !self.begin_line(rest) {
                return false;
            }
            at += self.step(rest, text.get(..at).unwrap_or_default());
            self.check();
            if self.is_exceeded {
                return false;
            }
        }
        true
    }

    fn check(&mut self) {
        self.is_exceeded |=
            self.levels.len() > self.limits.brackets || self.operators > self.limits.operators;
    }

    /// Whether the indentation of the line is bounded.
    fn begin_line(&mut self, line: &[u8]) -> bool {
        // Ends the brackets that a comment or string seemed to open.
        if DEFINITIONS.iter().any(|word| line.starts_with(word)) {
            self.reset();
        }
        let is_blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
        let blanks = line.iter().take(MAX_INDENTATION + 1);
        blanks.take_while(is_blank).count() <= MAX_INDENTATION
    }

    fn reset(&mut self) {
        self.levels = vec![0];
        self.operators = 0;
        self.lambdas = 0;
    }

    /// Counts what stands first in `rest` and returns its length.
    fn step(&mut self, rest: &[u8], before: &[u8]) -> usize {
        match rest.first().copied().unwrap_or_default() {
            b'#' if self.skips_strings => {
                return rest
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .unwrap_or(rest.len());
            }
            b'\'' | b'"' if self.skips_strings => {
                if !is_formatted(before) {
                    return string_length(rest);
                }
                if !self.limits.strict {
                    return self.formatted(rest);
                }
                self.skips_strings = false;
            }
            b'(' | b'[' | b'{' => {
                self.levels.push(0);
                self.lambdas = 0;
            }
            b')' | b']' | b'}' => {
                self.operators -= self.levels.pop().unwrap_or(0);
                if self.levels.is_empty() {
                    self.levels.push(0);
                }
                self.lambdas = 0;
                // A call or subscript of what stands before it.
                self.operator();
            }
            b',' if self.lambdas == 0 => self.end_operand(),
            b';' => self.end_operand(),
            b'\n' if self.levels.len() == 1 && before.last() != Some(&b'\\') => self.reset(),
            b':' => {
                self.lambdas = self.lambdas.saturating_sub(1);
                self.operator();
            }
            byte if b"+-*/%@&|^~.!<>=".contains(&byte) => self.operator(),
            byte if byte.is_ascii_alphabetic() || byte == b'_' => return self.word(rest),
            _ => {}
        }
        1
    }

    /// Counts the code in the f-string that `text` begins with, and returns the
    /// length of that string.
    fn formatted(&mut self, text: &[u8]) -> usize {
        let length = string_length(text);
        let (levels, operators) = (self.levels.clone(), self.operators);
        self.skips_strings = false;
        let mut at = 1;
        while let Some(rest) = text.get(at..length).filter(|rest| !rest.is_empty()) {
            at += self.step(rest, &[]);
            self.check();
        }
        self.skips_strings = true;
        (self.levels, self.operators) = (levels, operators);
        length
    }

    fn word(&mut self, rest: &[u8]) -> usize {
        let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let length = rest.iter().take_while(is_word).count();
        let word = rest.get(..length).unwrap_or_default();
        if NESTING_WORDS.contains(&word) {
            self.operator();
        }
        if word == b"lambda" {
            self.lambdas += 1;
        }
        length
    }

    fn operator(&mut self) {
        self.operators += 1;
        if let Some(level) = self.levels.last_mut() {
            *level += 1;
        }
    }

    /// A comma ends the operand that its level has counted.
    fn end_operand(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            self.operators -= std::mem::take(level);
        }
    }
}

/// Whether the string that begins after `before` has code inside.
fn is_formatted(before: &[u8]) -> bool {
    let prefix = before.iter().rev().take(2);
    prefix
        .take_while(|byte| byte.is_ascii_alphabetic())
        .any(|byte| matches!(byte.to_ascii_lowercase(), b'f' | b't'))
}

/// Length of the string that `text` begins with, quotes included.
fn string_length(text: &[u8]) -> usize {
    let mark = text.first().copied().unwrap_or_default();
    let end: &[u8] = match text.starts_with(&[mark; 3]) {
        true => &[mark; 3],
        false => &[mark],
    };
    let mut at = end.len();
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(end) {
            return at + end.len();
        }
        at += if rest.starts_with(b"\\") { 2 } else { 1 };
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{expression_is_bounded, file_is_bounded};

    #[test]
    fn ordinary_files_are_accepted() {
        assert!(file_is_bounded("x = [1, -2, 3.5]\n"));
        assert!(file_is_bounded(&"x = {'a': [1.0, -2.0]}\n".repeat(5_000)));
        assert!(file_is_bounded(&format!(
            "x = [{}]\n",
            "(1.5, -2), ".repeat(5_000)
        )));
        let function = "def f(a):\n    # it's (a comment\n    return f'{a:(>5}' + \"it's\"\n";
        assert!(file_is_bounded(&function.repeat(2_000)));
    }

    #[test]
    fn deep_sources_are_refused() {
        let chain = "1+".repeat(300);
        for hostile in [
            "(".repeat(5_000),
            format!("x = {}1", "-".repeat(5_000)),
            format!("x = {}1", "not ".repeat(5_000)),
            format!("x = 1{}", "\\\n+1".repeat(5_000)),
            format!("x = a{}", ".b()".repeat(5_000)),
            format!("{}x", " ".repeat(5_000)),
            format!("x = {}1", "lambda a, b: ".repeat(5_000)),
            // A comma ends only the operators of its own bracket.
            format!("x = {}1", format!("{chain}(1,").repeat(100)),
            // The end of an f-string does not begin a string.
            format!("x = f'' + {}", "(".repeat(5_000)),
        ] {
            assert!(!file_is_bounded(&hostile), "{}", &hostile[..20]);
            assert!(!expression_is_bounded(&hostile), "{}", &hostile[..20]);
        }
    }

    #[test]
    fn long_strings_in_expressions_are_skipped() {
        assert!(expression_is_bounded(&format!("'{}'", "-=(".repeat(1_000))));
    }
}
