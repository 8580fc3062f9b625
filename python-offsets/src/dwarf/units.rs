//! Units of debug information and the references between them.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gimli::constants as dw;
use gimli::{
    Abbreviations, AttributeValue, DebugAbbrev, DebugAbbrevOffset, DebugInfo, DebugLineStr,
    DebugStr, DebugStrOffsets, DebugStrOffsetsBase, DebugTypes, DwarfFileType, EndianSlice,
    LittleEndian, UnitHeader, UnitOffset, UnitType,
};

use super::DwarfError;
use super::image::Image;

pub type Slice<'data> = EndianSlice<'data, LittleEndian>;
pub type Die<'data> = gimli::DebuggingInformationEntry<Slice<'data>>;

/// Upper bound of the number of units in a file.
const MAX_UNITS: usize = 500_000;
/// Upper bound of the size of a unit's table of abbreviations, in bytes.
const MAX_TABLE: usize = 1 << 20;
/// Number of these tables that are cached.
const MAX_TABLES: usize = 4096;

/// Identifies an entry of debug information.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DieRef {
    /// Index into all units. Units of the alternate file come after the others.
    pub unit: usize,
    pub offset: UnitOffset,
}

/// All units of a file and its alternate file.
pub struct Units<'data> {
    files: Vec<File<'data>>,
    units: Vec<Unit<'data>>,
    tables: RefCell<HashMap<(usize, DebugAbbrevOffset), Rc<Abbreviations>>>,
    /// Type units by their signature.
    signatures: OnceCell<HashMap<u64, DieRef>>,
    deadline: Instant,
    visited: Cell<u32>,
}

struct File<'data> {
    abbrev: &'data [u8],
    strings: DebugStr<Slice<'data>>,
    line_strings: DebugLineStr<Slice<'data>>,
    string_offsets: DebugStrOffsets<Slice<'data>>,
    /// Its units, as a range of `Units::units`. Those of `.debug_info` are ascending.
    first: usize,
    last: usize,
}

struct Unit<'data> {
    file: usize,
    header: UnitHeader<Slice<'data>>,
    /// From the root entry. `None` until it is read.
    string_offsets_base: Cell<Option<DebugStrOffsetsBase>>,
}

impl<'data> Units<'data> {
    pub fn new(
        main: &'data Image<'_>,
        alternate: Option<&'data Image<'_>>,
        time: Duration,
    ) -> Result<Self, DwarfError> {
        let mut all = Self {
            files: Vec::new(),
            units: Vec::new(),
            tables: RefCell::default(),
            signatures: OnceCell::new(),
            deadline: Instant::now() + time,
            visited: Cell::new(0),
        };
        for image in std::iter::once(main).chain(alternate) {
            all.add(image)?;
        }
        Ok(all)
    }

    fn add(&mut self, image: &'data Image<'_>) -> Result<(), DwarfError> {
        let (file, first) = (self.files.len(), self.units.len());
        let mut info = DebugInfo::new(&image.info, LittleEndian).units();
        while let Some(header) = info.next()? {
            self.push(file, header)?;
        }
        let last = self.units.len();
        let mut types = DebugTypes::new(&image.types, LittleEndian).units();
        while let Some(header) = types.next()? {
            self.push(file, header)?;
        }
        self.files.push(File {
            abbrev: &image.abbrev,
            strings: DebugStr::new(&image.strings, LittleEndian),
            line_strings: DebugLineStr::new(&image.line_strings, LittleEndian),
            string_offsets: DebugStrOffsets::from(EndianSlice::new(
                &image.string_offsets,
                LittleEndian,
            )),
            first,
            last,
        });
        Ok(())
    }

    fn push(&mut self, file: usize, header: UnitHeader<Slice<'data>>) -> Result<(), DwarfError> {
        if self.units.len() >= MAX_UNITS {
            return Err(DwarfError::TooMany { what: "units" });
        }
        self.units.push(Unit {
            file,
            header,
            string_offsets_base: Cell::new(None),
        });
        Ok(())
    }

    /// Counts a step of work against the limit.
    pub fn tick(&self) -> Result<(), DwarfError> {
        let visited = self.visited.get().wrapping_add(1);
        self.visited.set(visited);
        if visited.is_multiple_of(1024) && Instant::now() > self.deadline {
            return Err(DwarfError::Deadline);
        }
        Ok(())
    }

