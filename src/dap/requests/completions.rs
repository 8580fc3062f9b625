//! Completions of an unfinished expression.

use super::evaluate::names;
use super::prefix::Prefix;
use crate::cpython::{Kind, Reader};
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::types::CompletionItem;
use crate::dap::session::jobs::Cancel;
use crate::dap::values::nodes::Detail;
use crate::dap::values::objects;
use crate::dap::values::opened_process::OpenedProcess;
use crate::evaluate::{Bounds, Names, Operand, Refusal, evaluate};
use crate::model::FrameLocation;
use crate::sampling::retained::Proof;

/// Maximum number of suggestions in one answer.
const MAX_ITEMS: usize = 1_000;

/// Names, each with its kind in the protocol.
type Found = Vec<(String, &'static str)>;

impl OpenedProcess {
    /// The suggestions for what was typed.
    ///
    /// # Errors
    /// When the frame has changed since the stop.
    pub(crate) fn complete(
        &mut self,
        prefix: &Prefix,
        place: Option<FrameLocation>,
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
        let (found, _) = self.read(&Proof::default(), Detail::default(), decode)?;
        // Without a value there are no suggestions.
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
        Ok(found.into_iter().take(MAX_ITEMS).map(item).collect())
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
    let (items, _) = reader.dict_items(addr, MAX_ITEMS).unwrap_or_default();
    let keys = items
        .into_iter()
        .map(|(key, _)| reader.value(key).to_string());
    keys.map(|key| (format!("{key}]"), "value")).collect()
}
