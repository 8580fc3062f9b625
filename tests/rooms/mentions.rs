//! Which modules at the crate's root, and which parts of `std`, a source file names.

use std::collections::BTreeSet;

use super::tokens::{Token, tokens};

/// Keywords that begin an item, after its visibility.
const ITEMS: [&str; 15] = [
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "let",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "unsafe",
    "use",
];

/// What the code of one file names, apart from its test code.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// First names of paths below the crate's root.
    pub rooms: BTreeSet<String>,
    /// Second names of paths into `std`.
    pub std: BTreeSet<String>,
    /// Child modules in files of their own that only tests have.
    pub test_modules: BTreeSet<String>,
    /// Paths whose target is not known, for example `use crate::*`.
    pub unclear: BTreeSet<String>,
}

/// Collects what `source` names. `module` is the path of its module below the
/// crate's root, for example `["dap", "session"]`.
pub fn mentions(source: &str, module: &[&str]) -> Mentions {
    let mut reader = Reader {
        tokens: tokens(source),
        at: 0,
        module: module.iter().map(|&name| name.to_owned()).collect(),
        inline: Vec::new(),
        depth: 0,
        found: Mentions::default(),
    };
    while reader.at < reader.tokens.len() {
        reader.step();
    }
    reader.found
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    module: Vec<String>,
    /// Depth of braces at which each open `mod name {` began.
    inline: Vec<usize>,
    depth: usize,
    found: Mentions,
}

impl Reader {
    fn token(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn is(&self, ahead: usize, text: &str) -> bool {
        self.token(ahead).is_some_and(|token| token.is(text))
    }

    fn are(&self, texts: &[&str]) -> bool {
        texts
            .iter()
            .enumerate()
            .all(|(ahead, text)| self.is(ahead, text))
    }

    fn name(&self, ahead: usize) -> Option<String> {
        match self.token(ahead) {
            Some(Token::Name(name)) => Some(name.clone()),
            _ => None,
        }
    }

    fn step(&mut self) {
        if self.are(&["#", "[", "cfg", "(", "test", ")", "]"]) {
            self.at += 7;
            return self.skip_item();
        }
        if self.is(0, "mod") && self.is(2, "{") {
            self.module.extend(self.name(1));
            self.inline.push(self.depth);
            self.at += 2;
            return;
        }
        if self.is(0, "{") {
            self.depth += 1;
        } else if self.is(0, "}") {
            self.depth = self.depth.saturating_sub(1);
            if self.inline.last() == Some(&self.depth) {
                self.inline.pop();
                self.module.pop();
            }
        } else if self.is(0, "crate") && !self.is(1, ")") {
            return self.path_from_root(1);
        } else if self.are(&["std", ":", ":"]) {
            self.at += 3;
            let names = self.first_names();
            self.found.std.extend(names);
            return;
        } else if self.are(&["super", ":", ":"]) {
            return self.path_from_parent();
        }
        self.at += 1;
    }

    /// A chain of `super::`, which may end at the crate's root.
    fn path_from_parent(&mut self) {
        let mut left = self.module.len();
        while self.are(&["super", ":", ":"]) {
            left = left.saturating_sub(1);
            self.at += 3;
        }
        match left {
            0 => {
                self.at -= 2;
                self.path_from_root(0);
            }
            _ => self.found.rooms.extend(self.module.first().cloned()),
        }
    }

    /// What follows `crate`, or the `super` that leads to the root.
    fn path_from_root(&mut self, ahead: usize) {
        self.at += ahead;
        if !self.are(&[":", ":"]) {
            self.found.unclear.insert("the root itself".into());
            return;
        }
        self.at += 2;
        let names = self.first_names();
        if names.is_empty() {
            self.found.unclear.insert("everything at the root".into());
        }
        self.found.rooms.extend(names);
    }

    /// The name that comes next in a path, or the first ones of a `{…}`.
    fn first_names(&mut self) -> Vec<String> {
        if let Some(name) = self.name(0) {
            self.at += 1;
            return vec![name];
        }
        let mut names = Vec::new();
        if !self.is(0, "{") {
            return names;
        }
        let (mut depth, mut is_first) = (0, true);
        while let Some(token) = self.token(0) {
            match token {
                Token::Mark('{') => depth += 1,
                Token::Mark('}') => depth -= 1,
                Token::Mark(',') if depth == 1 => is_first = true,
                Token::Name(name) if depth == 1 && is_first => {
                    names.push(name.clone());
                    is_first = false;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        names
    }

    /// Leaves out what `#[cfg(test)]` stands before.
    fn skip_item(&mut self) {
        while self.are(&["#", "["]) {
            self.at += 1;
            self.skip_group();
        }
        if self.is(0, "pub") {
            self.at += 1;
            if self.is(0, "(") {
                self.skip_group();
            }
        }
        let is_item = self.name(0).is_some_and(|name| ITEMS.contains(&&*name));
        if self.is(0, "mod") && self.is(2, ";") {
            self.found.test_modules.extend(self.name(1));
        }
        // An item ends with its body or `;`. A field, a variant or an arm ends before `,` or `}`.
        while let Some(token) = self.token(0) {
            match token {
                Token::Mark('{') if is_item => return self.skip_group(),
                Token::Mark('{' | '(' | '[') => self.skip_group(),
                Token::Mark(';') if is_item => return self.at += 1,
                Token::Mark(',' | '}') if !is_item => return,
                _ => self.at += 1,
            }
        }
    }

    /// Leaves out a group in brackets of any kind.
    fn skip_group(&mut self) {
        let mut depth = 0;
        while let Some(token) = self.token(0) {
            match token {
                Token::Mark('{' | '(' | '[') => depth += 1,
                Token::Mark('}' | ')' | ']') => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }
}
