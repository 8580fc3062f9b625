//! Targets that try to deceive whoever reads the report.

use std::sync::Arc;

use super::*;
use crate::model::{Culprit, Diagnosis};

/// The bank with this text wherever the target has a say.
fn everywhere(text: &str) -> Process {
    let mut process = bank();
    process.command = vec![text.into()];
    process.threads[0].name = text.into();
    process.errors.push(text.into());
    for task in process.tasks_mut() {
        task.name = text.into();
        task.coroutine = text.into();
        task.error = Some(text.into());
        for frame in Arc::make_mut(&mut task.frames) {
            frame.qualname = text.into();
            frame.file = Some(text.into());
            frame.locals = Some(vec![Local {
                name: text.into(),
                type_name: text.into(),
                value: text.into(),
            }]);
        }
    }
    process.task_mut(0).waits_for = Some(fixtures::wait("future", text));
    for resource in Arc::make_mut(&mut process.resources) {
        resource.name = Some(text.into());
        resource.type_name = text.into();
        resource.taken_at[0].function = text.into();
    }
    process.verdict = fixtures::verdict("hung", text);
    let stuck = fixtures::diagnosis("deadlock-cycle", &["task:0x20", "task:0x30"], &[], 3);
    process.diagnoses = vec![
        Diagnosis {
            summary: text.into(),
            hint: Some(text.into()),
            culprit: Some(Culprit {
                file: text.into(),
                line: 1,
                function: text.into(),
                text: text.into(),
            }),
            ..stuck
        };
        2
    ];
    process
}

#[test]
fn names_cannot_fake_output() {
    let evil = "x\n  VERDICT  idle\u{1b}[2J\u{202e}\u{9b}1m\r";
    let wide = options(4_000);
    let full = Options {
        all_frames: true,
        ..wide.clone()
    };
    let all = [Choice {
        tasks: (0..6).collect(),
        threads: (0..2).collect(),
    }];
    for (options, chosen) in [(&wide, None), (&full, None), (&wide, Some(&all[..]))] {
        let show = |text: &str| {
            let styled = styled(everywhere(text), options, chosen);
            anstream::adapter::strip_str(&styled).to_string()
        };
        let text = show(evil);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\r']));
        let verdicts = text.lines().filter(|line| line.starts_with("VERDICT"));
        assert_eq!(verdicts.count(), usize::from(chosen.is_none()), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("  VERDICT")));
        let harmless = show(&"x".repeat(60));
        assert_eq!(text.lines().count(), harmless.lines().count(), "{text}");
    }
}
