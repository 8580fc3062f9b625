//! Published offsets: what live processes say is understood and agrees with
//! the tables, anything else is refused by the rule that it breaks.

mod live;

use live::{ASYNCIO_14, ASYNCIO_15, V3_13, V3_13T, V3_14, V3_15, debug_offsets};
use proptest::prelude::*;
use python_offsets::published::MAX_SIZE;
use python_offsets::{AsyncioDebug, AsyncioDebugError, Offset, Published, PublishedError, table};

/// Where words of the 3.14 struct are, behind its header.
const THREAD_SIZE: usize = 19;
const THREAD_NEXT: usize = 21;
const THREAD_INTERP: usize = 22;
const OBJECT_SIZE: usize = 47;

fn parse(version: u64, free_threaded: u64, words: &[u64]) -> Result<Published, PublishedError> {
    Published::parse(&debug_offsets(version, free_threaded, words))
}

fn parse_3_14(index: usize, value: u64) -> Result<Published, PublishedError> {
    let (version, free_threaded, mut words) = V3_14;
    words[index] = value;
    parse(version, free_threaded, &words)
}

fn asyncio(words: [u64; 13]) -> Result<AsyncioDebug, AsyncioDebugError> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    AsyncioDebug::parse(&bytes)
}

#[test]
fn live_processes_agree_with_the_tables() {
    let processes = [
        ("3.13", parse(V3_13.0, V3_13.1, &V3_13.2)),
        ("3.13", parse(V3_13T.0, V3_13T.1, &V3_13T.2)),
        ("3.14", parse(V3_14.0, V3_14.1, &V3_14.2)),
        ("3.15", parse(V3_15.0, V3_15.1, &V3_15.2)),
    ];
    for (minor, published) in processes {
        let published = published.expect("a live process");
        assert_eq!(published.minor, minor);
        let table = table(minor, published.free_threaded).expect("it has a table");
        let known = table.select(&published.overlay).expect("a known build");
        let mut layout = known.overlaid(&published.overlay).expect("a layout");
        // Sizes differ from build to build: a table need not know them.
        layout.runtime.size = known.runtime.size;
        layout.interp.size = known.interp.size;
        layout.thread.size = known.thread.size;
        assert_eq!(layout, known, "{minor}");
    }
}

#[test]
fn all_fields_are_there_by_their_own_name() {
    let published = parse(V3_15.0, V3_15.1, &V3_15.2).expect("a live process");
    assert_eq!(published.version, 0x030f_02f0);
    assert_eq!(published.all.len(), V3_15.2.len());
    assert_eq!(published.all["thread_state.datastack_chunk"], 256);
    assert_eq!(
        published.all["debugger_support.debugger_script_path_size"],
        512
    );
}

#[test]
fn fields_of_free_threading_are_absent_where_there_is_a_gil() {
    let gil = parse(V3_14.0, V3_14.1, &V3_14.2).expect("a live process");
    assert!(!gil.overlay.contains_key("code.co_tlbc"));
    assert!(!gil.overlay.contains_key("frame.tlbc_index"));
}

#[test]
fn bytes_behind_the_struct_do_not_matter() {
    let (version, free_threaded, words) = V3_14;
    let mut bytes = debug_offsets(version, free_threaded, &words);
    let published = Published::parse(&bytes);
    bytes.resize(MAX_SIZE, 0xfd);
    assert_eq!(Published::parse(&bytes), published);
}

#[test]
fn too_few_bytes_are_refused_at_any_length() {
    let (version, free_threaded, words) = V3_13;
    let bytes = debug_offsets(version, free_threaded, &words);
    for have in 0..bytes.len() {
        let refused = Published::parse(&bytes[..have]);
        match refused {
            Err(PublishedError::Cookie) => assert!(have < 8),
            Err(PublishedError::Truncated { need, .. }) => assert!(have < need),
            other => panic!("{have} bytes: {other:?}"),
        }
    }
}

#[test]
fn pre_releases_are_refused() {
    for level in [0xa1, 0xb4, 0xc2] {
        let version = 0x030f_0000 | level;
        let refused = parse(version, V3_15.1, &V3_15.2);
        assert_eq!(refused, Err(PublishedError::PreRelease { version }));
    }
}

#[test]
fn unknown_versions_are_refused() {
    for version in [0, 0x030c_01f0, 0x0310_00f0, 0x040e_00f0, u64::MAX] {
        let refused = parse(version, 0, &V3_15.2);
        assert_eq!(refused, Err(PublishedError::UnknownVersion { version }));
    }
}

