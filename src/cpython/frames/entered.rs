//! Context managers that a frame has entered. `with` keeps the exit method of the
//! manager on the value stack of the frame.

use std::rc::Rc;

use python_offsets::FrameForm;

use super::code::Handler;
use super::frame::RawFrame;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::objects::kinds::Kind;
use crate::cpython::reader::{Reader, WORD, words};
use crate::model::FrameKind;

/// The methods that `with` and `async with` call at the end.
const EXIT_METHODS: [&str; 2] = ["__exit__", "__aexit__"];
/// Attribute with the generator of a `contextlib.contextmanager` (Lib/contextlib.py).
const GENERATOR_ATTRIBUTE: &str = "gen";
/// Attribute with the callbacks of a `contextlib.ExitStack` (Lib/contextlib.py).
const CALLBACKS_ATTRIBUTE: &str = "_exit_callbacks";
/// Maximum nesting of managers inside managers that is followed.
const MAX_NESTING: usize = 8;
/// Maximum number of values of one frame's stack.
const MAX_STACK: u64 = 4_096;

/// A context manager and the frame that entered it.
#[derive(Debug, Clone)]
pub struct EnteredManager {
    /// Address of the manager.
    pub manager: u64,
    /// The frame with the `with` statement.
    pub frame: RawFrame,
    /// Line of the `with`. `None` where the code does not tell it.
    pub line: Option<u32>,
}

/// Number of slots of an executing frame that are looked at.
const MAX_SLOTS: usize = 12;

