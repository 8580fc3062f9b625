//! Titles and states of resources, made safe to print.

use crate::model::{Resource, describe};
use crate::plain_text;

/// Names longer than this are cut.
const NAME_COLUMNS: usize = 40;
/// Summaries of files are cut to this.
const FILE_COLUMNS: usize = 100;

/// `asyncio.Lock Account.lock`, `pool "io"`. Printable.
pub fn title(resource: &Resource) -> String {
    let columns = match resource.kind.is_file() {
        true => FILE_COLUMNS,
        false => NAME_COLUMNS,
    };
    describe::title_with(resource, |text| {
        plain_text::cut(&plain_text::name(text), columns).into_owned()
    })
}

/// The title and the state: `pool "io" (2/2 in use, 3 queued)`. Printable.
pub fn title_and_state(resource: &Resource) -> String {
    let title = title(resource);
    match describe::state(resource) {
        state if state.is_empty() => title,
        state => format!("{title} ({state})"),
    }
}
