//! C structures by name, with their members and sizes.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use gimli::AttributeValue;
use gimli::constants as dw;

use super::DwarfError;
use super::units::{Die, DieRef, Slice, Units};
use crate::members::{Members, Path, Root};

/// Upper bound of a chain of `typedef`s, qualifiers and signatures.
const MAX_CHAIN: usize = 64;
/// Upper bound of the nesting of anonymous structures.
const MAX_ANONYMOUS: usize = 8;

/// The found structures by name.
pub struct Structs<'data> {
    units: &'data Units<'data>,
    roots: HashMap<Root, DieRef>,
    members: HashMap<DieRef, Rc<[Member<'data>]>>,
}

/// A member of a structure or union.
#[derive(Clone, Copy)]
struct Member<'data> {
    name: Option<&'data [u8]>,
    /// Bits from the start of the structure.
    bit: u64,
    is_bit_field: bool,
    kind: Option<DieRef>,
}

/// The end of a path through structures.
#[derive(Clone, Copy)]
pub struct Located {
    /// Bits from the start of the structure that the path starts from.
    pub bit: u64,
    pub is_bit_field: bool,
    kind: Option<DieRef>,
}

impl<'data> Structs<'data> {
    /// Finds every type that an expression starts with, in the units of the listed
    /// sources and in the units that these import.
    pub fn find(units: &'data Units<'data>, members: &Members) -> Result<Self, DwarfError> {
        let mut wanted: HashMap<&[u8], Vec<&Root>> = HashMap::new();
        for root in members.roots() {
            let same = wanted.entry(root.name.as_bytes()).or_default();
            if !same.contains(&root) {
                same.push(root);
            }
        }
        let mut found = Self {
            units,
            roots: HashMap::new(),
            members: HashMap::new(),
        };
        let mut queue: VecDeque<usize> = units.of_sources(&members.sources)?.into();
        let mut seen: HashSet<usize> = queue.iter().copied().collect();
        while let Some(unit) = queue.pop_front() {
            let mut linked = units.type_units_of(unit)?;
            units.children(units.root(unit)?, |entry| {
                if entry.tag() == dw::DW_TAG_imported_unit {
                    let import = found.reference(unit, entry, dw::DW_AT_import)?;
                    linked.extend(import.map(|die_ref| die_ref.unit));
                } else {
                    found.take(unit, entry, &wanted)?;
                }
                Ok(true)
            })?;
            queue.extend(linked.into_iter().filter(|unit| seen.insert(*unit)));
        }
        Ok(found)
    }

    /// Adds a type if an expression needs it, it is new, and it is complete.
    fn take(
        &mut self,
        unit: usize,
        entry: &Die<'data>,
        wanted: &HashMap<&[u8], Vec<&Root>>,
    ) -> Result<(), DwarfError> {
        let is_typedef = match entry.tag() {
            dw::DW_TAG_typedef => true,
            dw::DW_TAG_structure_type | dw::DW_TAG_union_type => false,
            _ => return Ok(()),
        };
        let Some(roots) = self
            .units
            .name(unit, entry)
            .and_then(|name| wanted.get(name))
        else {
            return Ok(());
        };
        let die_ref = DieRef {
            unit,
            offset: entry.offset(),
        };
        for root in roots {
            if (root.tag && is_typedef) || self.roots.contains_key(root) {
                continue;
            }
            if let Some((complete, _)) = self.complete(die_ref)? {
                self.roots.insert((*root).clone(), complete);
            }
        }
        Ok(())
    }

    /// Follows names and qualifiers to the type itself. `None` where it is only
    /// declared, or is in a file that is not there.
    fn complete(&self, die_ref: DieRef) -> Result<Option<(DieRef, Die<'data>)>, DwarfError> {
        let mut die_ref = die_ref;
        for _ in 0..MAX_CHAIN {
            let entry = self.units.entry(die_ref)?;
            let next = match entry.tag() {
                dw::DW_TAG_typedef
                | dw::DW_TAG_const_type
                | dw::DW_TAG_volatile_type
                | dw::DW_TAG_restrict_type
                | dw::DW_TAG_atomic_type => self.reference(die_ref.unit, &entry, dw::DW_AT_type)?,
                _ if entry.has_attr(dw::DW_AT_signature) => {
                    self.reference(die_ref.unit, &entry, dw::DW_AT_signature)?
                }
                _ if is_declaration(&entry) => None,
                _ => return Ok(Some((die_ref, entry))),
            };
            match next {
                Some(next) => die_ref = next,
                None => return Ok(None),
            }
        }
        Err(DwarfError::TooMany {
            what: "names of one type",
        })
    }

