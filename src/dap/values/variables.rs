//! `variables`: the rows of a scope or an object.

use super::nodes::{Detail, Fact, Node};
use super::objects::{self, Member, Step};
use super::opened_process::OpenedProcess;
use super::variable_row::{Row, Visibility, member_path, object_row, operand_row, visibility};
use crate::cpython::error::Result as Decoded;
use crate::cpython::{FrameSlot, Kind, RawFrame, Reader};
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::types::{Variable, VariableHint};
use crate::evaluate::Bounds;
use crate::model::FrameLocation;
use crate::sampling::retained::Proof;

/// Maximum number of rows of one answer.
const MAX_ROWS: usize = 10_000;

/// Which part of the members is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub named: bool,
    pub indexed: bool,
    pub start: usize,
    pub count: usize,
}

impl Page {
    /// The page that the arguments of a request ask for. A `count` of 0 or none
    /// asks for all.
    pub fn new(filter: Option<&str>, start: Option<i64>, count: Option<i64>) -> Self {
        let number = |value: Option<i64>| value.and_then(|it| usize::try_from(it).ok());
        Self {
            named: filter != Some("indexed"),
            indexed: filter != Some("named"),
            start: number(start).unwrap_or(0),
            count: number(count)
                .filter(|count| *count > 0)
                .unwrap_or(MAX_ROWS)
                .min(MAX_ROWS),
        }
    }
}

impl OpenedProcess {
    /// The rows behind a reference.
    ///
    /// # Errors
    /// When the reference is of an earlier stop, or nothing of it can be read any
    /// more.
    pub fn variables(
        &mut self,
        reference: i64,
        page: Page,
        detail: Detail,
    ) -> Result<Vec<Variable>, Failure> {
        let node = self.node(reference)?;
        self.rows(&node, page, detail)
    }

    fn rows(&mut self, node: &Node, page: Page, detail: Detail) -> Result<Vec<Variable>, Failure> {
        match node {
            Node::Facts(facts) => Ok(facts.iter().map(|fact| self.fact(fact)).collect()),
            Node::Computed { value, proof } => {
                let bounds = Bounds::default();
                let decode = |reader: &Reader<'_>| {
                    let parts = value.children(reader, &bounds)?;
                    let parts = parts.into_iter().skip(page.start).take(page.count);
                    Ok(parts
                        .map(|(name, part)| operand_row(reader, &name, &part, None, detail))
                        .collect::<Vec<_>>())
                };
                let (rows, proof) = self.read(proof, detail, decode)?;
                let rows: Result<Vec<Row>, crate::evaluate::Refusal> = rows;
                let rows = rows.map_err(|refusal| Failure::evaluation(refusal.to_string()))?;
                Ok(rows
                    .into_iter()
                    .map(|row| self.variable(row, &proof))
                    .collect())
            }
            Node::Hidden { of, dunder } => {
                let wanted = match dunder {
                    true => Visibility::Dunder,
                    false => Visibility::Private,
                };
                let keep = |member: &Member| visibility(&member.name) == wanted;
                self.members(of, page, detail, &keep)
            }
            node => self.expand(node, page, detail),
        }
    }

    /// The public members, then a group for the private and one for the special
    /// members.
    fn expand(
        &mut self,
        node: &Node,
        page: Page,
        detail: Detail,
    ) -> Result<Vec<Variable>, Failure> {
        let keep = |member: &Member| visibility(&member.name) == Visibility::Public;
        let mut rows = self.members(node, page, detail, &keep)?;
        if !page.named || page.start > 0 {
            return Ok(rows);
        }
        let (_, proof) = path_and_proof(node);
        let count = |reader: &Reader<'_>| {
            let names = fields_of(reader, node).unwrap_or_default();
            let of = |wanted| {
                let names = names.iter();
                names.filter(|it| visibility(&it.name) == wanted).count()
            };
            (of(Visibility::Private), of(Visibility::Dunder))
        };
        let ((private, dunder), _) = self.read(&proof, detail, count)?;
        // An object without public members shows the private ones at once.
        let private = match private > 0 && rows.is_empty() {
            true => {
                let keep = |member: &Member| visibility(&member.name) == Visibility::Private;
                rows = self.members(node, page, detail, &keep)?;
                0
            }
            false => private,
        };
        for (count, dunder, name) in [
            (private, false, "private members"),
            (dunder, true, "special members"),
        ] {
            if count > 0 {
                let of = Box::new(node.clone());
                rows.push(Variable {
                    name: name.to_owned(),
                    value: match count {
                        1 => "1 name".to_owned(),
                        count => format!("{count} names"),
                    },
                    presentation_hint: Some(VariableHint {
                        kind: Some("virtual"),
                        visibility: Some(match dunder {
                            true => "internal",
                            false => "private",
                        }),
                        ..VariableHint::default()
                    }),
                    variables_reference: self.reference(Node::Hidden { of, dunder }),
                    ..Variable::default()
                });
            }
        }
        Ok(rows)
    }

    /// The members for which `keep` is true, and all items.
    fn members(
        &mut self,
        node: &Node,
        page: Page,
        detail: Detail,
        keep: &dyn Fn(&Member) -> bool,
    ) -> Result<Vec<Variable>, Failure> {
        let (path, proof) = path_and_proof(node);
        let list = |reader: &Reader<'_>| listed(reader, node, page, keep);
        let row = |reader: &Reader<'_>, member: &Member| {
            let path = match node {
                Node::Object { .. } => member_path(path, member),
                _ => member_path(Some(""), member)
                    .map(|path| path.trim_start_matches('.').to_owned()),
            };
            object_row(reader, &member.name, member.addr, path, detail)
        };
        let decode = |reader: &Reader<'_>| -> Decoded<Vec<Row>> {
            let members = list(reader)?;
            Ok(members.iter().map(|member| row(reader, member)).collect())
        };
        let unreadable =
            |error: crate::cpython::DecodeError| Failure::lost(format!("<unreadable: {error}>"));
        match self.read(&proof, detail, decode) {
            Ok((rows, proof)) => {
                let rows = rows.map_err(unreadable)?;
                Ok(rows
                    .into_iter()
                    .map(|row| self.variable(row, &proof))
                    .collect())
            }
            // One of them has changed. The others can still be shown.
            Err(_) => {
                let (members, proof) = self.read(&proof, detail, list)?;
                let members = members.map_err(unreadable)?;
                let each = |member| self.member(&proof, detail, member, &row);
                Ok(members.iter().map(each).collect())
            }
        }
    }

    fn member(
        &mut self,
        proof: &Proof,
        detail: Detail,
        member: &Member,
        row: &dyn Fn(&Reader<'_>, &Member) -> Row,
    ) -> Variable {
        match self.read(proof, detail, |reader| row(reader, member)) {
            Ok((row, proof)) => self.variable(row, &proof),
            Err(failure) => Variable {
                name: member.name.clone(),
                value: failure.text,
                ..Variable::default()
            },
        }
    }

    fn fact(&mut self, fact: &Fact) -> Variable {
        let object = fact.object.and_then(|addr| {
            let mut row = self.object_variable(&fact.name, addr).ok()?;
            if !fact.value.is_empty() {
                row.value.clone_from(&fact.value);
            }
            Some(row)
        });
        if let Some(row) = object {
            return row;
        }
        let children: Vec<Fact> = (fact.children.iter().enumerate())
            .map(|(index, value)| Fact {
                name: index.to_string().into(),
                value: value.clone(),
                ..Fact::default()
            })
            .collect();
        Variable {
            name: fact.name.to_string(),
            value: fact.value.clone(),
            variables_reference: match children.is_empty() {
                true => 0,
                false => self.reference(Node::Facts(children.into())),
            },
            ..Variable::default()
        }
    }
}

