//! Code of the program that others call, under names that the program does not use: properties,
//! hooks of libraries and of the interpreter, values of context variables.

use std::sync::Arc;

use super::dynamic::{event, is_hung};
use crate::diagnosis::fixtures::{APP, World};
use crate::model::{Callables, Called, Referrer, UserModule};

/// `early` waits, and then does `rest`; `other` is other code of the program.
fn world(other: &str, rest: &str) -> World {
    event(&format!(
        "{other}async def early(ready):\n    await asyncio.sleep(25)\n{rest}"
    ))
}

/// The same without the thread of a loop, whose code is a library's: it may call all values.
fn without_threads(other: &str, rest: &str) -> World {
    let mut world = world(other, rest);
    world.process.threads.clear();
    world.process.loops.clear();
    world
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
        is_hung(&without_threads(
            &format!("import asyncio\n{encoder}"),
            rest,
        ))
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

/// The same with these context variables in the module `app`, whose values were all found.
fn with_known_contexts(mut world: World, names: &[&str]) -> World {
    world.process.modules.push(UserModule {
        name: "app".into(),
        file: APP.into(),
        context_variables: names.iter().map(|it| (*it).into()).collect(),
        cached_functions: Vec::new(),
    });
    world
}

#[test]
fn a_context_variable_has_one_of_the_values_that_were_found() {
    let source = "current = ContextVar('current')\nother = ContextVar('other')\n";
    let hangs = |rest: &str, known: &[&str]| {
        let mut world = world(source, rest);
        world.refers("module:app", "event:ready", "current.get()");
        let references = Arc::make_mut(&mut world.process.references);
        references.retain(|it| it.from != Referrer::Item("task:early".into()));
        is_hung(&with_known_contexts(world, known))
    };
    let both = ["current", "other"];
    assert!(!hangs("    current.get().set()\n", &both));
    assert!(!hangs("    it = current.get()\n    it.set()\n", &both));
    assert!(hangs("    other.get().set()\n", &both));
    assert!(hangs("    it = other.get()\n    it.set()\n", &both));
    // It has another value by then.
    assert!(!hangs(
        "    other.set(make())\n    other.get().set()\n",
        &both
    ));
    assert!(!hangs("    other.get().set()\n", &["current"]));
    // Who keeps a context may run in it later.
    assert!(!hangs("    copy_context()\n    other.get().set()\n", &both));
}

#[test]
fn what_gets_a_dictionary_may_call_what_is_in_it() {
    let hangs = |rest: &str| {
        let mut world = world("", rest);
        Arc::make_mut(&mut world.process.references)[0].through = Some(Callables {
            variable: "decoder".into(),
            path: ".options['object_hook']".into(),
            class_file: None,
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

#[test]
fn a_table_may_have_any_function_if_its_code_looks_them_up_by_name() {
    let hooks = "def on_tick(ready):\n    ready.set()\n";
    let hangs = |made: &str| {
        let begin = format!("def begin(customer):\n    {made}\n");
        is_hung(&world(
            &format!("{hooks}{begin}"),
            "    self.hooks['on_tick'](ready)\n",
        ))
    };
    assert!(!hangs(
        "self.hooks = {k: getattr(customer, k) for k in dir(customer)}"
    ));
    assert!(!hangs("self.hooks = dict(vars(customer))"));
    assert!(hangs("self.hooks = {'a': getattr(customer, 'a')}"));
    // It is called at once, and not kept.
    assert!(hangs("getattr(customer, word)()"));
}

#[test]
fn an_attribute_that_is_set_by_a_name_may_be_any_function() {
    let hangs = |set: &str| {
        let make = "def make():\n    return lambda ready: ready.set()\n";
        let begin = format!("def begin(self):\n    {set}\n");
        let rest = "    self.hook(ready)\n";
        is_hung(&without_threads(&format!("{make}{begin}"), rest))
    };
    assert!(!hangs("setattr(self, 'hook', make())"));
    assert!(!hangs("setattr(self, name, make())"));
    assert!(hangs("setattr(self, 'other', make())"));
}

#[test]
fn code_that_was_loaded_by_hand_may_do_anything() {
    let hangs = |load: &str| {
        let begin = format!("def begin(spec):\n    {load}\n");
        is_hung(&world(&begin, "    self.plugin.tick(ready)\n"))
    };
    assert!(!hangs("spec.loader.exec_module(plugin)"));
    assert!(!hangs("exec(script, plugin.__dict__)"));
    assert!(hangs("spec.loader.find(plugin)"));
}

#[test]
fn a_stack_of_the_program_calls_what_it_was_given() {
    let hangs = |method: &str| {
        let scope = format!(
            "class Scope(AsyncExitStack):\n    def __init__(self, all):\n        for it in all:\n            \
             self.callback(it.{method})\n"
        );
        let early = "async def early(ready):\n    async with Scope(all):\n        await \
                     asyncio.sleep(25)\n        print()\n";
        is_hung(&event(&format!("{scope}{early}")))
    };
    assert!(!hangs("set"));
    assert!(hangs("is_set"));
}

#[test]
fn a_handler_in_a_variable_may_be_any_function_that_is_a_value() {
    let hangs = |register: &str| {
        let settings = class("class Settings", "reload(self, number, frame)");
        let begin = format!("def begin(settings):\n{register}\n");
        is_hung(&world(&format!("{settings}{begin}"), ""))
    };
    assert!(!hangs("    signal.signal(SIGHUP, settings.reload)"));
    assert!(!hangs(
        "    handler = settings.reload\n    signal.signal(SIGHUP, handler)"
    ));
    assert!(hangs("    signal.signal(SIGHUP, SIG_IGN)"));
}
