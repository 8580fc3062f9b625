//! Objects as rows: name, value, type, and whether they can be expanded.

use num_bigint::BigInt;

use super::nodes::{Detail, Extent, Node};
use super::objects;
use super::objects::{Member, Shape, Step};
use crate::cpython::{Kind, Reader};
use crate::dap::protocol::types::{Variable, VariableHint};
use crate::evaluate::{Bounds, Operand};
use crate::plain_text;
use crate::sampling::retained::Proof;

/// Clients fetch containers with more items than this page by page.
const PAGED_ABOVE: u64 = 100;

/// A row, and what it expands to.
#[derive(Debug, Clone)]
pub struct Row {
    pub variable: Variable,
    /// `None` if it cannot be expanded.
    pub node: Option<Node>,
}

/// The row of the object at `addr`. `path` is the expression that gives it.
pub fn object_row(
    reader: &Reader<'_>,
    name: &str,
    addr: u64,
    path: Option<String>,
    detail: Detail,
) -> Row {
    let kind = reader.type_of(addr).map(|ty| ty.kind);
    let type_name = reader
        .type_of(addr)
        .map(|ty| reader.full_type_name(&ty).to_string());
    let shape = objects::shape(reader, addr);
    let value = match (&kind, detail.hex) {
        (Ok(Kind::Int), true) => hexadecimal(reader, addr),
        _ => text(reader, addr, detail),
    };
    let variable = Variable {
        name: plain_text::clean(name).into_owned(),
        value,
        type_name: type_name.ok(),
        presentation_hint: kind.ok().and_then(hint),
        evaluate_name: path.clone(),
        ..counted(shape)
    };
    Row {
        variable,
        node: (!shape.is_empty()).then(|| Node::Object {
            addr,
            path,
            proof: Proof::default(),
        }),
    }
}

/// The value at `addr` as text, cut at the limit of the reader.
pub fn text(reader: &Reader<'_>, addr: u64, detail: Detail) -> String {
    let mut text = reader.value(addr).to_string();
    if text.len() > reader.limits.value_bytes {
        text.truncate(text.floor_char_boundary(reader.limits.value_bytes));
        text.push('…');
    }
    match detail.extent {
        Extent::Row => plain_text::clean(&text).into_owned(),
        Extent::Console | Extent::Full => text,
    }
}

fn hexadecimal(reader: &Reader<'_>, addr: u64) -> String {
    let number = reader.int(addr).ok().filter(|int| !int.cut);
    match number.and_then(|int| int.to_decimal().parse::<BigInt>().ok()) {
        Some(number) => format!("{number:#x}"),
        None => reader.value(addr).to_string(),
    }
}

/// The numbers of items and names, where the client is to fetch pages.
fn counted(shape: Shape) -> Variable {
    let paged = shape.indexed > PAGED_ABOVE;
    Variable {
        indexed_variables: paged.then_some(shape.indexed),
        named_variables: (paged || shape.named > PAGED_ABOVE).then_some(shape.named),
        ..Variable::default()
    }
}

fn hint(kind: Kind) -> Option<VariableHint> {
    let kind = match kind {
        Kind::Function | Kind::Builtin | Kind::Method | Kind::MethodDescriptor => "method",
        Kind::Type => "class",
        _ => return None,
    };
    Some(VariableHint {
        kind: Some(kind),
        ..VariableHint::default()
    })
}

/// The row of a value that an expression gave.
pub fn operand_row(
    reader: &Reader<'_>,
    name: &str,
    value: &Operand,
    path: Option<String>,
    detail: Detail,
) -> Row {
    if let Some(addr) = value.address() {
        return object_row(reader, name, addr, path, detail);
    }
    let bounds = Bounds::default();
    let mut text = match (value, detail.hex) {
        (Operand::Int(number), true) => format!("{:#x}", **number),
        _ => value
            .repr(reader, &bounds)
            .unwrap_or_else(|refusal| format!("<{refusal}>")),
    };
    if text.len() > reader.limits.value_bytes {
        text.truncate(text.floor_char_boundary(reader.limits.value_bytes));
        text.push('…');
    }
    let parts = value
        .children(reader, &bounds)
        .map_or(0, |parts| parts.len());
    let shape = Shape {
        named: 0,
        indexed: parts as u64,
    };
    let variable = Variable {
        name: name.to_owned(),
        value: text,
        type_name: Some(value.type_name(reader)),
        evaluate_name: path,
        ..counted(shape)
    };
    Row {
        variable,
        node: (parts > 0).then(|| Node::Computed {
            value: value.clone(),
            proof: Proof::default(),
        }),
    }
}

/// Who a name is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Public,
    Private,
    Dunder,
}

/// Who a name is meant for, by its underscores.
pub fn visibility(name: &str) -> Visibility {
    if name.starts_with("__") && name.ends_with("__") && name.len() > 4 {
        Visibility::Dunder
    } else if name.starts_with('_') && name.len() > 1 {
        Visibility::Private
    } else {
        Visibility::Public
    }
}

/// The expression for a member of the object that `path` gives; `None` if no
/// expression gives it.
pub fn member_path(path: Option<&str>, member: &Member) -> Option<String> {
    let path = path?;
    match &member.step {
        Step::Attribute(name) => Some(format!("{path}.{name}")),
        Step::Item(subscript) => Some(format!("{path}[{subscript}]")),
        Step::None => None,
    }
}