    fn reference(
        &self,
        unit: usize,
        entry: &Die<'data>,
        attribute: dw::DwAt,
    ) -> Result<Option<DieRef>, DwarfError> {
        match entry.attr_value(attribute) {
            Some(value) => self.units.resolve(unit, value),
            None => Ok(None),
        }
    }

    /// Size of a type in bytes.
    pub fn size(&self, root: &Root) -> Result<Option<u64>, DwarfError> {
        match self.roots.get(root) {
            Some(die_ref) => self.size_at(*die_ref),
            None => Ok(None),
        }
    }

    fn size_at(&self, die_ref: DieRef) -> Result<Option<u64>, DwarfError> {
        let Some((die_ref, entry)) = self.complete(die_ref)? else {
            return Ok(None);
        };
        let size = number(&entry, dw::DW_AT_byte_size);
        let is_pointer = entry.tag() == dw::DW_TAG_pointer_type;
        Ok(size.or_else(|| is_pointer.then(|| self.units.address_size(die_ref.unit))))
    }

    /// The end of a path. `None` if one of its steps is unknown.
    pub fn locate(&mut self, path: &Path) -> Result<Option<Located>, DwarfError> {
        let Some(root) = self.roots.get(&path.root) else {
            return Ok(None);
        };
        let mut at = Located {
            bit: 0,
            is_bit_field: false,
            kind: Some(*root),
        };
        for step in &path.steps {
            let Some(kind) = at.kind else {
                return Ok(None);
            };
            let name = step.member.as_bytes();
            let Some((offset, member)) = self.member(kind, name, MAX_ANONYMOUS)? else {
                return Ok(None);
            };
            at.bit = at.bit.saturating_add(offset);
            at.is_bit_field = member.is_bit_field;
            at.kind = member.kind;
            if let Some(index) = step.index {
                let Some((element, size)) = self.element(&at)? else {
                    return Ok(None);
                };
                let distance = index.saturating_mul(size).saturating_mul(8);
                at.bit = at.bit.saturating_add(distance);
                at.kind = Some(element);
            }
        }
        Ok(Some(at))
    }

    /// Number of elements of the array at the end of a path.
    pub fn count(&self, at: &Located) -> Result<Option<u64>, DwarfError> {
        let Some((die_ref, _)) = self.array(at)? else {
            return Ok(None);
        };
        let mut count = None;
        self.units.children(die_ref, |entry| {
            if entry.tag() == dw::DW_TAG_subrange_type {
                let last = number(entry, dw::DW_AT_upper_bound);
                let stated = number(entry, dw::DW_AT_count);
                count = stated.or_else(|| last.map(|last| last.saturating_add(1)));
            }
            Ok(count.is_none())
        })?;
        Ok(count)
    }

    /// Type and size of an element of the array at the end of a path.
    fn element(&self, at: &Located) -> Result<Option<(DieRef, u64)>, DwarfError> {
        let Some((die_ref, entry)) = self.array(at)? else {
            return Ok(None);
        };
        let Some(element) = self.reference(die_ref.unit, &entry, dw::DW_AT_type)? else {
            return Ok(None);
        };
        Ok(self.size_at(element)?.map(|size| (element, size)))
    }

    fn array(&self, at: &Located) -> Result<Option<(DieRef, Die<'data>)>, DwarfError> {
        let Some(kind) = at.kind else {
            return Ok(None);
        };
        let complete = self.complete(kind)?;
        Ok(complete.filter(|(_, entry)| entry.tag() == dw::DW_TAG_array_type))
    }

