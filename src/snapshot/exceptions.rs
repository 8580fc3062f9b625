//! Makes the exceptions of finished tasks.

use super::tasks::Tasks;
use crate::cpython::Kind;
use crate::cpython::error::Result;
use crate::model::ExceptionInfo;

impl Tasks<'_, '_> {
    /// The exception at `exception`.
    pub(super) fn exception(&self, exception: u64, log_traceback: bool) -> ExceptionInfo {
        let reader = self.reader;
        let type_name = reader
            .type_of(exception)
            .map_or_else(|_| "?".into(), |ty| reader.full_type_name(&ty).to_string());
        let at = exception + u64::from(reader.layout.exception.traceback);
        let traceback = reader.pointer(at, "__traceback__").ok().flatten();
        ExceptionInfo {
            message: self
                .exception_message(exception)
                .unwrap_or_else(|error| format!("<unreadable: {error}>")),
            type_name,
            retrieved: !log_traceback,
            frames: traceback
                .map(|traceback| self.frames.stack(&reader.traceback_frames(traceback)).0)
                .unwrap_or_default(),
        }
    }

    /// The text of `str(exception)` for classes that do not override `__str__`
    /// (`BaseException_str` and `OSError_str`, Objects/exceptions.c).
    fn exception_message(&self, exception: u64) -> Result<String> {
        let reader = self.reader;
        let at = exception + u64::from(reader.layout.exception.args);
        let args = reader.required(at, "args")?;
        let (items, _) = reader.tuple_items(args, reader.limits.value_items)?;
        let derives_from = |name: &str| {
            let ty = reader.type_of(exception)?;
            let mut names = ty
                .mro
                .iter()
                .filter_map(|class| reader.type_at(*class).ok());
            Ok::<bool, crate::cpython::DecodeError>(names.any(|class| &*class.name == name))
        };
        Ok(match items.as_slice() {
            [] => String::new(),
            [one] if reader.is_kind(*one, Kind::Str) && !derives_from("KeyError")? => {
                let text = reader.unicode(*one, reader.limits.text)?;
                if text.cut {
                    format!("{}…", text.text)
                } else {
                    text.text
                }
            }
            [one] => reader.value(*one).to_string(),
            [number, text, ..] if derives_from("OSError")? && reader.is_kind(*text, Kind::Str) => {
                format!("[Errno {}] {}", reader.value(*number), reader.text(*text)?)
            }
            _ => reader.value(args).to_string(),
        })
    }
}
