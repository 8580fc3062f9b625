//! What an unfinished expression could go on with.

use super::evaluate::names;
use crate::cpython::{Kind, Reader};
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::types::CompletionItem;
use crate::dap::session::jobs::Cancel;
use crate::dap::values::handles::{Bench, Detail};
use crate::dap::values::objects;
use crate::evaluate::{Bounds, Names, Operand, Refusal, evaluate};
use crate::model::FramePlace;
use crate::sampling::retained::Proof;

/// Suggestions of one answer.
const MOST: usize = 1_000;

/// What stands before the cursor, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    /// The object whose attributes or keys are wanted; none for names.
    pub base: Option<String>,
    /// Whether keys are wanted, not attributes.
    pub keys: bool,
    /// What was typed of the name.
    pub typed: String,
    /// UTF-16 code units before what was typed.
    pub start: i64,
}

/// Takes apart what stands before the cursor, `units` UTF-16 code units into
/// the text.
pub fn prefix(text: &str, units: usize) -> Prefix {
    let mut seen = 0;
    let end = text
        .char_indices()
        .find(|(_, c)| {
            let here = seen >= units;
            seen += c.len_utf16();
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
    // A key that is being typed: `d[` or `d['ab`.
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

/// The expression that ends here and that `.` or `[` belongs to.
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

/// Names with what each is, for the list of suggestions.
type Found = Vec<(String, &'static str)>;

impl Bench {
    /// What could follow.
    ///
    /// # Errors
    /// When the frame has gone on.
    pub(crate) fn complete(
        &mut self,
        prefix: &Prefix,
        place: Option<FramePlace>,
        cancel: &Cancel,
    ) -> Result<Vec<CompletionItem>, Failure> {
        let bounds = Bounds {
            cancelled: Some(cancel.flag()),
            steps: 100_000,
            ..Bounds::default()
        };
        let interpreter = self.interpreter();
        let decode = |reader: &Reader<'_>| -> Result<Found, Refusal> {
            let names = names(reader, place, interpreter)?;
            match &prefix.base {
                None => Ok(all_names(reader, &names)),
                Some(base) => {
                    let value = evaluate(base, reader, &names, &bounds)?;
                    Ok(match prefix.keys {
                        true => keys(reader, &value),
                        false => attributes(reader, &value),
                    })
                }
            }
        };
        let (found, _) = self.look(&Proof::default(), Detail::default(), decode)?;
        // What has no value has no attributes to offer.
        let mut found = found.unwrap_or_default();
        found.retain(|(name, _)| name.starts_with(&prefix.typed));
        found.sort();
        found.dedup_by(|a, b| a.0 == b.0);
        // Private names come last.
        found.sort_by_key(|(name, _)| name.starts_with('_'));
        let length = i64::try_from(prefix.typed.encode_utf16().count()).unwrap_or(0);
        let item = |(label, kind)| CompletionItem {
            label,
            kind,
            detail: None,
            start: prefix.start,
            length,
        };
        Ok(found.into_iter().take(MOST).map(item).collect())
    }
}

fn all_names(reader: &Reader<'_>, names: &Names) -> Found {
    let mut found: Found = (names.locals.iter())
        .filter(|(_, value)| value.is_some())
        .map(|(name, _)| (name.to_string(), "variable"))
        .collect();
    for (dict, kind) in [(names.globals, "variable"), (names.builtins, "function")] {
        let Some(dict) = dict else { continue };
        let (items, _) = reader
            .dict_items(dict, reader.limits.items)
            .unwrap_or_default();
        let names = items
            .into_iter()
            .filter_map(|(name, _)| reader.text(name).ok());
        found.extend(names.map(|name| (name.to_string(), kind)));
    }
    found.retain(|(name, _)| !name.starts_with('.'));
    found
}

fn attributes(reader: &Reader<'_>, value: &Operand) -> Found {
    let Some(addr) = value.address() else {
        return Found::new();
    };
    let Ok(ty) = reader.type_of(addr) else {
        return Found::new();
    };
    let fields = objects::fields(reader, addr, &ty);
    let mut found: Found = (fields.into_iter())
        .filter(|member| matches!(member.step, objects::Step::Attribute(_)))
        .map(|member| (member.name, "field"))
        .collect();
    for class in &ty.mro {
        let Ok(Some(dict)) = reader.type_dict(*class) else {
            continue;
        };
        let (items, _) = reader
            .dict_items(dict, reader.limits.items)
            .unwrap_or_default();
        for (name, member) in items {
            let kind = match reader.type_of(member).map(|ty| ty.kind) {
                Ok(Kind::Function | Kind::Builtin | Kind::MethodDescriptor) => "method",
                Ok(Kind::Property) => "property",
                _ => "field",
            };
            if let Ok(name) = reader.text(name) {
                found.push((name.to_string(), kind));
            }
        }
    }
    found
}

fn keys(reader: &Reader<'_>, value: &Operand) -> Found {
    let Some(addr) = value
        .address()
        .filter(|addr| reader.is_kind(*addr, Kind::Dict))
    else {
        return Found::new();
    };
    let (items, _) = reader.dict_items(addr, MOST).unwrap_or_default();
    let keys = items
        .into_iter()
        .map(|(key, _)| reader.value(key).to_string());
    keys.map(|key| (format!("{key}]"), "value")).collect()
}

#[cfg(test)]
mod tests {
    use crate::dap::requests::completions::*;

    #[test]
    fn what_stands_before_the_cursor_is_taken_apart() {
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
