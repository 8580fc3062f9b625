//! The state of one evaluation: what it may still use, and its variables.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::refusal::{Refusal, Result, bounded};
use super::values::operand::Operand;
use super::{Bounds, Names};
use crate::cpython::Reader;

/// Levels of values inside values, and of calls of lambdas.
const DEEPEST: usize = 200;
/// Levels of expressions inside expressions, those of called lambdas included.
const NESTED: usize = 250;
/// Steps between two looks at the clock.
const LOOK_EVERY: u64 = 256;

/// Variables of comprehensions and lambdas, innermost last; the lambdas that
/// see them share them.
pub(super) type Scope = Vec<(Rc<str>, Rc<RefCell<Operand>>)>;

/// One evaluation.
pub(super) struct Machine<'r, 'm> {
    pub(super) source: &'r str,
    pub(super) reader: &'r Reader<'m>,
    pub(super) names: &'r Names,
    bounds: &'r Bounds,
    steps: Cell<u64>,
    bytes: Cell<usize>,
    depth: Cell<usize>,
    nesting: Cell<usize>,
    pub(super) inner: RefCell<Scope>,
    /// What `:=` bound.
    pub(super) walrus: RefCell<Scope>,
    /// Containers whose `repr` is being made.
    pub(super) printing: RefCell<Vec<u64>>,
    /// Minor version of the target: 13 of 3.13.
    pub(super) minor: u32,
}

impl<'r, 'm> Machine<'r, 'm> {
    pub(super) fn new(
        source: &'r str,
        reader: &'r Reader<'m>,
        names: &'r Names,
        bounds: &'r Bounds,
    ) -> Self {
        let minor = reader.layout.build.minor.trim_end_matches('t');
        let minor = minor.rsplit('.').next().and_then(|text| text.parse().ok());
        Self {
            source,
            reader,
            names,
            bounds,
            steps: Cell::new(bounds.steps),
            bytes: Cell::new(bounds.bytes),
            depth: Cell::new(0),
            nesting: Cell::new(0),
            inner: RefCell::default(),
            walrus: RefCell::default(),
            printing: RefCell::default(),
            minor: minor.unwrap_or(0),
        }
    }

    /// Counts one step.
    pub(super) fn step(&self) -> Result<()> {
        self.steps_of(1)
    }

    /// Counts steps.
    pub(super) fn steps_of(&self, count: u64) -> Result<()> {
        let left = self.steps.get();
        if left < count {
            self.steps.set(0);
            return bounded(format!(
                "it takes more than {} steps, which is the limit",
                self.bounds.steps
            ));
        }
        self.steps.set(left - count);
        if left % LOOK_EVERY < count {
            self.look()?;
        }
        Ok(())
    }

    fn look(&self) -> Result<()> {
        if let Some(cancelled) = &self.bounds.cancelled
            && cancelled.load(Ordering::Relaxed)
        {
            return Err(Refusal::Cancelled);
        }
        match self.bounds.deadline {
            Some(deadline) if Instant::now() > deadline => {
                bounded("it takes more time than is allowed")
            }
            _ => Ok(()),
        }
    }

    /// Counts bytes that are about to be made.
    pub(super) fn charge(&self, bytes: usize) -> Result<()> {
        match self.bytes.get().checked_sub(bytes) {
            Some(left) => {
                self.bytes.set(left);
                Ok(())
            }
            None => bounded(format!(
                "its value would need more than {} bytes, which is the limit",
                self.bounds.bytes
            )),
        }
    }

    /// Runs `work` with only a part of the steps that are left, so that what
    /// comes after an endless iterable still has some.
    pub(super) fn with_half<T>(&self, work: impl FnOnce() -> T) -> T {
        let kept = self.steps.get() / 2;
        self.steps.set(self.steps.get() - kept);
        let made = work();
        self.steps.set(self.steps.get() + kept);
        made
    }

    /// Runs `work` one level deeper.
    pub(super) fn deeper<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let depth = self.depth.get();
        if depth >= DEEPEST {
            return bounded(format!(
                "its values are nested deeper than {DEEPEST} levels"
            ));
        }
        self.depth.set(depth + 1);
        let made = work();
        self.depth.set(depth);
        made
    }

    /// Evaluates one level deeper in the syntax tree.
    pub(super) fn nested_in<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let nesting = self.nesting.get();
        if nesting >= NESTED {
            return bounded(format!(
                "it is nested deeper than {NESTED} levels, with the lambdas that it calls"
            ));
        }
        self.nesting.set(nesting + 1);
        let made = work();
        self.nesting.set(nesting);
        made
    }

    /// Runs `work` with more variables in scope.
    pub(super) fn with_scope<T>(&self, scope: Scope, work: impl FnOnce() -> T) -> T {
        let outer = self.inner.replace(scope);
        let made = work();
        self.inner.replace(outer);
        made
    }
}
