//! Fields of builtin objects that only the evaluation of expressions needs.

use python_offsets::Offset;

use super::kinds::Kind;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::Reader;

/// Fields of a function, see [`Reader::function_field`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionField {
    /// `__name__`
    Name,
    /// `__qualname__`
    Qualname,
    /// `__doc__`
    Doc,
    /// `__module__`
    Module,
    /// `__defaults__`
    Defaults,
    /// `__kwdefaults__`
    KeywordDefaults,
    /// `__code__`
    Code,
    /// `__globals__`
    Globals,
    /// `__closure__`
    Closure,
}

impl Reader<'_> {
    /// The references in these fields of the object at `addr`. 0 for null.
    fn references<const N: usize>(&self, addr: u64, fields: [Offset; N]) -> Result<[u64; N]> {
        let mut references = [0; N];
        for (reference, field) in references.iter_mut().zip(fields) {
            *reference = self.pointer(field.at(addr), "field")?.unwrap_or(0);
        }
        Ok(references)
    }

    fn reference(&self, addr: u64, field: Offset) -> Result<u64> {
        let [reference] = self.references(addr, [field])?;
        Ok(reference)
    }

    /// `start`, `stop` and `step` of the `range` at `addr`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn range_bounds(&self, addr: u64) -> Result<[u64; 3]> {
        let layout = &self.layout.range;
        self.references(addr, [layout.start, layout.stop, layout.step])
    }

    /// `start`, `stop` and `step` of the `slice` at `addr`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn slice_bounds(&self, addr: u64) -> Result<[u64; 3]> {
        let layout = &self.layout.slice;
        self.references(addr, [layout.start, layout.stop, layout.step])
    }

    /// `fget`, `fset` and `fdel` of the `property` at `addr`. 0 for those that it
    /// does not have.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn property_functions(&self, addr: u64) -> Result<[u64; 3]> {
        let layout = &self.layout.property;
        self.references(addr, [layout.prop_get, layout.prop_set, layout.prop_del])
    }

    /// The callable inside the `classmethod` or `staticmethod` at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn wrapped_callable(&self, addr: u64) -> Result<u64> {
        self.reference(addr, self.layout.class_method.cm_callable)
    }

    /// The mapping behind the `mappingproxy` at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn proxied_mapping(&self, addr: u64) -> Result<u64> {
        self.reference(addr, self.layout.mapping_proxy.mapping)
    }

    /// The dict of the view (`dict_keys`, `dict_values`, `dict_items`) at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn viewed_dict(&self, addr: u64) -> Result<u64> {
        self.reference(addr, self.layout.dict_view.dv_dict)
    }

    /// Real and imaginary part of the `complex` at `addr`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn complex(&self, addr: u64) -> Result<(f64, f64)> {
        let layout = &self.layout.complex;
        Ok((
            self.f64(layout.real.at(addr))?,
            self.f64(layout.imag.at(addr))?,
        ))
    }

    /// The contents of the `bytearray` at `addr`.
    ///
    /// # Errors
    /// When it is longer than `max` bytes or cannot be read.
    pub fn bytearray(&self, addr: u64, max: usize) -> Result<Vec<u8>> {
        self.expect_kind(addr, Kind::ByteArray, "bytearray")?;
        let size = self.i64(self.layout.object.ob_size.at(addr))?;
        let length = self.bounded("length of a bytearray", size, max)?;
        if length == 0 {
            return Ok(Vec::new());
        }
        let start = self.required(self.layout.bytearray.ob_start.at(addr), "ob_start")?;
        self.bytes(start, length)
    }

    /// Keys of the `collections.OrderedDict` at `addr` in its own order, from its
    /// linked list of nodes.
    ///
    /// # Errors
    /// When the list is longer than `max` or cannot be read.
    pub fn ordered_keys(&self, addr: u64, max: usize) -> Result<Vec<u64>> {
        let layout = &self.layout.ordered_dict;
        let mut next = self.pointer(layout.od_first.at(addr), "od_first")?;
        let mut keys = Vec::new();
        while let Some(node) = next {
            if keys.len() >= max {
                return Err(DecodeError::Limit {
                    what: "length of an OrderedDict",
                    value: keys.len() as u64 + 1,
                    limit: max as u64,
                });
            }
            keys.push(self.required(layout.node_key.at(node), "key of an OrderedDict")?);
            next = self.pointer(layout.node_next.at(node), "next key of an OrderedDict")?;
        }
        Ok(keys)
    }

    /// The `default_factory` of the `collections.defaultdict` at `addr`. `None` if
    /// it has none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn default_factory(&self, addr: u64) -> Result<Option<u64>> {
        let field = self.layout.default_dict.default_factory;
        self.pointer(field.at(addr), "default_factory")
    }

    /// The tuple of bases of the type at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn type_bases(&self, addr: u64) -> Result<Option<u64>> {
        self.pointer(self.layout.type_object.tp_bases.at(addr), "tp_bases")
    }

    /// The method resolution order of the type at `addr`, a tuple.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn type_mro(&self, addr: u64) -> Result<Option<u64>> {
        self.pointer(self.layout.type_object.tp_mro.at(addr), "tp_mro")
    }

    /// `__traceback__`, `__context__` and `__cause__` of the exception at `addr`.
    /// `None` for those that it does not have.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn exception_links(&self, addr: u64) -> Result<[Option<u64>; 3]> {
        let layout = &self.layout.exception;
        Ok([
            self.pointer(layout.traceback.at(addr), "traceback")?,
            self.pointer(layout.context.at(addr), "context")?,
            self.pointer(layout.cause.at(addr), "cause")?,
        ])
    }

    /// A field of the function at `addr`. `None` if it is null.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn function_field(&self, addr: u64, field: FunctionField) -> Result<Option<u64>> {
        let layout = &self.layout.function;
        let offset = match field {
            FunctionField::Name => layout.func_name,
            FunctionField::Qualname => layout.func_qualname,
            FunctionField::Doc => layout.func_doc,
            FunctionField::Module => layout.func_module,
            FunctionField::Defaults => layout.func_defaults,
            FunctionField::KeywordDefaults => layout.func_kwdefaults,
            FunctionField::Code => layout.func_code,
            FunctionField::Globals => layout.func_globals,
            FunctionField::Closure => layout.func_closure,
        };
        self.pointer(offset.at(addr), "field of a function")
    }
}
