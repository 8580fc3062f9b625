//! The state of one evaluation: its budgets and its variables.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use python_offsets::{Behaviour, StaticTypes};

use super::refusal::{Refusal, Result, bounded};
use super::values::operand::Operand;
use super::{Bounds, Names};
use crate::cpython::Reader;

/// Levels of values inside values.
const MAX_VALUE_DEPTH: usize = 200;
/// Levels of expressions inside expressions.
const MAX_EXPRESSION_DEPTH: usize = 250;
/// Steps between two checks of the deadline.
const STEPS_PER_CHECK: u64 = 256;

/// Variables, the innermost last.
pub(crate) type Scope = Vec<(Rc<str>, Operand)>;

/// One evaluation.
pub(crate) struct Machine<'r, 'm> {
    pub(crate) source: &'r str,
    pub(crate) reader: &'r Reader<'m>,
    pub(crate) names: &'r Names,
    bounds: &'r Bounds,
    steps: Cell<u64>,
    bytes: Cell<usize>,
    value_depth: Cell<usize>,
    expression_depth: Cell<usize>,
    /// Variables of the comprehensions that are being evaluated.
    pub(crate) inner: RefCell<Scope>,
    /// Variables that `:=` bound.
    pub(crate) walrus: RefCell<Scope>,
    /// Addresses of the objects whose `repr` is being made.
    pub(crate) printing: RefCell<Vec<u64>>,
    pub(crate) static_types: StaticTypes,
    pub(crate) behaviour: Behaviour,
}

impl<'r, 'm> Machine<'r, 'm> {
    pub(crate) fn new(
        source: &'r str,
        reader: &'r Reader<'m>,
        names: &'r Names,
        bounds: &'r Bounds,
    ) -> Self {
        let minor = &reader.layout.build.minor;
        Self {
            source,
            reader,
            names,
            bounds,
            steps: Cell::new(bounds.steps),
            bytes: Cell::new(bounds.bytes),
            value_depth: Cell::new(0),
            expression_depth: Cell::new(0),
            inner: RefCell::default(),
            walrus: RefCell::default(),
            printing: RefCell::default(),
            static_types: StaticTypes::of(minor),
            behaviour: Behaviour::of(minor),
        }
    }

    /// Counts one step.
    pub(crate) fn step(&self) -> Result<()> {
        self.steps_of(1)
    }

    /// Counts steps.
    pub(crate) fn steps_of(&self, count: u64) -> Result<()> {
        let left = self.steps.get();
        if left < count {
            self.steps.set(0);
            return bounded(format!(
                "it takes more than {} steps, which is the limit",
                self.bounds.steps
            ));
        }
        self.steps.set(left - count);
        if left % STEPS_PER_CHECK < count {
            self.check_deadline()?;
        }
        Ok(())
    }

    fn check_deadline(&self) -> Result<()> {
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

    /// Counts bytes that are about to be allocated.
    pub(crate) fn charge(&self, bytes: usize) -> Result<()> {
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

    /// Runs `work` with half of the steps that are left, so that an endless
    /// iterable leaves some for what follows.
    pub(crate) fn with_half<T>(&self, work: impl FnOnce() -> T) -> T {
        let reserve = self.steps.get() / 2;
        self.steps.set(self.steps.get() - reserve);
        let made = work();
        self.steps.set(self.steps.get() + reserve);
        made
    }

    /// Runs `work` one level deeper in a value.
    pub(crate) fn deeper<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let refusal = || format!("its values are nested deeper than {MAX_VALUE_DEPTH} levels");
        within(&self.value_depth, MAX_VALUE_DEPTH, refusal, work)
    }

    /// Runs `work` one level deeper in the syntax tree.
    pub(crate) fn nested_in<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let refusal = || format!("it is nested deeper than {MAX_EXPRESSION_DEPTH} levels");
        within(&self.expression_depth, MAX_EXPRESSION_DEPTH, refusal, work)
    }
}

fn within<T>(
    depth: &Cell<usize>,
    max: usize,
    refusal: impl FnOnce() -> String,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let level = depth.get();
    if level >= max {
        return bounded(refusal());
    }
    depth.set(level + 1);
    let made = work();
    depth.set(level);
    made
}
