//! Locks, queues and pools that many tasks wait for.

use std::io;

use super::layout::{Para, Piece, Role, Row};
use super::{Page, grouped_digits, wait};
use crate::model::{Resource, describe::state};
use crate::report::describe;

/// Resources that are listed, those with most waiters first.
const MAX_LISTED: usize = 5;
/// Resources with no more waiters than this are not listed: the list of tasks
/// shows them well enough.
const FEW_WAITERS: usize = 8;

impl Page<'_, '_> {
    /// The resources that many wait for, without those that the first finding
    /// explains.
    pub(super) fn resources(&mut self) -> io::Result<()> {
        let first = self.process.diagnoses.first();
        let explained =
            |resource: &Resource| first.is_some_and(|first| first.resources.contains(&resource.id));
        let mut contended: Vec<&Resource> = (self.process.resources.iter())
            .filter(|resource| resource.waiters.len() > FEW_WAITERS && !explained(resource))
            .collect();
        if contended.is_empty() {
            return Ok(());
        }
        contended.sort_by_key(|resource| std::cmp::Reverse(resource.waiters.len()));
        self.heading("WAITED FOR", "by many")?;
        let rows: Vec<Row> = (contended.iter().take(MAX_LISTED))
            .map(|resource| self.resource_row(resource))
            .collect();
        self.rows(&rows)?;
        let more = contended.len().saturating_sub(MAX_LISTED);
        if more > 0 {
            let text = format!("and {} more (--json)", grouped_digits(more));
            self.para(&Para::words(Role::Dim, &text).indented(2))?;
        }
        Ok(())
    }

    fn resource_row(&self, resource: &Resource) -> Row {
        let mut note = Para::words(
            Role::Plain,
            &format!("{} wait", grouped_digits(resource.waiters.len())),
        );
        if !resource.holders.is_empty() {
            note.glue(Role::Plain, ",");
            note.say(Role::Dim, "held by");
            note.say(Role::Plain, &wait::names(&resource.holders, self.index));
        }
        Row {
            label: vec![Piece::new(Role::Name, describe::title(resource))],
            body: vec![Para::words(Role::Plain, &state(resource))],
            notes: vec![note],
            ..Row::default()
        }
    }
}
