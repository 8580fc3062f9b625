//! `sorted`, `min` and `max`.

use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::Result;
use crate::evaluate::values::equality::Relation;
use crate::evaluate::values::operand::Operand;

/// Lists up to here are sorted by insertion (`binarysort`, Objects/listobject.c).
const SHORT: usize = 64;

impl Machine<'_, '_> {
    /// `items` in order, equal ones as they were.
    pub(crate) fn sorted(
        &self,
        items: Vec<Operand>,
        key: Option<&Operand>,
        reverse: bool,
    ) -> Result<Vec<Operand>> {
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            let sort_key = match key {
                Some(key) => self.call_value(key, vec![item.clone()])?,
                None => item.clone(),
            };
            keyed.push((sort_key, item));
        }
        // A sort that keeps the order of equal items also in reverse.
        if reverse {
            keyed.reverse();
        }
        let mut sorted = self.sort(keyed)?;
        if reverse {
            sorted.reverse();
        }
        Ok(sorted.into_iter().map(|(_, item)| item).collect())
    }

    /// Sorts as `list.sort` does: short lists by binary insertion behind the run
    /// that they begin with, which matters where items are not ordered (NaN).
    fn sort(&self, items: Vec<(Operand, Operand)>) -> Result<Vec<(Operand, Operand)>> {
        if items.len() >= SHORT {
            return self.merge_sort(items);
        }
        let less =
            |a: &(Operand, Operand), b: &(Operand, Operand)| self.compare(Relation::Lt, &a.0, &b.0);
        let mut sorted = items;
        let run = match self.minor {
            13.. => first_run(&mut sorted, &less)?,
            _ => first_run_to_312(&mut sorted, &less)?,
        };
        let rest = sorted.split_off(run);
        for item in rest {
            let (mut low, mut high) = (0, sorted.len());
            while low < high {
                let middle = low + (high - low) / 2;
                match sorted.get(middle) {
                    Some(known) if less(&item, known)? => high = middle,
                    _ => low = middle + 1,
                }
            }
            sorted.insert(low, item);
        }
        Ok(sorted)
    }

    /// Comparisons may fail, which the library's sorts do not allow.
    fn merge_sort(&self, items: Vec<(Operand, Operand)>) -> Result<Vec<(Operand, Operand)>> {
        let mut runs: Vec<Vec<_>> = items.into_iter().map(|item| vec![item]).collect();
        while runs.len() > 1 {
            let mut merged = Vec::with_capacity(runs.len() / 2 + 1);
            let mut rest = runs.into_iter();
            while let Some(first) = rest.next() {
                merged.push(match rest.next() {
                    Some(second) => self.merge(first, second)?,
                    None => first,
                });
            }
            runs = merged;
        }
        Ok(runs.pop().unwrap_or_default())
    }

    fn merge(
        &self,
        first: Vec<(Operand, Operand)>,
        second: Vec<(Operand, Operand)>,
    ) -> Result<Vec<(Operand, Operand)>> {
        let mut merged = Vec::with_capacity(first.len() + second.len());
        let (mut first, mut second) = (first.into_iter().peekable(), second.into_iter().peekable());
        while let (Some(a), Some(b)) = (first.peek(), second.peek()) {
            let taken = match self.compare(Relation::Lt, &b.0, &a.0)? {
                true => second.next(),
                false => first.next(),
            };
            merged.extend(taken);
        }
        merged.extend(first);
        merged.extend(second);
        Ok(merged)
    }

    /// The first of `items` that none is less (or greater) than.
    pub(crate) fn extreme(
        &self,
        items: Vec<Operand>,
        key: Option<&Operand>,
        relation: Relation,
    ) -> Result<Option<Operand>> {
        let mut best: Option<(Operand, Operand)> = None;
        for item in items {
            let sort_key = match key {
                Some(key) => self.call_value(key, vec![item.clone()])?,
                None => item.clone(),
            };
            let better = match &best {
                None => true,
                Some((known, _)) => self.compare(relation, &sort_key, known)?,
            };
            if better {
                best = Some((sort_key, item));
            }
        }
        Ok(best.map(|(_, item)| item))
    }
}

/// Whether the first is less than the second.
type Less<'l, T> = &'l dyn Fn(&T, &T) -> Result<bool>;

/// Whether the item at `at` is less than the one in front of it.
fn falls<T>(items: &[T], at: usize, less: Less<'_, T>) -> Result<bool> {
    match (
        at.checked_sub(1).and_then(|at| items.get(at)),
        items.get(at),
    ) {
        (Some(before), Some(item)) => less(item, before),
        _ => Ok(false),
    }
}

fn reverse<T>(items: &mut [T], from: usize, to: usize) {
    if let Some(part) = items.get_mut(from..to) {
        part.reverse();
    }
}

/// Makes what the list begins with ascend and says how long that is
/// (`count_run` to 3.12).
fn first_run_to_312<T>(items: &mut [T], less: Less<'_, T>) -> Result<usize> {
    if items.len() < 2 {
        return Ok(items.len());
    }
    let descending = falls(items, 1, less)?;
    let mut run = 2;
    while run < items.len() && falls(items, run, less)? == descending {
        run += 1;
    }
    if descending {
        reverse(items, 0, run);
    }
    Ok(run)
}

/// As `first_run_to_312`, with runs of equal items (`count_run` from 3.13).
fn first_run<T>(items: &mut [T], less: Less<'_, T>) -> Result<usize> {
    let count = items.len();
    let mut run = 1;
    while run < count && !falls(items, run, less)? {
        run += 1;
    }
    if run >= count {
        return Ok(count);
    }
    if run > 1 {
        if let (Some(first), Some(last)) = (items.first(), items.get(run - 1))
            && less(first, last)?
        {
            return Ok(run);
        }
        reverse(items, 0, run);
    }
    run += 1;
    let mut equal = 0;
    while run < count {
        if falls(items, run, less)? {
            reverse(items, run - equal - 1, run);
            equal = 0;
        } else if let (Some(before), Some(item)) = (items.get(run - 1), items.get(run))
            && less(before, item)?
        {
            break;
        } else {
            equal += 1;
        }
        run += 1;
    }
    reverse(items, run - equal - 1, run);
    reverse(items, 0, run);
    while run < count && !falls(items, run, less)? {
        run += 1;
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use crate::evaluate::builtins::sorting::*;

    #[test]
    fn runs_ascend_and_stay_stable() {
        let less: Less<'_, (u8, char)> = &|a, b| Ok(a.0 < b.0);
        for run in [first_run, first_run_to_312] {
            let mut items = vec![(1, 'a'), (2, 'a'), (2, 'b'), (1, 'b')];
            assert_eq!(run(&mut items, less).ok(), Some(3));
            let mut items = vec![(3, 'a'), (2, 'a'), (1, 'a')];
            assert_eq!(run(&mut items, less).ok(), Some(3));
            assert_eq!(items, [(1, 'a'), (2, 'a'), (3, 'a')]);
        }
        let mut items = vec![(2, 'a'), (2, 'b'), (1, 'a'), (1, 'b'), (0, 'a')];
        assert_eq!(first_run(&mut items, less).ok(), Some(5));
        assert_eq!(items, [(0, 'a'), (1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]);
    }
}