#[test]
fn each_broken_rule_has_its_name() {
    let (version, _, words) = V3_14;
    assert_eq!(
        parse(version, 2, &words),
        Err(PublishedError::Flag { value: 2 })
    );
    assert_eq!(
        parse(version, 1, &words),
        Err(PublishedError::Header { size: 16 })
    );
    assert_eq!(
        parse_3_14(OBJECT_SIZE, 24),
        Err(PublishedError::Header { size: 24 })
    );
    let size = parse_3_14(THREAD_SIZE, 0);
    assert!(matches!(size, Err(PublishedError::Size { .. })), "{size:?}");
    let outside = parse_3_14(THREAD_INTERP, 832);
    assert!(
        matches!(outside, Err(PublishedError::Outside { size: 832, .. })),
        "{outside:?}"
    );
    let unaligned = parse_3_14(THREAD_INTERP, 20);
    assert!(
        matches!(unaligned, Err(PublishedError::Unaligned { .. })),
        "{unaligned:?}"
    );
    let (next, interp) = (words[THREAD_NEXT], "thread_state.interp".to_owned());
    assert_eq!(
        parse_3_14(THREAD_INTERP, next),
        Err(PublishedError::Overlapping {
            field: interp,
            other: "thread_state.next".to_owned(),
            value: next,
        })
    );
}

#[test]
fn asyncio_of_live_processes_agrees_with_the_tables() {
    for (minor, words) in [("3.14", ASYNCIO_14), ("3.15", ASYNCIO_15)] {
        let published = asyncio(words).expect("a live process");
        assert_eq!(published.object_size, 16);
        let table = table(minor, false).expect("it has a table");
        let known = table.select(&published.overlay).expect("a known build");
        assert_eq!(known.overlaid(&published.overlay), Ok(known));
    }
}

#[test]
fn asyncio_completes_a_build_that_the_table_does_not_know() {
    let mut words = ASYNCIO_14;
    words[7] += 64;
    words[8] += 64;
    let published = asyncio(words).expect("consistent");
    let table = table("3.14", false).expect("3.14 has a table");
    let base = table.select(&published.overlay).expect("the base");
    assert_eq!(base.interp.asyncio_tasks_head, None);
    let layout = base.overlaid(&published.overlay).expect("a layout");
    assert_eq!(layout.interp.asyncio_tasks_head, Some(Offset::new(10_944)));
    assert_eq!(layout.thread.asyncio_running_task, Some(Offset::new(872)));
}

#[test]
fn an_asyncio_that_contradicts_itself_is_refused() {
    for (index, rule) in [
        (0, "node ends the task"),
        (1, "name follows coro"),
        (2, "a header of 16 or 32 bytes lies in front"),
        (3, "is_task follows the state"),
        (4, "awaited_by_is_set follows is_task"),
        (5, "coro follows num_cancels and fut_waiter"),
        (6, "node follows the context"),
        (8, "interp.asyncio_tasks_head lies in the interpreter"),
        (11, "asyncio_running_task follows asyncio_running_loop"),
        (12, "thread.asyncio_tasks_head lies in the thread"),
    ] {
        let mut words = ASYNCIO_15;
        words[index] += 1;
        assert_eq!(
            asyncio(words),
            Err(AsyncioDebugError::Implausible { rule }),
            "{index}"
        );
    }
    assert!(asyncio([0; 13]).is_err());
    assert!(asyncio([u64::MAX; 13]).is_err());
    let short = AsyncioDebug::parse(&[0; 103]);
    assert_eq!(short, Err(AsyncioDebugError::Truncated { have: 103 }));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..1200)) {
        prop_assert!(Published::parse(&bytes).is_err());
        let mut cookie = b"xdebugpy\xf0\x0a\x0e\x03\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        cookie.extend(&bytes);
        prop_assert!(Published::parse(&cookie).is_err());
    }

    #[test]
    fn what_is_accepted_makes_a_layout_or_an_error(
        index in 0..V3_14.2.len(),
        value in prop_oneof![any::<u64>(), 0..4096_u64],
    ) {
        if let Ok(published) = parse_3_14(index, value) {
            let table = table("3.14", false).expect("3.14 has a table");
            let base = table.select(&published.overlay).expect("no task size is published");
            // Either is fine, as long as it is an answer.
            let _ = base.overlaid(&published.overlay);
        }
    }

    #[test]
    fn no_asyncio_makes_it_panic(words in prop::array::uniform13(prop_oneof![any::<u64>(), 0..2048_u64])) {
        let _ = asyncio(words);
    }
}
