//! `sorted`, `min` and `max`.

use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, would_run};
use crate::evaluate::values::equality::Relation;
use crate::evaluate::values::operand::Operand;

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
        let mut sorted = self.merge_sort(keyed)?;
        self.check_order(&sorted)?;
        if reverse {
            sorted.reverse();
        }
        Ok(sorted.into_iter().map(|(_, item)| item).collect())
    }

    /// An error unless each item is less than the next or equal to it. CPython's
    /// order of items such as NaN depends on its algorithm.
    fn check_order(&self, sorted: &[(Operand, Operand)]) -> Result<()> {
        for pair in sorted.windows(2) {
            let (a, b) = (&pair[0].0, &pair[1].0);
            if !self.compare(Relation::Lt, a, b)? && !self.same_or_equal(a, b)? {
                return would_run("these items have no order (as NaN): they are not sorted here");
            }
        }
        Ok(())
    }

    /// A merge sort, because the standard library's sorts do not allow that a
    /// comparison fails.
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