    /// A member by name, also inside anonymous structures, and its offset in bits from
    /// the start of the structure at `die_ref`.
    fn member(
        &mut self,
        die_ref: DieRef,
        name: &[u8],
        depth: usize,
    ) -> Result<Option<(u64, Member<'data>)>, DwarfError> {
        let members = self.members_of(die_ref)?;
        for member in members.iter() {
            self.units.tick()?;
            if member.name == Some(name) {
                return Ok(Some((member.bit, *member)));
            }
        }
        let anonymous = members.iter().filter(|member| member.name.is_none());
        for (outer, kind) in anonymous.filter_map(|member| Some((member.bit, member.kind?))) {
            if depth == 0 {
                return Err(DwarfError::TooMany {
                    what: "nested structures",
                });
            }
            if let Some((bit, member)) = self.member(kind, name, depth - 1)? {
                return Ok(Some((outer.saturating_add(bit), member)));
            }
        }
        Ok(None)
    }

    fn members_of(&mut self, die_ref: DieRef) -> Result<Rc<[Member<'data>]>, DwarfError> {
        if let Some(members) = self.members.get(&die_ref) {
            return Ok(Rc::clone(members));
        }
        let mut members = Vec::new();
        if let Some((at, entry)) = self.complete(die_ref)?
            && matches!(
                entry.tag(),
                dw::DW_TAG_structure_type | dw::DW_TAG_union_type
            )
        {
            self.units.children(at, |entry| {
                if entry.tag() == dw::DW_TAG_member {
                    members.extend(self.read_member(at.unit, entry)?);
                }
                Ok(true)
            })?;
        }
        let members: Rc<[_]> = members.into();
        self.members.insert(die_ref, Rc::clone(&members));
        Ok(members)
    }

    fn read_member(
        &self,
        unit: usize,
        entry: &Die<'data>,
    ) -> Result<Option<Member<'data>>, DwarfError> {
        let kind = self.reference(unit, entry, dw::DW_AT_type)?;
        let Some(start) = member_location(entry) else {
            return Ok(None);
        };
        let mut bit = start.saturating_mul(8);
        let bit_size = number(entry, dw::DW_AT_bit_size);
        if let Some(offset) = number(entry, dw::DW_AT_data_bit_offset) {
            bit = offset;
        } else if let (Some(offset), Some(size)) = (number(entry, dw::DW_AT_bit_offset), bit_size) {
            // DWARF 2 and 3 count from the most significant bit of the storage.
            let storage = match (number(entry, dw::DW_AT_byte_size), kind) {
                (Some(size), _) => Some(size),
                (None, Some(kind)) => self.size_at(kind)?,
                (None, None) => None,
            };
            let low = storage
                .and_then(|bytes| bytes.checked_mul(8)?.checked_sub(offset)?.checked_sub(size));
            let Some(low) = low else {
                return Ok(None);
            };
            bit = bit.saturating_add(low);
        }
        Ok(Some(Member {
            name: self.units.name(unit, entry),
            bit,
            is_bit_field: bit_size.is_some(),
            kind,
        }))
    }
}

fn is_declaration(entry: &Die<'_>) -> bool {
    matches!(
        entry.attr_value(dw::DW_AT_declaration),
        Some(AttributeValue::Flag(true))
    )
}

fn number(entry: &Die<'_>, attribute: dw::DwAt) -> Option<u64> {
    entry.attr_value(attribute)?.udata_value()
}

/// Offset of a member in bytes. Members of a union state none: 0.
fn member_location(entry: &Die<'_>) -> Option<u64> {
    match entry.attr_value(dw::DW_AT_data_member_location) {
        None => Some(0),
        Some(AttributeValue::Exprloc(expression)) => plus_constant(expression.0),
        Some(AttributeValue::Block(block)) => plus_constant(block),
        Some(value) => value.udata_value(),
    }
}

/// The constant in a DWARF 2 location, which is a program that adds it.
fn plus_constant(mut program: Slice<'_>) -> Option<u64> {
    use gimli::Reader;
    let is_add = program.read_u8().ok()? == dw::DW_OP_plus_uconst.0;
    let constant = program.read_uleb128().ok()?;
    (is_add && program.is_empty()).then_some(constant)
}