impl Reader<'_> {
    /// The managers that `frame` has entered or is entering, outermost first. This
    /// includes managers inside generators of `contextlib.contextmanager` and on
    /// exit stacks. `executing` says whether the frame is on a thread's stack.
    ///
    /// # Errors
    /// When the value stack of the frame cannot be read.
    pub fn entered_managers(
        &self,
        frame: &RawFrame,
        executing: bool,
    ) -> Result<Vec<EnteredManager>> {
        let mut entered = Vec::new();
        self.collect_managers(frame, executing, 0, &mut entered)?;
        Ok(entered)
    }

    fn collect_managers(
        &self,
        frame: &RawFrame,
        executing: bool,
        depth: usize,
        entered: &mut Vec<EnteredManager>,
    ) -> Result<()> {
        if !executing && self.only_awaits(frame)? {
            return Ok(());
        }
        let values = self.stack_values(frame, executing)?;
        let mut handlers: Option<Rc<[Handler]>> = None;
        let mut values = (1u64..).zip(values);
        while let Some((mut depth_above, value)) = values.next() {
            let Some(value) = value else { continue };
            let Ok(ty) = self.type_of(value) else {
                continue;
            };
            let layout = &self.layout;
            let manager = match ty.kind {
                Kind::Method if self.is_exit(value) => {
                    self.pointer(layout.method.im_self.at(value), "im_self")?
                }
                Kind::Builtin if self.is_exit(value) => {
                    self.pointer(layout.builtin.m_self.at(value), "m_self")?
                }
                // From 3.14: the plain function, followed by the manager.
                Kind::Function | Kind::MethodDescriptor | Kind::Other
                    if (ty.kind != Kind::Other || self.is_cython_function(value))
                        && self.is_exit(value) =>
                {
                    depth_above += 1;
                    values.next().and_then(|(_, manager)| manager)
                }
                _ => None,
            };
            if let Some(manager) = manager {
                let handlers =
                    handlers.get_or_insert_with(|| self.handlers(frame).unwrap_or_default());
                let handler = handlers.iter().find(|handler| handler.depth == depth_above);
                let line = handler.and_then(|handler| {
                    self.code_position(&frame.at.code, handler.with_offset).line
                });
                let here = EnteredManager {
                    manager,
                    frame: frame.clone(),
                    line,
                };
                self.add_manager(here, depth, entered);
            }
        }
        Ok(())
    }

    fn add_manager(&self, here: EnteredManager, depth: usize, entered: &mut Vec<EnteredManager>) {
        let manager = here.manager;
        entered.push(here.clone());
        if depth >= MAX_NESTING {
            return;
        }
        if let Ok(Some(inner)) = self.attribute_object(manager, GENERATOR_ATTRIBUTE)
            && self.type_of(inner).is_ok_and(|ty| ty.is_generator_like())
            && let Ok(generator) = self.generator(inner)
            && let Ok(Some(inner)) = self.generator_frame(&generator)
            // Suspended at its `yield`, the generator is inside all managers that it
            // entered. At an `await` it may still be entering, and belongs to a
            // chain.
            && matches!(self.awaited(&generator, &inner), Ok(None))
        {
            // An error leaves out the managers of this generator only.
            let _ = self.collect_managers(&inner, false, depth + 1, entered);
        }
        if let Ok(Some(callbacks)) = self.attribute_object(manager, CALLBACKS_ATTRIBUTE)
            && let Ok((callbacks, _)) = self.deque_items(callbacks, self.limits.value_items)
        {
            for callback in callbacks {
                if let Some(inner) = self.exit_callback_owner(callback) {
                    let inner = EnteredManager {
                        manager: inner,
                        ..here.clone()
                    };
                    self.add_manager(inner, depth + 1, entered);
                }
            }
        }
    }

    /// The manager in an `(is_sync, bound method)` entry of an exit stack.
    fn exit_callback_owner(&self, entry: u64) -> Option<u64> {
        let (items, _) = self.tuple_items(entry, 2).ok()?;
        let method = *items.get(1)?;
        if !self.is_kind(method, Kind::Method) || !self.is_exit(method) {
            return None;
        }
        let at = self.layout.method.im_self.at(method);
        self.pointer(at, "im_self").ok()?
    }

    fn is_exit(&self, callable: u64) -> bool {
        // Python makes a method per object, so the few functions are cached.
        let function = match self.type_of(callable).map(|ty| ty.kind) {
            Ok(Kind::Method) => {
                let at = self.layout.method.im_func.at(callable);
                self.required(at, "im_func").unwrap_or(callable)
            }
            Ok(Kind::Function | Kind::MethodDescriptor) => callable,
            _ => return self.is_named_exit(callable),
        };
        if let Some(known) = self.exits.borrow().get(&function) {
            return *known;
        }
        let is_exit = self.is_named_exit(function);
        self.exits.borrow_mut().insert(function, is_exit);
        is_exit
    }

    fn is_named_exit(&self, callable: u64) -> bool {
        let name = match self.type_of(callable).map(|ty| ty.kind) {
            Ok(Kind::MethodDescriptor) => {
                let at = self.layout.descriptor.d_name.at(callable);
                let name = self.required(at, "d_name").and_then(|name| self.text(name));
                name.map(|name| name.to_string())
            }
            _ => self.callable_name(callable),
        };
        name.is_ok_and(|name| {
            let last = name.rsplit('.').next().unwrap_or(&name);
            EXIT_METHODS.contains(&last)
        })
    }

    /// The values on the stack of `frame`, deepest first. `None` for slots without
    /// an object. An executing frame saves no end of its stack, so only the values
    /// that its innermost exception handler relies on are included.
    ///
    /// # Errors
    /// When the stack cannot be read or is too deep.
    pub fn stack_values(&self, frame: &RawFrame, executing: bool) -> Result<Vec<Option<u64>>> {
        let base = self.stack_base(frame)?;
        let count = if executing {
            self.guarded_depth(frame)?
        } else {
            self.stack_top(frame)?
                .map_or(0, |top| top.saturating_sub(base) / WORD as u64)
        };
        if count > MAX_STACK {
            return Err(DecodeError::Corrupt {
                what: "depth of a value stack",
                addr: frame.addr,
            });
        }
        let bytes = self.bytes(base, count as usize * WORD)?;
        Ok(words(&bytes).map(|slot| self.untag(slot)).collect())
    }

    /// What stands in the slots for the stack of an executing frame, which saves no end of its
    /// stack: values, and remains of earlier ones. Empty where it cannot be read.
    pub fn stack_slots(&self, frame: &RawFrame) -> Vec<u64> {
        let slots = || -> Result<Vec<u64>> {
            let bytes = self.bytes(self.stack_base(frame)?, MAX_SLOTS * WORD)?;
            Ok(words(&bytes).filter_map(|slot| self.untag(slot)).collect())
        };
        slots().unwrap_or_default()
    }

    /// Whether the stack of a suspended coroutine holds only the awaited object.
    /// Then the coroutine is inside no `with`. False for other frames.
    ///
    /// # Errors
    /// When the stack cannot be located.
    pub fn only_awaits(&self, frame: &RawFrame) -> Result<bool> {
        if frame.at.code.frame_kind() != FrameKind::Coroutine {
            return Ok(false);
        }
        let base = self.stack_base(frame)?;
        // From 3.15 a value above the awaited object belongs to its iteration.
        let awaited = u64::from(self.layout.format.awaited_slot) * WORD as u64;
        Ok(self
            .stack_top(frame)?
            .is_none_or(|top| top <= base + awaited))
    }

    /// Address of the first slot of the value stack of the frame.
    pub(crate) fn stack_base(&self, frame: &RawFrame) -> Result<u64> {
        match self.layout.format.frame {
            FrameForm::Object => {
                let missing = DecodeError::NotInLayout {
                    what: "f_valuestack",
                };
                let at = self.layout.frame.valuestack.ok_or(missing)?.at(frame.addr);
                self.required(at, "f_valuestack")
            }
            FrameForm::Interpreter => {
                let missing = DecodeError::NotInLayout {
                    what: "co_nlocalsplus",
                };
                let slots = frame.at.code.slots.ok_or(missing)?;
                let slots = u64::try_from(slots).unwrap_or(0).min(MAX_STACK);
                Ok(self.layout.frame.localsplus.at(frame.addr) + slots * WORD as u64)
            }
        }
    }

    /// Number of values on the stack that the innermost exception handler around
    /// the frame's instruction relies on.
    fn guarded_depth(&self, frame: &RawFrame) -> Result<u64> {
        let handlers = self.handlers(frame)?;
        Ok(handlers.first().map_or(0, |handler| handler.depth))
    }
}
