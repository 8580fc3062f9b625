//! The one place that bounds what a hostile or torn target can make us do.

/// Pages of 4 KiB that are kept of a process unless asked otherwise: 512 MiB.
pub const PAGES: usize = 131_072;

/// Upper bounds for everything that is read from a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Pages of 4 KiB that are kept at a time.
    pub pages: usize,
    /// Interpreters of one process.
    pub interpreters: usize,
    /// Thread states of one interpreter.
    pub threads: usize,
    /// Tasks of one process.
    pub tasks: usize,
    /// Frames of one stack or await chain.
    pub frames: usize,
    /// Entries of one container that are visited to find tasks, callbacks, names.
    pub items: usize,
    /// Slots of one hash table that are visited.
    pub table: usize,
    /// Bytes of one text that names something (file, function, task).
    pub text: usize,
    /// Bytes of one table or code string of a code object.
    pub code: usize,
    /// Classes in one method resolution order.
    pub mro: usize,
    /// Objects on one of the collector's lists.
    pub gc_objects: usize,
    /// Items shown of one container value.
    pub value_items: usize,
    /// Levels shown of one nested value.
    pub value_depth: usize,
    /// Characters shown of one text value.
    pub value_text: usize,
    /// Bytes of one printed value.
    pub value_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pages: PAGES,
            interpreters: 1_024,
            threads: 65_536,
            tasks: 4_000_000,
            frames: 20_000,
            items: 4_000_000,
            table: 64_000_000,
            text: 4_096,
            code: 16 << 20,
            mro: 1_024,
            gc_objects: 20_000_000,
            value_items: 100,
            value_depth: 4,
            value_text: 1_024,
            value_bytes: 8_192,
        }
    }
}
