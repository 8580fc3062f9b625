//! `tuple`, `list`, `dict`, `set` and `collections.deque`.

use std::rc::Rc;

use python_offsets::DictKeysForm;

use super::types::Kind;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::{Fields, Reader, is_plausible};

/// Keys tables with entries of key and value only (`DICT_KEYS_GENERAL` is 0,
/// Include/internal/pycore_dict.h, 3.11).
const GENERAL_KEYS: u8 = 0;

/// A key and its value.
type Entry = (u64, u64);

/// The entries of a `PyDictKeysObject`.
struct KeysTable {
    entries: u64,
    count: usize,
    entry_size: usize,
    key_at: usize,
    /// Where values are that are not in the entries.
    values: Option<u64>,
}

/// Bytes of a text that tell whether it is a key: its head, and a short name.
const KEY_WINDOW: usize = 64;

impl Reader<'_> {
    fn var_size(&self, addr: u64) -> Result<i64> {
        self.i64(addr + u64::from(self.layout.object.ob_size))
    }

    /// `count` references from `addr`; what can be no address is null.
    fn pointers(&self, addr: u64, count: usize) -> Result<Vec<u64>> {
        let bytes = self.bytes(addr, count * 8)?;
        Ok(bytes
            .chunks_exact(8)
            .map(|word| word.field_u64(0))
            .map(|addr| if is_plausible(addr) { addr } else { 0 })
            .collect())
    }

    /// Items of a tuple whose type is not checked: used to read the tuple of
    /// classes that the check itself needs.
    pub(crate) fn tuple_items_unchecked(&self, addr: u64, max: usize) -> Result<Vec<u64>> {
        let count = self.bounded("length of a tuple", self.var_size(addr)?, max)?;
        self.pointers(addr + u64::from(self.layout.tuple.ob_item), count)
    }

    /// Items of the tuple at `addr`, at most `max` of them, and its length.
    pub fn tuple_items(&self, addr: u64, max: usize) -> Result<(Vec<u64>, u64)> {
        self.expect_kind(addr, Kind::Tuple, "tuple")?;
        let length = self.length(addr)?;
        let read = length.min(max as u64) as usize;
        let at = addr + u64::from(self.layout.tuple.ob_item);
        Ok((self.pointers(at, read)?, length))
    }

    /// Items of the list at `addr`, at most `max` of them, and its length.
    pub fn list_items(&self, addr: u64, max: usize) -> Result<(Vec<u64>, u64)> {
        self.expect_kind(addr, Kind::List, "list")?;
        let length = self.length(addr)?;
        let read = length.min(max as u64) as usize;
        if read == 0 {
            return Ok((Vec::new(), length));
        }
        let items = self.required(addr + u64::from(self.layout.list.ob_item), "ob_item")?;
        Ok((self.pointers(items, read)?, length))
    }

    /// `ob_size` of a variable-size object that is not negative.
    pub fn length(&self, addr: u64) -> Result<u64> {
        u64::try_from(self.var_size(addr)?).map_err(|_| DecodeError::Corrupt {
            what: "ob_size",
            addr,
        })
    }

    fn keys_table(&self, keys: u64) -> Result<KeysTable> {
        let layout = &self.layout.dict_keys;
        let mut head = [0; 48];
        self.bytes_into(keys, &mut head)?;
        let missing = DecodeError::NotInLayout { what: "dict keys" };
        let (index_bytes, general) = match self.layout.format.dict_keys {
            DictKeysForm::Size => {
                let size = head.field_u64(layout.dk_size.ok_or(missing)?);
                let width = match size {
                    0..=0xff => 1,
                    0x100..=0xffff => 2,
                    0x1_0000..=0xffff_ffff => 4,
                    _ => 8,
                };
                (size.saturating_mul(width), true)
            }
            DictKeysForm::Log2 => {
                let log2 = head.field_u8(layout.dk_log2_index_bytes.ok_or(missing.clone())?);
                let kind = head.field_u8(layout.dk_kind.ok_or(missing)?);
                let bytes = 1u64.checked_shl(log2.into()).unwrap_or(u64::MAX);
                (bytes, kind == GENERAL_KEYS)
            }
        };
        let limit = self.limits.table as u64;
        if index_bytes > limit.saturating_mul(8) {
            return Err(DecodeError::Limit {
                what: "size of a dict's index",
                value: index_bytes,
                limit,
            });
        }
        let count = self.bounded(
            "entries of a dict",
            head.field_u64(layout.dk_nentries) as i64,
            self.limits.table,
        )?;
        Ok(KeysTable {
            entries: keys + u64::from(layout.dk_indices) + index_bytes,
            count,
            entry_size: if general { 24 } else { 16 },
            key_at: if general { 8 } else { 0 },
            values: None,
        })
    }

    /// Keys and values of the dict at `addr` in insertion order, at most
    /// `max` of them, and its length.
    pub fn dict_items(&self, addr: u64, max: usize) -> Result<(Vec<(u64, u64)>, u64)> {
        /// Entries read at once, so that a huge table needs no huge buffer.
        const CHUNK: usize = 4096;
        let table = self.table_of(addr)?;
        let used = self.u64(addr + u64::from(self.layout.dict.ma_used))?;
        let mut items = Vec::new();
        let mut start = 0;
        while start < table.count && items.len() < max {
            let count = (table.count - start).min(CHUNK);
            self.entries(&table, start, count, &mut items)?;
            start += count;
        }
        items.truncate(max);
        Ok((items, used))
    }

    /// The table of the dict at `addr`.
    fn table_of(&self, addr: u64) -> Result<KeysTable> {
        self.expect_kind(addr, Kind::Dict, "dict")?;
        let layout = &self.layout.dict;
        let keys = self.required(addr + u64::from(layout.ma_keys), "ma_keys")?;
        let values = self.pointer(addr + u64::from(layout.ma_values), "ma_values")?;
        Ok(KeysTable {
            values: values.map(|at| at + u64::from(self.layout.attributes.first_value)),
            ..self.keys_table(keys)?
        })
    }

    /// Adds keys and values of `count` entries of a table from entry `start` on,
    /// those that are in use, to `items`.
    fn entries(
        &self,
        table: &KeysTable,
        start: usize,
        count: usize,
        items: &mut Vec<(u64, u64)>,
    ) -> Result<()> {
        let at = table.entries + (start * table.entry_size) as u64;
        let bytes = self.bytes(at, count * table.entry_size)?;
        if table.key_at > 0 {
            // The hash: of an integer, the integer itself.
            self.memory().unneeded(at, count, table.entry_size);
        }
        let split = match table.values {
            Some(values) => Some(self.pointers(values + start as u64 * 8, count)?),
            None => None,
        };
        for (index, entry) in bytes.chunks_exact(table.entry_size).enumerate() {
            let key = entry.field_u64(table.key_at as u32);
            let value = match &split {
                Some(values) => values[index],
                None => entry.field_u64(table.key_at as u32 + 8),
            };
            if is_plausible(key) && is_plausible(value) {
                items.push((key, value));
            }
        }
        Ok(())
    }

    /// Address and length of the entry by which the dict at `addr` has `value`;
    /// none of a dict that keeps its values apart (an instance's).
    pub fn dict_entry_of(&self, addr: u64, value: u64) -> Result<Option<(u64, usize)>> {
        let keys = self.required(addr + u64::from(self.layout.dict.ma_keys), "ma_keys")?;
        let table = self.keys_table(keys)?;
        let mut places = (table.entries..)
            .step_by(table.entry_size)
            .take(table.count);
        let at = places.find(|at| self.u64(at + table.key_at as u64 + 8) == Ok(value));
        Ok(at.map(|at| (at, table.entry_size)))
    }

    /// Attribute names in the order of their values, for keys shared by the
    /// instances of a class. Cached by address and number of entries.
    pub(crate) fn shared_key_names(&self, keys: u64) -> Result<Rc<[Rc<str>]>> {
        let table = self.keys_table(keys)?;
        let cache_key = (keys, table.count as u64);
        if let Some(names) = self.key_names.borrow().get(&cache_key) {
            return Ok(names.clone());
        }
        let count = self.bounded("shared keys", table.count as i64, self.limits.mro)?;
        let bytes = self.bytes(table.entries, count * table.entry_size)?;
        let mut names: Vec<Rc<str>> = Vec::with_capacity(count);
        for entry in bytes.chunks_exact(table.entry_size) {
            let key = entry.field_u64(table.key_at as u32);
            names.push(if key == 0 { "".into() } else { self.text(key)? });
        }
        let names: Rc<[Rc<str>]> = names.into();
        self.key_names.borrow_mut().insert(cache_key, names.clone());
        Ok(names)
    }

    /// The value of the text key `name` of the dict at `addr`.
    pub fn dict_get(&self, addr: u64, name: &str) -> Result<Option<u64>> {
        Ok(self.dict_entry(addr, name)?.map(|(_, value)| value))
    }

    /// The text key `name` of the dict at `addr`, and its value.
    pub fn dict_entry(&self, addr: u64, name: &str) -> Result<Option<Entry>> {
        self.find_entry(addr, &mut |items| {
            self.prefetch(items.iter().map(|(key, _)| (*key, KEY_WINDOW)));
            items
                .iter()
                .position(|(key, _)| self.text_equals(*key, name))
        })
    }

    /// The value of the key that is the object at `key`, of the dict at `addr`.
    /// Names of attributes are interned: in no build from 3.7 to 3.15 had a module
    /// another `__file__` than the others. A key that was put together at run time
    /// is not found.
    pub fn dict_get_key(&self, addr: u64, key: u64) -> Result<Option<u64>> {
        let found = self.find_entry(addr, &mut |items| {
            items.iter().position(|(other, _)| *other == key)
        })?;
        Ok(found.map(|(_, value)| value))
    }

    /// The first entry of the dict at `addr` that `find` finds in a few of them.
    fn find_entry(
        &self,
        addr: u64,
        find: &mut dyn FnMut(&[Entry]) -> Option<usize>,
    ) -> Result<Option<Entry>> {
        /// Entries that are looked at together: their keys lie on many pages.
        const BATCH: usize = 16;
        let table = self.table_of(addr)?;
        let most = table.count.min(self.limits.items);
        let mut items = Vec::with_capacity(BATCH);
        for start in (0..most).step_by(BATCH) {
            items.clear();
            let count = (most - start).min(BATCH);
            self.entries(&table, start, count, &mut items)?;
            if let Some(place) = find(&items) {
                return Ok(items.get(place).copied());
            }
        }
        Ok(None)
    }

    /// Announces that the first entries of the dicts at `dicts` will be read.
    pub fn prefetch_dicts(&self, dicts: &[u64]) {
        /// Bytes of a table that hold its head, its index and some entries.
        const TABLE_WINDOW: usize = 1024;
        let field = self.layout.dict.ma_keys;
        self.prefetch_fields(dicts.iter().copied(), field);
        let at = u64::from(field);
        let tables = dicts.iter().filter_map(|dict| self.u64(dict + at).ok());
        let tables: Vec<u64> = tables.collect();
        self.prefetch(tables.into_iter().map(|table| (table, TABLE_WINDOW)));
    }

    /// Elements of the set or frozenset at `addr` in table order, at most
    /// `max` of them, and its length.
    pub fn set_items(&self, addr: u64, max: usize) -> Result<(Vec<u64>, u64)> {
        /// The hash of a deleted slot; no object has it (Objects/setobject.c).
        const DUMMY_HASH: u64 = u64::MAX;
        const CHUNK: usize = 4096;
        let ty = self.type_of(addr)?;
        if !matches!(ty.kind, Kind::Set | Kind::FrozenSet) {
            return Err(DecodeError::WrongType {
                what: "set",
                addr,
                found: ty.name.to_string(),
            });
        }
        let layout = &self.layout.set;
        let used = self.u64(addr + u64::from(layout.used))?;
        let mask = self.i64(addr + u64::from(layout.mask))?;
        let slots = self.bounded("slots of a set", mask.saturating_add(1), self.limits.table)?;
        let table = self.required(addr + u64::from(layout.table), "table of a set")?;
        let mut items = Vec::new();
        let mut start = 0;
        while start < slots && items.len() < max {
            let count = (slots - start).min(CHUNK);
            let at = table + start as u64 * 16;
            let bytes = self.bytes(at, count * 16)?;
            self.memory().unneeded(at + 8, count, 16);
            for slot in bytes.chunks_exact(16) {
                let (key, hash) = (slot.field_u64(0), slot.field_u64(8));
                if is_plausible(key) && hash != DUMMY_HASH && items.len() < max {
                    items.push(key);
                }
            }
            start += count;
        }
        Ok((items, used))
    }

    /// Items of the deque at `addr` from the left, at most `max` of them, and
    /// its length.
    pub fn deque_items(&self, addr: u64, max: usize) -> Result<(Vec<u64>, u64)> {
        self.expect_kind(addr, Kind::Deque, "deque")?;
        let layout = &self.layout.deque;
        let length = self.length(addr)?;
        let wanted = length.min(max as u64) as usize;
        let mut block = self.required(addr + u64::from(layout.leftblock), "leftblock")?;
        let mut index = self.u64(addr + u64::from(layout.leftindex))? as usize;
        let block_length = layout.block_length as usize;
        let mut items = Vec::new();
        while items.len() < wanted {
            if index >= block_length {
                block = self.required(block + u64::from(layout.block_right), "rightlink")?;
                index = 0;
            }
            let count = (wanted - items.len()).min(block_length - index);
            let at = block + u64::from(layout.block_data) + index as u64 * 8;
            items.extend(self.pointers(at, count)?);
            index += count;
        }
        Ok((items, length))
    }

    /// The `maxlen` of the deque at `addr`.
    pub fn deque_maxlen(&self, addr: u64) -> Result<Option<u64>> {
        let maxlen = self.i64(addr + u64::from(self.layout.deque.maxlen))?;
        Ok(u64::try_from(maxlen).ok())
    }
}
