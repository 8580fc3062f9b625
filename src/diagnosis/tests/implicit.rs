//! Code of the program that others call, under names that the program does not use: properties,
//! hooks of libraries and of the interpreter, values of context variables.

use std::sync::Arc;

use super::dynamic::{event, is_hung};
use crate::diagnosis::fixtures::World;
use crate::model::{Callables, Called, Referrer};

/// `early` waits, and then does `rest`; `other` is other code of the program.
fn world(other: &str, rest: &str) -> World {
    event(&format!(
        "{other}async def early(ready):\n    await asyncio.sleep(25)\n{rest}"
    ))
}

/// A class whose method ends the wait.
fn class(head: &str, method: &str) -> String {
    format!("{head}:\n    def {method}:\n        self.ready.set()\n")
}

#[test]
fn attributes_are_read_by_getters_and_patterns() {
    let property = class("class Source", "size(self)");
    let hangs = |rest: &str| is_hung(&world(&property, rest));
    assert!(!hangs(
        "    print(operator.attrgetter('file.size')(ready))\n"
    ));
    assert!(hangs(
        "    print(operator.attrgetter('file.name')(ready))\n"
    ));
    let case = |name: &str| {
        format!("    match ready:\n        case Source({name}=3):\n            print(3)\n")
    };
    assert!(!hangs(&case("size")));
    assert!(hangs(&case("name")));
}

#[test]
fn a_method_that_is_inherited_may_call_one_that_is_not() {
    let hangs = |base: &str, rest: &str| {
        let encoder = class(&format!("class Encoder({base})"), "default(self, value)");
        let mut world = world(&format!("import asyncio\n{encoder}"), rest);
        // A thread in code of a library may call all that extends one.
        world.process.threads.clear();
        world.process.loops.clear();
        is_hung(&world)
    };
    assert!(!hangs("JSONEncoder", "    print(ready.encode(1))\n"));
    assert!(hangs("object", "    print(ready.encode(1))\n"));
    assert!(hangs("JSONEncoder", "    print(ready)\n"));
}

#[test]
fn the_interpreter_calls_hooks() {
    let hook = class("class Audit", "heard(self, event, args)");
    let add = |by: &str| format!("{hook}def begin(audit):\n    sys.{by}(audit.heard)\n");
    let hangs = |other: &str| is_hung(&world(other, ""));
    assert!(!hangs(&add("addaudithook")));
    assert!(hangs(&hook));
    assert!(!hangs(&class("class Finder", "find_spec(self, name)")));
    assert!(hangs(&class("class Finder", "find(self, name)")));
}

#[test]
fn who_asks_uses_what_stands_for_the_standard_input() {
    let typed = class("class Typed", "readline(self)");
    let hangs = |place: &str| {
        is_hung(&world(
            &format!("{typed}def begin(typed):\n    {place} = typed\n"),
            "    input()\n",
        ))
    };
    assert!(!hangs("sys.stdin"));
    assert!(hangs("sys.source"));
}

#[test]
fn the_value_of_a_context_variable_may_be_anything() {
    let hangs = |of: &str, variable: &str| {
        let mut world = world(
            &format!("{variable}\n"),
            &format!("    {of}.get().ready.set()\n"),
        );
        world.refers("module:app", "event:ready", "request.ready");
        // Only the module has it.
        let references = Arc::make_mut(&mut world.process.references);
        references.retain(|it| it.from != Referrer::Item("task:early".into()));
        is_hung(&world)
    };
    assert!(!hangs("current", "current = ContextVar('current')"));
    assert!(!hangs(
        "current",
        "current: ContextVar = ContextVar('current')"
    ));
    assert!(hangs("settings", "current = ContextVar('current')"));
}

#[test]
fn what_gets_a_dictionary_may_call_what_is_in_it() {
    let hangs = |rest: &str| {
        let mut world = world("", rest);
        Arc::make_mut(&mut world.process.references)[0].through = Some(Callables {
            variable: "decoder".into(),
            path: ".options['object_hook']".into(),
            called: vec![Called::Library("set".into())],
        });
        is_hung(&world)
    };
    assert!(!hangs("    json.loads(text, **self.options)\n"));
    assert!(hangs("    json.loads(text, **self.other)\n"));
}

#[test]
fn a_function_of_globals_has_any_name() {
    let finish = "def cmd_finish(ready):\n    ready.set()\n";
    let hangs = |rest: &str| is_hung(&world(finish, rest));
    assert!(!hangs("    globals()['cmd_' + word](ready)\n"));
    assert!(hangs("    commands['cmd_' + word].print(ready)\n"));
}