fn path_and_proof(node: &Node) -> (Option<&str>, Proof) {
    match node {
        Node::Object { path, proof, .. } => (path.as_deref(), proof.clone()),
        _ => (None, Proof::default()),
    }
}

fn listed(
    reader: &Reader<'_>,
    node: &Node,
    page: Page,
    keep: &dyn Fn(&Member) -> bool,
) -> Decoded<Vec<Member>> {
    let mut members = Vec::new();
    if page.named {
        let fields = fields_of(reader, node)?;
        let fields = fields.into_iter().filter(|member| keep(member));
        members.extend(fields.skip(page.start).take(page.count));
    }
    if page.indexed
        && let Node::Object { addr, .. } = node
    {
        let left = page.count.saturating_sub(members.len());
        members.extend(objects::items(reader, *addr, page.start, left)?);
    }
    Ok(members)
}

/// The members that the node has by name.
fn fields_of(reader: &Reader<'_>, node: &Node) -> Decoded<Vec<Member>> {
    match node {
        Node::Locals(place) => locals(reader, *place),
        Node::Globals(place) => names_of(reader, globals(reader, *place)?),
        Node::Object { addr, .. } => {
            let ty = reader.type_of(*addr)?;
            let mut fields = objects::fields(reader, *addr, &ty);
            if !fields.is_empty() && ty.kind != Kind::Type {
                fields.push(Member {
                    name: "__class__".into(),
                    addr: ty.addr,
                    step: Step::Attribute("__class__".into()),
                });
            }
            Ok(fields)
        }
        _ => Ok(Vec::new()),
    }
}

/// The frame that was at this address at the stop.
///
/// # Errors
/// When it is not there any more.
pub fn frame_at(reader: &Reader<'_>, place: FrameLocation) -> Decoded<RawFrame> {
    let gone = crate::cpython::DecodeError::Corrupt {
        what: "frame",
        addr: place.frame,
    };
    match reader.frame(place.frame)? {
        FrameSlot::Python { frame, .. } if frame.at.code.addr == place.code => Ok(frame),
        _ => Err(gone),
    }
}

/// The dict of globals of a frame.
fn globals(reader: &Reader<'_>, place: FrameLocation) -> Decoded<u64> {
    let frame = frame_at(reader, place)?;
    let at = frame.addr + u64::from(reader.layout.frame.globals);
    reader.required(at, "globals of a frame")
}

fn locals(reader: &Reader<'_>, place: FrameLocation) -> Decoded<Vec<Member>> {
    let frame = frame_at(reader, place)?;
    let bindings = reader.frame_variables(&frame)?;
    if bindings.is_empty() && &*frame.at.code.name == "<module>" {
        return names_of(reader, globals(reader, place)?);
    }
    let member = |binding: crate::cpython::frames::frame::Binding| {
        Some(Member {
            addr: binding.value?,
            step: match binding.name.starts_with('.') {
                true => Step::None,
                false => Step::Attribute(binding.name.clone()),
            },
            name: binding.name.to_string(),
        })
    };
    Ok(bindings.into_iter().filter_map(member).collect())
}

fn names_of(reader: &Reader<'_>, dict: u64) -> Decoded<Vec<Member>> {
    let (items, _) = reader.dict_items(dict, reader.limits.items)?;
    let member = |(name, addr): (u64, u64)| {
        let name = reader.text(name).ok()?;
        Some(Member {
            addr,
            step: Step::Attribute(name.clone()),
            name: name.to_string(),
        })
    };
    Ok(items.into_iter().filter_map(member).collect())
}
