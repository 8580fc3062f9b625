//! The order in which CPython iterates a set that it made of these items
//! (Objects/setobject.c).

use super::machine::Machine;
use super::operand::Operand;

/// Slots that are looked at behind the first before the next hash.
const PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
const SMALLEST: usize = 8;

impl Machine<'_, '_> {
    /// `items`, which differ from each other, in Python's order; as they are
    /// where a hash differs from process to process.
    pub(super) fn in_set_order(&self, items: Vec<Operand>) -> Vec<Operand> {
        let hashes: Option<Vec<i64>> = items.iter().map(|item| self.stable_hash(item)).collect();
        let Some(hashes) = hashes else {
            return items;
        };
        order(&hashes)
            .into_iter()
            .filter_map(|index| items.get(index).cloned())
            .collect()
    }
}

/// The order of items with these hashes, added one by one.
fn order(hashes: &[i64]) -> Vec<usize> {
    let mut table: Vec<Option<usize>> = vec![None; SMALLEST];
    for (used, index) in (0..hashes.len()).enumerate() {
        place(&mut table, hashes, index);
        let (fill, mask) = (used + 1, table.len() - 1);
        if fill * 5 >= mask * 3 {
            let wanted = if fill > 50_000 { fill * 2 } else { fill * 4 };
            let mut size = SMALLEST;
            while size <= wanted {
                size *= 2;
            }
            let old = std::mem::replace(&mut table, vec![None; size]);
            for index in old.into_iter().flatten() {
                place(&mut table, hashes, index);
            }
        }
    }
    table.into_iter().flatten().collect()
}

fn place(table: &mut [Option<usize>], hashes: &[i64], index: usize) {
    let mask = table.len() - 1;
    let hash = hashes.get(index).copied().unwrap_or_default() as u64;
    let mut perturb = hash;
    let mut at = hash as usize & mask;
    loop {
        let probes = if at + PROBES <= mask { PROBES } else { 0 };
        let slots = table.get_mut(at..=at + probes).into_iter().flatten();
        if let Some(free) = slots.into_iter().find(|slot| slot.is_none()) {
            *free = Some(index);
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

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn small_ints_are_in_the_order_of_their_slots() {
        assert_eq!(order(&[3, 1, 2]), [1, 2, 0]);
        assert_eq!(
            order(&[100, 8, 0]),
            [1, 2, 0].map(|at| [2, 1, 0][at]).map(|at| at).to_vec()
        );
    }
}
