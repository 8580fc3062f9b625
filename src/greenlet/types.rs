//! The classes whose objects are searched for in memory: greenlets, and what greenlets of
//! gevent wait in.

use super::{GREENLET, PACKAGE};
use crate::cpython::Reader;

/// Module and name of the base classes of what greenlets wait in (gevent 26.9,
/// `gevent/_abstract_linkable.py`, `gevent/queue.py`, `gevent/libev/corecext.pyx`,
/// `gevent/_ffi/watcher.py`). Not all of them exist in every version.
const WAITED_IN: [(&str, &str); 9] = [
    ("gevent._abstract_linkable", "AbstractLinkable"),
    ("gevent.lock", "RLock"),
    ("gevent.queue", "SimpleQueue"),
    ("gevent.queue", "Queue"),
    ("gevent.queue", "Channel"),
    ("gevent.libev.corecext", "watcher"),
    ("gevent.libev.corecext", "callback"),
    ("gevent._ffi.watcher", "watcher"),
    ("gevent._ffi.callback", "callback"),
];

/// Addresses of classes.
#[derive(Debug, Default)]
pub struct GreenletTypes {
    /// The classes of greenlets.
    pub greenlets: Vec<u64>,
    /// The classes of what greenlets wait in.
    pub waited_in: Vec<u64>,
}

impl Reader<'_> {
    /// The classes in the interpreter at `interp`. None if it has not imported greenlet.
    pub fn greenlet_types(&self, interp: u64) -> GreenletTypes {
        let mut types = GreenletTypes::default();
        let base = self
            .module_global(interp, PACKAGE, "greenlet")
            .ok()
            .flatten();
        let is_it = |ty: &u64| self.type_at(*ty).is_ok_and(|ty| &*ty.name == GREENLET);
        let Some(base) = base.filter(is_it) else {
            return types;
        };
        self.add_classes(base, &mut types.greenlets);
        for (module, name) in WAITED_IN {
            if let Ok(Some(class)) = self.module_global(interp, module, name) {
                self.add_classes(class, &mut types.waited_in);
            }
        }
        types
    }

    /// Adds the class at `class` and its subclasses.
    fn add_classes(&self, class: u64, to: &mut Vec<u64>) {
        let subclasses = self.subclasses(class).unwrap_or_default();
        for class in subclasses.into_iter().chain([class]) {
            if !to.contains(&class) && self.type_at(class).is_ok() {
                to.push(class);
            }
        }
    }
}
