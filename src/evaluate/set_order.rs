//! The order in which CPython iterates a set that it made of these items
//! (Objects/setobject.c).

use super::machine::Machine;
use super::values::operand::Operand;

/// Slots that are looked at behind the first before the next hash.
const PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
const SMALLEST: usize = 8;

/// A slot of the hash table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Free,
    Dummy,
    Item(usize, i64),
}

/// The table of a set: items are numbers that stand for them.
#[derive(Debug, Clone)]
pub(super) struct Table {
    slots: Vec<Slot>,
    fill: usize,
    used: usize,
}

impl Table {
    fn new() -> Self {
        Self {
            slots: vec![Slot::Free; SMALLEST],
            fill: 0,
            used: 0,
        }
    }

    fn mask(&self) -> usize {
        self.slots.len() - 1
    }

    /// Adds an item that is not in it (`set_add_entry`).
    fn add(&mut self, item: usize, hash: i64) {
        self.place(item, hash);
        self.fill += 1;
        self.used += 1;
        if self.fill * 5 >= self.mask() * 3 {
            let wanted = if self.used > 50_000 {
                self.used * 2
            } else {
                self.used * 4
            };
            self.resize(wanted);
        }
    }

    fn resize(&mut self, wanted: usize) {
        let mut size = SMALLEST;
        while size <= wanted {
            size *= 2;
        }
        let old = std::mem::replace(&mut self.slots, vec![Slot::Free; size]);
        for slot in old {
            if let Slot::Item(item, hash) = slot {
                self.place(item, hash);
            }
        }
        self.fill = self.used;
    }

    fn place(&mut self, item: usize, hash: i64) {
        let mask = self.mask();
        let mut perturb = hash as u64;
        let mut at = perturb as usize & mask;
        loop {
            let probes = if at + PROBES <= mask { PROBES } else { 0 };
            let slots = self.slots.get_mut(at..=at + probes).into_iter().flatten();
            if let Some(free) = slots.into_iter().find(|slot| **slot == Slot::Free) {
                *free = Slot::Item(item, hash);
                return;
            }
            perturb >>= PERTURB_SHIFT;
            at = at
                .wrapping_mul(5)
                .wrapping_add(1)
                .wrapping_add(perturb as usize)
                & mask;
        }
    }

    fn discard(&mut self, item: usize) {
        let found = |slot: &&mut Slot| matches!(slot, Slot::Item(known, _) if *known == item);
        if let Some(slot) = self.slots.iter_mut().find(found) {
            *slot = Slot::Dummy;
            self.used -= 1;
        }
    }

    fn items(&self) -> impl Iterator<Item = (usize, i64)> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Item(item, hash) => Some((*item, *hash)),
            _ => None,
        })
    }

    fn has(&self, item: usize) -> bool {
        self.items().any(|(known, _)| known == item)
    }

    /// Adds the items of another set (`set_merge`).
    fn merge(&mut self, other: &Self) {
        if (self.fill + other.used) * 5 >= self.mask() * 3 {
            self.resize((self.used + other.used) * 2);
        }
        if self.fill == 0 && self.mask() == other.mask() && other.fill == other.used {
            self.clone_from(other);
            return;
        }
        for (item, hash) in other.items() {
            if !self.has(item) {
                self.add(item, hash);
            }
        }
    }

    fn order(&self) -> Vec<usize> {
        self.items().map(|(item, _)| item).collect()
    }
}

/// How a set came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// Item by item.
    Added,
    /// As a copy of a set that was made item by item: how a display of three or
    /// more constants is compiled from 3.9 on.
    Copied,
}

impl Machine<'_, '_> {
    /// The table of a set with these items, which differ from each other;
    /// `None` where a hash differs from process to process.
    fn table(&self, items: &[Operand], first: usize) -> Option<Table> {
        let mut table = Table::new();
        for (index, item) in items.iter().enumerate() {
            table.add(first + index, self.stable_hash(item)?);
        }
        Some(table)
    }

    /// `items`, which differ from each other, in Python's order; as they are
    /// where a hash differs from process to process.
    pub(super) fn in_set_order(&self, items: Vec<Operand>, made: Made) -> Vec<Operand> {
        let Some(mut table) = self.table(&items, 0) else {
            return items;
        };
        if made == Made::Copied {
            let mut copy = Table::new();
            copy.merge(&table);
            table = copy;
        }
        picked(&table.order(), &items)
    }

    /// The order of `made`, which `named` made of `a` and `b`.
    pub(super) fn in_combined_order(
        &self,
        named: &str,
        a: &[Operand],
        b: &[Operand],
        made: Vec<Operand>,
    ) -> Vec<Operand> {
        // Items of both sets are numbered by their place in `made` or behind it.
        let number = |item: &Operand| {
            let same = |known: &Operand| self.same_or_equal(known, item).unwrap_or(false);
            made.iter().position(same)
        };
        let numbered = |items: &[Operand], behind: usize| -> Option<Table> {
            let mut table = Table::new();
            for (index, item) in items.iter().enumerate() {
                let item_number = number(item).unwrap_or(behind + index);
                table.add(item_number, self.stable_hash(item)?);
            }
            Some(table)
        };
        let (Some(left), Some(right)) =
            (numbered(a, made.len()), numbered(b, made.len() + a.len()))
        else {
            return made;
        };
        let mut table = Table::new();
        match named {
            "union" => {
                table.merge(&left);
                table.merge(&right);
            }
            "symmetric_difference" => {
                // A copy of the other set, to which this one is applied.
                table.merge(&right);
                for (item, hash) in left.items() {
                    match item < made.len() {
                        true => table.add(item, hash),
                        false => {
                            let Some(shared) = a.get(item.wrapping_sub(made.len())) else {
                                continue;
                            };
                            let same = |known: &Operand| {
                                self.same_or_equal(known, shared).unwrap_or(false)
                            };
                            if let Some(at) = b.iter().position(same) {
                                table.discard(made.len() + a.len() + at);
                            }
                        }
                    }
                }
            }
            _ => return self.in_set_order(made, Made::Added),
        }
        let order: Vec<usize> = table.order();
        match order.len() == made.len() {
            true => picked(&order, &made),
            false => made,
        }
    }
}

fn picked(order: &[usize], items: &[Operand]) -> Vec<Operand> {
    let items = order.iter().map(|index| items.get(*index).cloned());
    items.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::Table;

    fn table(hashes: &[i64]) -> Table {
        let mut table = Table::new();
        for (item, hash) in hashes.iter().enumerate() {
            table.add(item, *hash);
        }
        table
    }

    #[test]
    fn small_ints_are_in_the_order_of_their_slots() {
        assert_eq!(table(&[3, 1, 2]).order(), [1, 2, 0]);
        assert_eq!(table(&[100, 8, 0]).order(), [1, 2, 0]);
    }

    #[test]
    fn a_copy_has_a_table_of_its_own_size() {
        // {100, 8, 0, -1, 17}, where hash(-1) is -2.
        let made = table(&[100, 8, 0, -2, 17]);
        assert_eq!(made.order(), [2, 0, 1, 4, 3]);
        let mut copy = Table::new();
        copy.merge(&made);
        assert_eq!(copy.order(), [2, 4, 0, 1, 3]);
    }

    #[test]
    fn removed_items_leave_their_slots_behind() {
        let mut made = table(&[1, 9]);
        made.discard(0);
        made.add(2, 2);
        made.add(3, 3);
        assert_eq!(made.order(), [2, 3, 1]);
    }
}
