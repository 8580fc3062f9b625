//! The table of sections of an ELF file.

use std::borrow::Cow;

use goblin::elf::program_header::PT_NOTE;
use goblin::elf::section_header::{SHF_ALLOC, SHN_XINDEX, SHT_NOBITS, SHT_NOTE};
use goblin::elf64::header::Header;
use goblin::elf64::program_header::{ProgramHeader, SIZEOF_PHDR};
use goblin::elf64::section_header::{SIZEOF_SHDR, SectionHeader};

use super::contents::{Form, contents};
use super::{ElfError, FileRanges, build_id_in, read_header, read_struct, read_structs};

/// Largest number of sections; linked files have about forty.
const MAX_SECTIONS: u64 = 1 << 16;
/// Largest size of the section names in bytes.
const MAX_NAMES: u64 = 1 << 20;
/// Largest size of one section or segment of notes in bytes.
const MAX_NOTES: u64 = 64 << 10;

/// The section headers of one file and their names.
#[derive(Debug, Clone)]
pub struct Sections {
    header: Header,
    headers: Vec<SectionHeader>,
    names: Vec<u8>,
}

impl Sections {
    /// Reads the headers. A file without sections is no error.
    ///
    /// # Errors
    /// When it is no ELF file that can be read, or its section headers are damaged.
    pub fn read<F: FileRanges + ?Sized>(file: &F) -> Result<Self, ElfError> {
        let header = read_header(file)?;
        let mut this = Self {
            header,
            headers: Vec::new(),
            names: Vec::new(),
        };
        if header.e_shoff == 0 {
            return Ok(this);
        }
        let damaged = ElfError::Damaged("section headers");
        let size = SIZEOF_SHDR as u64;
        let count = match u64::from(header.e_shnum) {
            // Too many for the field: the first header has the number.
            0 => {
                let first = file.range(header.e_shoff, size).ok_or(damaged)?;
                let first: SectionHeader = read_struct(&first).ok_or(damaged)?;
                first.sh_size
            }
            count => count,
        };
        if count == 0 {
            return Ok(this);
        }
        if usize::from(header.e_shentsize) != SIZEOF_SHDR || count > MAX_SECTIONS {
            return Err(damaged);
        }
        let table = file.range(header.e_shoff, count * size).ok_or(damaged)?;
        this.headers = read_structs(&table).collect();
        this.names = this.read_names(file).ok_or(damaged)?;
        Ok(this)
    }

    fn read_names<F: FileRanges + ?Sized>(&self, file: &F) -> Option<Vec<u8>> {
        let index = match u32::from(self.header.e_shstrndx) {
            SHN_XINDEX => self.headers.first()?.sh_link,
            index => index,
        };
        let names = self.headers.get(index as usize)?;
        if names.sh_type == SHT_NOBITS || names.sh_size > MAX_NAMES {
            return None;
        }
        let names = file.range(names.sh_offset, names.sh_size)?;
        Some(names.into_owned())
    }

    /// The machine that the file is for (`e_machine`).
    pub fn machine(&self) -> u16 {
        self.header.e_machine
    }

    fn find(&self, name: &str) -> Option<&SectionHeader> {
        self.headers.iter().find(|section| {
            let rest = self.names.get(section.sh_name as usize..);
            rest.and_then(|rest| rest.strip_prefix(name.as_bytes()))
                .is_some_and(|rest| rest.first() == Some(&0))
        })
    }

    /// The section and how its bytes are stored. Old linkers call a compressed
    /// `.debug_info` `.zdebug_info`.
    fn find_stored(&self, name: &str) -> Option<(&SectionHeader, Form)> {
        if let Some(section) = self.find(name) {
            return Some((section, Form::of(section)));
        }
        let rest = name.strip_prefix(".debug_")?;
        let section = self.find(&format!(".zdebug_{rest}"))?;
        Some((section, Form::GnuZlib))
    }

    /// Whether there is a section `name`.
    pub fn has(&self, name: &str) -> bool {
        self.find_stored(name).is_some()
    }

    /// The linked address of section `name` and its size in bytes. `None` when
    /// there is no such section or it is not loaded.
    pub fn loaded_range(&self, name: &str) -> Option<(u64, u64)> {
        let section = self.find(name)?;
        let is_loaded = section.sh_flags & u64::from(SHF_ALLOC) != 0;
        is_loaded.then_some((section.sh_addr, section.sh_size))
    }

    /// The bytes of section `name` of `file`, decompressed. `None` when there is
    /// no such section.
    ///
    /// # Errors
    /// When the section is damaged or too large to be believed.
    pub fn contents<'f, F: FileRanges + ?Sized>(
        &self,
        file: &'f F,
        name: &str,
    ) -> Result<Option<Cow<'f, [u8]>>, ElfError> {
        let found = self.find_stored(name);
        found
            .map(|(section, form)| contents(file, section, form))
            .transpose()
    }

    /// The build id, from the sections of notes of `file`, or from its segments
    /// of notes when it has no sections.
    pub fn build_id<F: FileRanges + ?Sized>(&self, file: &F) -> Option<Vec<u8>> {
        let find = |offset: u64, size: u64, align: u64| {
            let notes = file.range(offset, size.min(MAX_NOTES))?;
            build_id_in(&notes, align).map(<[u8]>::to_vec)
        };
        if self.headers.is_empty() {
            return self
                .program_headers(file)
                .into_iter()
                .filter(|segment| segment.p_type == PT_NOTE)
                .find_map(|it| find(it.p_offset, it.p_filesz, it.p_align));
        }
        self.headers
            .iter()
            .filter(|section| section.sh_type == SHT_NOTE)
            .find_map(|it| find(it.sh_offset, it.sh_size, it.sh_addralign))
    }

    fn program_headers<F: FileRanges + ?Sized>(&self, file: &F) -> Vec<ProgramHeader> {
        let size = u64::from(self.header.e_phnum) * SIZEOF_PHDR as u64;
        match file.range(self.header.e_phoff, size) {
            Some(table) if usize::from(self.header.e_phentsize) == SIZEOF_PHDR => {
                read_structs(&table).collect()
            }
            _ => Vec::new(),
        }
    }
}
