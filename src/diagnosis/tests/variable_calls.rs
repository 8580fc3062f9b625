//! Calls of variables whose values were seen.

use super::dynamic::{event, is_hung};
use crate::model::{Called, VariableCall};

/// Whether `late` hangs where `early` calls `path`, which has `called`. `changes` stands in another
/// function of the class.
fn hangs(path: &str, called: Option<Called>, changes: &str) -> bool {
    let source = format!(
        "\
class Poller:
    def __init__(self, call):
        self.call = call
    def change(self):
        {changes}
    def open_gate(self, ready):
        ready.set()
    def look(self, ready):
        return ready.is_set()
    async def early(self, ready, call):
        await asyncio.sleep(25)
        {path}()
def start(given):
    Poller(given.open_gate)
    Poller(given.look)
"
    );
    let mut world = event(&source);
    // The thread of the loop has no frames here, so that it might call anything.
    world.process.threads.clear();
    let line = 1
        + source
            .lines()
            .position(|it| it.contains("def early"))
            .unwrap() as u32
        + 2;
    let file = world.process.tasks[0].frames[0].file.clone().unwrap();
    if let Some(called) = called {
        world.process.variable_calls = [VariableCall {
            file,
            function: "early".into(),
            line,
            path: path.into(),
            called: vec![called],
        }]
        .into();
    }
    is_hung(&world)
}

fn own(name: &str, line: u32) -> Option<Called> {
    Some(Called::Own {
        name: format!("Poller.{name}").into(),
        file: crate::diagnosis::fixtures::APP.into(),
        // After the two lines of the main function.
        line: Some(line + 2),
        is_generator: false,
    })
}

#[test]
fn a_parameter_is_what_was_seen() {
    assert!(!hangs("call", None, "pass"));
    assert!(hangs("call", own("look", 8), "pass"));
    assert!(!hangs("call", own("open_gate", 6), "pass"));
    assert!(hangs(
        "call",
        Some(Called::Library("Queue.qsize".into())),
        "pass"
    ));
    assert!(!hangs(
        "call",
        Some(Called::Library("Event.set".into())),
        "pass"
    ));
    assert!(!hangs("call", Some(Called::Unknown), "pass"));
}

#[test]
fn an_attribute_is_what_was_seen_unless_it_is_set_later() {
    assert!(!hangs("self.call", None, "pass"));
    assert!(hangs("self.call", own("look", 8), "pass"));
    assert!(!hangs("self.call", own("open_gate", 6), "pass"));
    assert!(!hangs(
        "self.call",
        own("look", 8),
        "self.call = self.open_gate"
    ));
    assert!(!hangs(
        "self.call",
        own("look", 8),
        "setattr(self, name, self.open_gate)"
    ));
}
