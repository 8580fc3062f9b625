//! Locks, queues and pools that many wait for.

use std::io;

use arcstr::ArcStr;

use super::layout::{Para, Piece, Role, Row};
use super::{Page, grouped_digits, wait};
use crate::model::Resource;
use crate::report::describe;

/// Resources listed, those with most waiters first.
const SHOWN: usize = 5;
/// So many waiters are seen well enough in the list of tasks.
const FEW: usize = 8;

impl Page<'_, '_> {
    /// What many wait for, save what the first diagnosis is about.
    pub(super) fn resources(&mut self) -> io::Result<()> {
        let first = self.process.diagnoses.first();
        let explained =
            |resource: &Resource| first.is_some_and(|first| first.resources.contains(&resource.id));
        let mut contended: Vec<&Resource> = (self.process.resources.iter())
            .filter(|resource| resource.waiters.len() > FEW && !explained(resource))
            .collect();
        if contended.is_empty() {
            return Ok(());
        }
        contended.sort_by_key(|resource| std::cmp::Reverse(resource.waiters.len()));
        self.heading("WAITED FOR", "by many")?;
        let rows: Vec<Row> = (contended.iter().take(SHOWN))
            .map(|resource| self.resource_row(resource))
            .collect();
        self.rows(&rows)?;
        let more = contended.len().saturating_sub(SHOWN);
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
            let ids: Vec<&str> = resource.holders.iter().map(ArcStr::as_str).collect();
            note.glue(Role::Plain, ",");
            note.say(Role::Dim, "held by");
            note.say(Role::Plain, &wait::names(&ids, self.index));
        }
        Row {
            label: vec![Piece::new(Role::Name, describe::title(resource))],
            body: vec![Para::words(Role::Plain, &describe::state(resource))],
            notes: vec![note],
            ..Row::default()
        }
    }
}
