//! The limits that scale with the process or with the options of a user.
//!
//! Bounds that belong to one decoder, such as the depth of one search, are
//! constants named `MAX_…` beside that decoder.

/// Default number of 4 KiB pages of a process that are kept: 512 MiB.
pub const PAGES: usize = 131_072;

/// Upper bounds for what is read from a process. A hostile or inconsistent
/// process cannot make a reader exceed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Pages of 4 KiB that are kept at the same time.
    pub pages: usize,
    /// Interpreters of one process.
    pub interpreters: usize,
    /// Thread states of one interpreter.
    pub threads: usize,
    /// Tasks of one process.
    pub tasks: usize,
    /// Frames of one stack or await chain.
    pub frames: usize,
    /// Entries of one container that are visited to find tasks, callbacks or names.
    pub items: usize,
    /// Slots of one hash table that are visited.
    pub table: usize,
    /// Code points of one name (of a file, function or task).
    pub text: usize,
    /// Bytes of one table, or of the byte code, of a code object.
    pub code: usize,
    /// Classes in one method resolution order.
    pub mro: usize,
    /// Objects in one list of the garbage collector.
    pub gc_objects: usize,
    /// Items of one container value that are printed.
    pub value_items: usize,
    /// Levels of one nested value that are printed.
    pub value_depth: usize,
    /// Characters of one text value that are printed.
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