    /// The units whose source file ends with one of these paths.
    pub fn of_sources(&self, sources: &[String]) -> Result<Vec<usize>, DwarfError> {
        let mut found = Vec::new();
        let main = self
            .files
            .first()
            .map_or(0..0, |file| file.first..file.last);
        // In some files neighbouring units share their abbreviations.
        let mut last: Option<(DebugAbbrevOffset, Abbreviations)> = None;
        for (index, unit) in self.units.iter().enumerate().take(main.end) {
            if !matches!(unit.header.type_(), UnitType::Compilation) {
                continue;
            }
            if Instant::now() > self.deadline {
                return Err(DwarfError::Deadline);
            }
            let offset = unit.header.debug_abbrev_offset();
            let table = match last.take() {
                Some((known, table)) if known == offset => table,
                _ => self.read_table(unit.file, offset)?,
            };
            let root = unit.header.entry(&table, unit.header.root_offset())?;
            last = Some((offset, table));
            unit.string_offsets_base.set(Some(base_of(unit, &root)));
            if let Some(name) = self.name_in(unit, &root)
                && sources.iter().any(|source| is_source(name, source))
            {
                found.push(index);
            }
        }
        Ok(found)
    }

    /// Calls `visit` with each child of the entry at `die_ref`, in order,
    /// until it returns false.
    pub fn children(
        &self,
        die_ref: DieRef,
        mut visit: impl FnMut(&Die<'data>) -> Result<bool, DwarfError>,
    ) -> Result<(), DwarfError> {
        let (unit, table) = self.unit(die_ref.unit)?;
        let mut cursor = unit.header.entries_at_offset(&table, die_ref.offset)?;
        self.tick()?;
        if !cursor.next_entry()? || !cursor.current().is_some_and(Die::has_children) {
            return Ok(());
        }
        if !cursor.next_entry()? {
            return Ok(());
        }
        while let Some(entry) = cursor.current() {
            self.tick()?;
            if !visit(entry)? || cursor.next_sibling()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// The type units that entries of a unit refer to.
    pub fn type_units_of(&self, unit: usize) -> Result<Vec<usize>, DwarfError> {
        let mut found = Vec::new();
        if self.signatures().is_empty() {
            return Ok(found);
        }
        let (known, table) = self.unit(unit)?;
        let mut cursor = known.header.entries(&table);
        while let Some(entry) = cursor.next_dfs()? {
            self.tick()?;
            for attribute in entry.attrs() {
                if let AttributeValue::DebugTypesRef(_) = attribute.value() {
                    let die_ref = self.resolve(unit, attribute.value())?;
                    found.extend(die_ref.map(|die_ref| die_ref.unit));
                }
            }
        }
        Ok(found)
    }

    pub fn entry(&self, die_ref: DieRef) -> Result<Die<'data>, DwarfError> {
        self.tick()?;
        let (unit, table) = self.unit(die_ref.unit)?;
        Ok(unit.header.entry(&table, die_ref.offset)?)
    }

    pub fn root(&self, unit: usize) -> Result<DieRef, DwarfError> {
        let known = self
            .units
            .get(unit)
            .ok_or(gimli::Error::NoEntryAtGivenOffset(0))?;
        Ok(DieRef {
            unit,
            offset: known.header.root_offset(),
        })
    }

    pub fn address_size(&self, unit: usize) -> u64 {
        let unit = self.units.get(unit);
        unit.map_or(8, |unit| u64::from(unit.header.address_size()))
    }

    /// The name of an entry. `None` if it has none or it cannot be read.
    pub fn name(&self, unit: usize, entry: &Die<'data>) -> Option<&'data [u8]> {
        self.name_in(self.units.get(unit)?, entry)
    }

    fn name_in(&self, unit: &Unit<'data>, entry: &Die<'data>) -> Option<&'data [u8]> {
        let value = entry.attr_value(dw::DW_AT_name)?;
        let file = self.files.get(unit.file)?;
        let name = match value {
            AttributeValue::String(name) => name,
            AttributeValue::DebugStrRef(offset) => file.strings.get_str(offset).ok()?,
            AttributeValue::DebugLineStrRef(offset) => file.line_strings.get_str(offset).ok()?,
            AttributeValue::DebugStrRefSup(offset) => {
                self.files.get(1)?.strings.get_str(offset).ok()?
            }
            AttributeValue::DebugStrOffsetsIndex(index) => {
                let format = unit.header.format();
                let base = self.string_offsets_base(unit)?;
                let offset = file
                    .string_offsets
                    .get_str_offset(format, base, index)
                    .ok()?;
                file.strings.get_str(offset).ok()?
            }
            _ => return None,
        };
        Some(name.slice())
    }

    fn string_offsets_base(&self, unit: &Unit<'data>) -> Option<DebugStrOffsetsBase> {
        if unit.string_offsets_base.get().is_none() {
            let table = self.table(unit).ok()?;
            let root = unit.header.entry(&table, unit.header.root_offset()).ok()?;
            unit.string_offsets_base.set(Some(base_of(unit, &root)));
        }
        unit.string_offsets_base.get()
    }

    /// The entry that an attribute of an entry in `unit` refers to. `None` if it cannot
    /// be followed.
    pub fn resolve(
        &self,
        unit: usize,
        reference: AttributeValue<Slice<'data>>,
    ) -> Result<Option<DieRef>, DwarfError> {
        let file = self.units.get(unit).map_or(0, |unit| unit.file);
        match reference {
            AttributeValue::UnitRef(offset) => Ok(Some(DieRef { unit, offset })),
            AttributeValue::DebugInfoRef(offset) => Ok(self.at(file, offset.0)),
            AttributeValue::DebugInfoRefSup(offset) => Ok(self.at(1, offset.0)),
            AttributeValue::DebugTypesRef(signature) => {
                Ok(self.signatures().get(&signature.0).copied())
            }
            _ => Ok(None),
        }
    }

    /// The entry at an offset of `.debug_info`.
    fn at(&self, file: usize, offset: usize) -> Option<DieRef> {
        let file = self.files.get(file)?;
        let units = self.units.get(file.first..file.last)?;
        let start = |unit: &Unit<'_>| unit.header.offset().0;
        let behind = units.partition_point(|unit| start(unit) <= offset);
        let index = behind.checked_sub(1)?;
        let unit = units.get(index)?;
        let offset = UnitOffset(offset - start(unit));
        offset.is_in_bounds(&unit.header).then_some(DieRef {
            unit: file.first + index,
            offset,
        })
    }

    fn signatures(&self) -> &HashMap<u64, DieRef> {
        self.signatures.get_or_init(|| {
            let types = self.units.iter().enumerate().filter_map(|(index, unit)| {
                let UnitType::Type {
                    type_signature,
                    type_offset,
                } = unit.header.type_()
                else {
                    return None;
                };
                let die_ref = DieRef {
                    unit: index,
                    offset: type_offset,
                };
                Some((type_signature.0, die_ref))
            });
            types.collect()
        })
    }

    fn unit(&self, index: usize) -> Result<(&Unit<'data>, Rc<Abbreviations>), DwarfError> {
        let unit = self
            .units
            .get(index)
            .ok_or(gimli::Error::NoEntryAtGivenOffset(0))?;
        Ok((unit, self.table(unit)?))
    }

    fn table(&self, unit: &Unit<'data>) -> Result<Rc<Abbreviations>, DwarfError> {
        let key = (unit.file, unit.header.debug_abbrev_offset());
        let mut tables = self.tables.borrow_mut();
        if let Some(table) = tables.get(&key) {
            return Ok(Rc::clone(table));
        }
        if tables.len() >= MAX_TABLES {
            tables.clear();
        }
        let table = Rc::new(self.read_table(unit.file, key.1)?);
        tables.insert(key, Rc::clone(&table));
        Ok(table)
    }

    fn read_table(
        &self,
        file: usize,
        offset: DebugAbbrevOffset,
    ) -> Result<Abbreviations, DwarfError> {
        let section = self.files.get(file).map_or(&[][..], |file| file.abbrev);
        let rest = section.get(offset.0..).unwrap_or_default();
        let rest = rest.get(..MAX_TABLE).unwrap_or(rest);
        let table = DebugAbbrev::new(rest, LittleEndian);
        Ok(table.abbreviations(DebugAbbrevOffset(0))?)
    }
}

fn base_of(unit: &Unit<'_>, root: &Die<'_>) -> DebugStrOffsetsBase {
    match root.attr_value(dw::DW_AT_str_offsets_base) {
        Some(AttributeValue::DebugStrOffsetsBase(base)) => base,
        _ => DebugStrOffsetsBase::default_for_encoding_and_file(
            unit.header.encoding(),
            DwarfFileType::Main,
        ),
    }
}

/// Whether a unit's name is this path or ends with it.
fn is_source(name: &[u8], source: &str) -> bool {
    name.strip_suffix(source.as_bytes())
        .is_some_and(|before| before.is_empty() || before.ends_with(b"/"))
}
