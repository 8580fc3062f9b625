//! `tuple`, `list`, `dict`, `set` and `collections.deque`.

use std::rc::Rc;

use python_offsets::{DictKeysForm, Offset};

use super::kinds::Kind;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::{Fields, Reader, WORD, is_plausible, words};

/// `dk_kind` of tables whose entries also have a hash (`DICT_KEYS_GENERAL`,
/// Include/internal/pycore_dict.h, 3.11).
const GENERAL_KEYS: u8 = 0;

/// A key and its value.
type Entry = (u64, u64);

/// The entries of a `PyDictKeysObject`.
struct KeysTable {
    /// Address of the first entry.
    entries: u64,
    count: usize,
    entry_size: usize,
    key: Offset,
    value: Offset,
    /// Whether each entry begins with a hash.
    has_hashes: bool,
    /// Address of the values that are stored outside the entries.
    split_values: Option<u64>,
}

/// Bytes of a `str` that comparing a key reads: its header and a short name.
const KEY_WINDOW: usize = 64;

impl Reader<'_> {
    fn var_size(&self, addr: u64) -> Result<i64> {
        self.i64(self.layout.object.ob_size.at(addr))
    }

    /// `count` references from `addr`. 0 for those that are no address.
    pub(super) fn pointers(&self, addr: u64, count: usize) -> Result<Vec<u64>> {
        let bytes = self.bytes(addr, count * WORD)?;
        Ok(words(&bytes)
            .map(|addr| if is_plausible(addr) { addr } else { 0 })
            .collect())
    }

    /// Items of the tuple at `addr`, without a check of its type: that check itself
    /// reads a tuple of classes.
    pub(crate) fn tuple_items_unchecked(&self, addr: u64, max: usize) -> Result<Vec<u64>> {
        let count = self.bounded("length of a tuple", self.var_size(addr)?, max)?;
        self.pointers(self.layout.tuple.ob_item.at(addr), count)
    }

    /// At most `max` items of the tuple at `addr`, and its whole length.
    ///
    /// # Errors
    /// When it is no tuple or cannot be read.
    pub fn tuple_items(&self, addr: u64, max: usize) -> Result<(Vec<u64>, u64)> {
        self.expect_kind(addr, Kind::Tuple, "tuple")?;
        let length = self.length(addr)?;
        let read = length.min(max as u64) as usize;
        let at = self.layout.tuple.ob_item.at(addr);
        Ok((self.pointers(at, read)?, length))
    }

    /// At most `max` items of the list at `addr`, and its whole length.
    ///
    /// # Errors
    /// When it is no list or cannot be read.
    pub fn list_items(&self, addr: u64, max: usize) -> Result<(Vec<u64>, u64)> {
        self.expect_kind(addr, Kind::List, "list")?;
        let length = self.length(addr)?;
        let read = length.min(max as u64) as usize;
        if read == 0 {
            return Ok((Vec::new(), length));
        }
        let items = self.required(self.layout.list.ob_item.at(addr), "ob_item")?;
        Ok((self.pointers(items, read)?, length))
    }

    /// `ob_size` of the variable-size object at `addr`.
    ///
    /// # Errors
    /// When it is negative or cannot be read.
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
                let size = head.field_u64(layout.dk_size.ok_or(missing.clone())?);
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
                let kind = head.field_u8(layout.dk_kind.ok_or(missing.clone())?);
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
        let entry = &self.layout.dict_entry;
        let unicode = (
            entry.unicode_size,
            entry.unicode_me_key,
            entry.unicode_me_value,
        );
        let (entry_size, key, value) = match (general, unicode) {
            (true, _) => (entry.size, entry.me_key, entry.me_value),
            (false, (Some(size), Some(key), Some(value))) => (size, key, value),
            (false, _) => return Err(missing),
        };
        Ok(KeysTable {
            entries: layout.dk_indices.at(keys).wrapping_add(index_bytes),
            count,
            entry_size: entry_size as usize,
            key,
            value,
            has_hashes: general,
            split_values: None,
        })
    }

    /// At most `max` keys and values of the dict at `addr` in insertion order, and
    /// its whole length.
    ///
    /// # Errors
    /// When it is no dict or cannot be read.
    pub fn dict_items(&self, addr: u64, max: usize) -> Result<(Vec<(u64, u64)>, u64)> {
        /// Entries that are read at a time, which bounds the buffer.
        const CHUNK: usize = 4096;
        let table = self.table_of(addr)?;
        let used = self.u64(self.layout.dict.ma_used.at(addr))?;
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
        let keys = self.required(layout.ma_keys.at(addr), "ma_keys")?;
        let values = self.pointer(layout.ma_values.at(addr), "ma_values")?;
        Ok(KeysTable {
            split_values: values.map(|at| self.layout.attributes.first_value.at(at)),
            ..self.keys_table(keys)?
        })
    }

    /// Adds key and value of each used entry to `items`, from `count` entries of
    /// the table, beginning with entry `start`.
    fn entries(
        &self,
        table: &KeysTable,
        start: usize,
        count: usize,
        items: &mut Vec<(u64, u64)>,
    ) -> Result<()> {
        let at = table.entries + (start * table.entry_size) as u64;
        let bytes = self.bytes(at, count * table.entry_size)?;
        if table.has_hashes {
            // The first word is the hash. Nobody needs it, and the hash of an
            // integer is the integer itself.
            self.memory().unneeded(at, count, table.entry_size);
        }
        let split = match table.split_values {
            Some(values) => Some(self.pointers(values + (start * WORD) as u64, count)?),
            None => None,
        };
        for (index, entry) in bytes.chunks_exact(table.entry_size).enumerate() {
            let key = entry.field_u64(table.key);
            let value = match &split {
                Some(values) => values[index],
                None => entry.field_u64(table.value),
            };
            if is_plausible(key) && is_plausible(value) {
                items.push((key, value));
            }
        }
        Ok(())
    }

    /// Address and size in bytes of the dict entry that holds `value`. `None` if no
    /// entry holds it, and for dicts of instances with split tables.
    ///
    /// # Errors
    /// When the dict cannot be read.
    pub fn dict_entry_of(&self, addr: u64, value: u64) -> Result<Option<(u64, usize)>> {
        let keys = self.required(self.layout.dict.ma_keys.at(addr), "ma_keys")?;
        let table = self.keys_table(keys)?;
        let mut entries = (table.entries..)
            .step_by(table.entry_size)
            .take(table.count);
        let at = entries.find(|at| self.u64(table.value.at(*at)) == Ok(value));
        Ok(at.map(|at| (at, table.entry_size)))
    }

    /// Attribute names in the order of their values, from the keys at `keys` that
    /// instances of a class share. Cached by address and number of entries.
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
            let key = entry.field_u64(table.key);
            names.push(if key == 0 { "".into() } else { self.text(key)? });
        }
        let names: Rc<[Rc<str>]> = names.into();
        self.key_names.borrow_mut().insert(cache_key, names.clone());
        Ok(names)
    }

    /// The value for the key `name`, a `str`, of the dict at `addr`. `None` if it has
    /// no such key.
    ///
    /// # Errors
    /// When it is no dict or cannot be read.
    pub fn dict_get(&self, addr: u64, name: &str) -> Result<Option<u64>> {
        Ok(self.dict_entry(addr, name)?.map(|(_, value)| value))
    }

    /// The key `name`, a `str`, of the dict at `addr`, and its value. `None` if it
    /// has no such key.
    ///
    /// # Errors
    /// When it is no dict or cannot be read.
    pub fn dict_entry(&self, addr: u64, name: &str) -> Result<Option<Entry>> {
        self.find_entry(addr, &mut |items| {
            self.prefetch(items.iter().map(|(key, _)| (*key, KEY_WINDOW)));
            items
                .iter()
                .position(|(key, _)| self.text_equals(*key, name))
        })
    }

    /// The value for the key that is the very object at `key`, in the dict at
    /// `addr`. Attribute names are interned, so a name that is one object in all
    /// dicts is found this way; checked for `__file__` of modules on 3.7 to 3.15.
    /// `None` if no key is this object, even if one is equal to it.
    ///
    /// # Errors
    /// When it is no dict or cannot be read.
    pub fn dict_get_key(&self, addr: u64, key: u64) -> Result<Option<u64>> {
        let found = self.find_entry(addr, &mut |items| {
            items.iter().position(|(other, _)| *other == key)
        })?;
        Ok(found.map(|(_, value)| value))
    }

    /// The first entry of the dict at `addr` that `find` accepts. `find` gets a few
    /// entries at a time and returns the index of the accepted one.
    fn find_entry(
        &self,
        addr: u64,
        find: &mut dyn FnMut(&[Entry]) -> Option<usize>,
    ) -> Result<Option<Entry>> {
        /// Entries per call: their keys lie on many pages and are fetched together.
        const BATCH: usize = 16;
        let table = self.table_of(addr)?;
        let count = table.count.min(self.limits.items);
        let mut items = Vec::with_capacity(BATCH);
        for start in (0..count).step_by(BATCH) {
            items.clear();
            self.entries(&table, start, (count - start).min(BATCH), &mut items)?;
            if let Some(index) = find(&items) {
                return Ok(items.get(index).copied());
            }
        }
        Ok(None)
    }

    /// Announces that the first entries of the dicts at `dicts` will be read.
    pub fn prefetch_dicts(&self, dicts: &[u64]) {
        /// Bytes of a table that hold its header, its index and some entries.
        const TABLE_WINDOW: usize = 1024;
        let field = self.layout.dict.ma_keys;
        self.prefetch_fields(dicts.iter().copied(), field);
        let tables = dicts
            .iter()
            .filter_map(|dict| self.u64(field.at(*dict)).ok());
        let tables: Vec<u64> = tables.collect();
        self.prefetch(tables.into_iter().map(|table| (table, TABLE_WINDOW)));
    }

    /// At most `max` elements of the set or frozenset at `addr` in table order, and
    /// its whole length.
    ///
    /// # Errors
    /// When it is no set or cannot be read.
    pub fn set_items(&self, addr: u64, max: usize) -> Result<(Vec<u64>, u64)> {
        /// The hash of a deleted slot, which no object has (Objects/setobject.c).
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
        let used = self.u64(layout.used.at(addr))?;
        let mask = self.i64(layout.mask.at(addr))?;
        let slots = self.bounded("slots of a set", mask.saturating_add(1), self.limits.table)?;
        let table = self.required(layout.table.at(addr), "table of a set")?;
        let size = layout.entry_size as usize;
        let mut items = Vec::new();
        let mut start = 0;
        while start < slots && items.len() < max {
            let count = (slots - start).min(CHUNK);
            let at = table + (start * size) as u64;
            let bytes = self.bytes(at, count * size)?;
            self.memory()
                .unneeded(layout.entry_hash.at(at), count, size);
            for slot in bytes.chunks_exact(size) {
                let key = slot.field_u64(layout.entry_key);
                let hash = slot.field_u64(layout.entry_hash);
                if is_plausible(key) && hash != DUMMY_HASH && items.len() < max {
                    items.push(key);
                }
            }
            start += count;
        }
        Ok((items, used))
    }

    /// At most `max` items of the deque at `addr` from the left, and its whole
    /// length.
    ///
    /// # Errors
    /// When it is no deque or cannot be read.
    pub fn deque_items(&self, addr: u64, max: usize) -> Result<(Vec<u64>, u64)> {
        self.expect_kind(addr, Kind::Deque, "deque")?;
        let layout = &self.layout.deque;
        let length = self.length(addr)?;
        let wanted = length.min(max as u64) as usize;
        let mut block = self.required(layout.leftblock.at(addr), "leftblock")?;
        let mut index = self.u64(layout.leftindex.at(addr))? as usize;
        let block_length = layout.block_length as usize;
        let mut items = Vec::new();
        while items.len() < wanted {
            if index >= block_length {
                block = self.required(layout.block_right.at(block), "rightlink")?;
                index = 0;
            }
            let count = (wanted - items.len()).min(block_length - index);
            let at = layout.block_data.at(block) + (index * WORD) as u64;
            items.extend(self.pointers(at, count)?);
            index += count;
        }
        Ok((items, length))
    }

    /// The `maxlen` of the deque at `addr`. `None` if it is unbounded.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn deque_maxlen(&self, addr: u64) -> Result<Option<u64>> {
        let maxlen = self.i64(self.layout.deque.maxlen.at(addr))?;
        Ok(u64::try_from(maxlen).ok())
    }
}
