//! Pools of which all places are taken while somebody waits for one.

use super::reason::without_numbers;
use crate::model::{IdMap, ItemId, Process, Resource, ResourceKind, describe};
use crate::plain_text::clean;

/// A pool that is at its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullPool {
    /// What it is: `pool "work"`.
    pub pool: String,
    /// How many places it has.
    pub limit: u64,
    /// How many wait for a place.
    pub waiting: u64,
}

/// What changed of one pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolChange {
    /// All places are taken, and somebody waits for one.
    Full(FullPool),
    /// Nobody waits for a place any more, or one is free.
    Free {
        /// What it is.
        pool: String,
    },
}

/// The pools that were at their limit, with what they are.
#[derive(Debug, Default)]
pub struct FullPools {
    full: IdMap<String>,
}

impl FullPools {
    /// What has changed since the look before. A look does not show pools that nobody uses.
    pub fn look(&mut self, process: &Process) -> Vec<PoolChange> {
        let pools = process.resources.iter();
        let now: Vec<(ItemId, FullPool)> = pools
            .filter_map(|pool| Some((pool.id, full(pool)?)))
            .collect();
        let titles = now.iter().map(|(id, found)| (*id, found.pool.clone()));
        let before = std::mem::replace(&mut self.full, titles.collect());
        let free = before.iter().filter(|(id, _)| !self.full.contains_key(*id));
        let free = free.map(|(_, pool)| PoolChange::Free { pool: pool.clone() });
        let begun = now.into_iter().filter(|(id, _)| !before.contains_key(id));
        let begun = begun.map(|(_, found)| PoolChange::Full(found));
        free.chain(begun).collect()
    }
}

/// The pool as one that is at its limit. `None` if it is no pool, or is not.
fn full(pool: &Resource) -> Option<FullPool> {
    let (used, limit) = used_of(pool)?;
    let waiting = waiting_for(pool);
    (limit > 0 && used >= limit && waiting > 0).then(|| FullPool {
        pool: title(pool),
        limit,
        waiting,
    })
}

/// How many places of a pool are taken, and how many it has. `None` for what is no pool.
pub(super) fn used_of(pool: &Resource) -> Option<(u64, u64)> {
    let number = |count: i64| u64::try_from(count).unwrap_or(0);
    Some((number(pool.used?), number(pool.limit?)))
}

/// How many wait for a place of a pool. Of an executor, that is its queued jobs: who waits for one of
/// them is no further one.
pub(super) fn waiting_for(pool: &Resource) -> u64 {
    // Of a pool of connections, the size is that of the free ones.
    let queued = match pool.kind {
        ResourceKind::Executor | ResourceKind::ProcessPool => pool.size,
        _ => None,
    };
    queued.unwrap_or(pool.waiters.len() as u64)
}

/// The name of a resource, without numbers.
pub(super) fn title(resource: &Resource) -> String {
    clean(&without_numbers(&describe::title(resource))).into_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::fixtures::{process, resource};

    fn with_pool(used: i64, waiters: usize) -> Process {
        let mut pool = resource("pool:0x10", "asyncpg.pool.Pool", "db");
        pool.kind = ResourceKind::Pool;
        (pool.used, pool.limit) = (Some(used), Some(2));
        pool.waiters = vec![ItemId::Task(16); waiters];
        let mut process = process("app.py");
        process.resources = Arc::new(vec![pool]);
        process
    }

    #[test]
    fn a_pool_is_told_once_it_is_full_and_once_it_is_not() {
        let mut pools = FullPools::default();
        assert_eq!(pools.look(&with_pool(1, 0)), []);
        // All places are taken, and nobody wants one.
        assert_eq!(pools.look(&with_pool(2, 0)), []);
        let told = pools.look(&with_pool(2, 3));
        assert!(
            matches!(&told[..], [PoolChange::Full(pool)] if (pool.limit, pool.waiting) == (2, 3)),
            "{told:?}"
        );
        assert_eq!(pools.look(&with_pool(2, 1)), []);
        let told = pools.look(&with_pool(1, 0));
        assert!(matches!(&told[..], [PoolChange::Free { .. }]), "{told:?}");
    }

    #[test]
    fn a_pool_that_nobody_uses_any_more_is_free() {
        let mut pools = FullPools::default();
        assert_eq!(pools.look(&with_pool(2, 3)).len(), 1);
        let told = pools.look(&process("app.py"));
        assert!(matches!(&told[..], [PoolChange::Free { .. }]), "{told:?}");
        assert_eq!(pools.look(&process("app.py")), []);
    }
}
