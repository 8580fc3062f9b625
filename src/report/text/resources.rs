//! Locks, queues and pools that somebody waits for.

use std::io;

use super::layout::{Para, Piece, Role, Row};
use super::{Page, wait};

/// Resources listed, those with most waiters first.
const SHOWN: usize = 20;

impl Page<'_, '_> {
    pub(super) fn resources(&mut self) -> io::Result<()> {
        let mut contended: Vec<_> = (self.process.resources.iter())
            .filter(|resource| !resource.waiters.is_empty())
            .collect();
        if contended.is_empty() {
            return Ok(());
        }
        contended.sort_by_key(|resource| std::cmp::Reverse(resource.waiters.len()));
        self.heading("WAITED FOR", "")?;
        let rows: Vec<Row> = (contended.iter().take(SHOWN))
            .map(|resource| {
                let mut notes = Vec::new();
                for (word, ids) in [
                    ("held by", &resource.holders),
                    ("waiting:", &resource.waiters),
                ] {
                    if !ids.is_empty() {
                        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                        let mut para = Para::words(Role::Dim, word);
                        para.say(Role::Plain, &wait::names(&ids, self.index));
                        notes.push(para);
                    }
                }
                Row {
                    label: vec![Piece::new(Role::Name, &resource.kind)],
                    body: vec![Para::words(Role::Plain, &resource.summary)],
                    notes,
                    ..Row::default()
                }
            })
            .collect();
        self.rows(&rows)?;
        let more = contended.len().saturating_sub(SHOWN);
        if more > 0 {
            let text = format!("and {} more (--json)", super::grouped_digits(more));
            self.para(&Para::words(Role::Dim, &text).indented(2))?;
        }
        Ok(())
    }
}
