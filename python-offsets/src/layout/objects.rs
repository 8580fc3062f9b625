//! Builtin objects: types, containers, numbers, text, callables.

use serde::{Deserialize, Serialize};

use super::{Offset, Size};

/// `PyObject` and `PyVarObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    pub size: Size,
    /// `None` in free-threaded builds, which have two counts.
    pub ob_refcnt: Option<Offset>,
    /// Free-threaded builds only: references of the thread that owns the object.
    pub ob_ref_local: Option<Offset>,
    /// Free-threaded builds only: references of all other threads, above two
    /// bits of flags.
    pub ob_ref_shared: Option<Offset>,
    pub ob_type: Offset,
    pub ob_size: Offset,
}

/// `PyTypeObject` and `PyHeapTypeObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TypeObject {
    pub tp_name: Offset,
    pub tp_basicsize: Offset,
    pub tp_itemsize: Offset,
    pub tp_flags: Offset,
    pub tp_weaklistoffset: Offset,
    pub tp_dict: Offset,
    pub tp_dictoffset: Offset,
    pub tp_bases: Offset,
    pub tp_mro: Offset,
    pub tp_subclasses: Offset,
    pub ht_qualname: Offset,
    pub ht_cached_keys: Offset,
}

/// `PyTupleObject`, `PyListObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Items {
    pub ob_item: Offset,
}

/// `PyBytesObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    pub ob_sval: Offset,
}

/// `PyByteArrayObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ByteArray {
    /// Pointer to the first byte.
    pub ob_start: Offset,
}

/// `PyASCIIObject`, `PyCompactUnicodeObject`, `PyUnicodeObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unicode {
    pub length: Offset,
    pub state: Offset,
    /// Size of `PyASCIIObject`, which the text of a compact ASCII `str` follows.
    pub ascii_size: Size,
    /// Size of `PyCompactUnicodeObject`, which the text of any other compact
    /// `str` follows.
    pub compact_size: Size,
    /// Lowest of the three bits of the kind in the `u32` at `state`.
    pub kind_shift: u32,
    /// Bit `compact` of the `u32` at `state`.
    pub compact_shift: u32,
    /// Bit `ascii` of the `u32` at `state`.
    pub ascii_shift: u32,
    /// Pointer to the text of a `str` that is not compact.
    pub data: Offset,
}

/// `PyLongObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Long {
    /// `lv_tag`, or `ob_size` in [`IntForm::SignedSize`](super::IntForm::SignedSize).
    pub tag: Offset,
    pub ob_digit: Offset,
}

/// `PyFloatObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Float {
    pub ob_fval: Offset,
}

/// `PyComplexObject.cval`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Complex {
    pub real: Offset,
    pub imag: Offset,
}

/// `rangeobject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    pub start: Offset,
    pub stop: Offset,
    pub step: Offset,
}

/// `PySliceObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    pub start: Offset,
    pub stop: Offset,
    pub step: Offset,
}

/// `PyDictObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Dict {
    pub ma_used: Offset,
    pub ma_keys: Offset,
    pub ma_values: Offset,
}

/// `PyDictKeysObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DictKeys {
    /// To 3.10.
    pub dk_size: Option<Offset>,
    /// From 3.11.
    pub dk_log2_index_bytes: Option<Offset>,
    pub dk_kind: Option<Offset>,
    pub dk_nentries: Offset,
    pub dk_indices: Offset,
}

/// `PyDictKeyEntry`, and `PyDictUnicodeEntry` from 3.11.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DictEntry {
    pub size: Size,
    pub me_key: Offset,
    pub me_value: Offset,
    /// From 3.11: entries of tables whose keys are all `str`.
    pub unicode_size: Option<Size>,
    pub unicode_me_key: Option<Offset>,
    pub unicode_me_value: Option<Offset>,
}

/// `_PyDictViewObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DictView {
    pub dv_dict: Offset,
}

/// `PyODictObject` and its `_ODictNode`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OrderedDict {
    pub od_first: Offset,
    pub node_key: Offset,
    pub node_next: Offset,
}

/// `defdictobject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultDict {
    pub default_factory: Offset,
}

/// Instance attributes that `tp_dictoffset` does not locate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// From 3.11: pointer to the dict, in bytes from the object; negative.
    pub managed_dict: Option<i32>,
    /// 3.11: pointer to the values, in bytes from the object; negative.
    pub values: Option<i32>,
    /// The first value in `PyDictValues`.
    pub first_value: Offset,
    /// From 3.13: the byte of `PyDictValues` that is non-zero while its values are in use.
    pub valid: Option<Offset>,
}

/// `PySetObject` and its `setentry`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    pub used: Offset,
    pub mask: Offset,
    pub table: Offset,
    /// `sizeof(setentry)`.
    pub entry_size: Size,
    pub entry_key: Offset,
    pub entry_hash: Offset,
}

/// `dequeobject` and its `BLOCK`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Deque {
    pub leftblock: Offset,
    pub leftindex: Offset,
    pub maxlen: Offset,
    pub block_data: Offset,
    pub block_right: Offset,
    /// Items in one block.
    pub block_length: u32,
}

/// `PyMethodObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    pub im_func: Offset,
    pub im_self: Offset,
}

/// `PyCFunctionObject`. `ml_name` is the first field of the `PyMethodDef` at `m_ml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Builtin {
    pub m_ml: Offset,
    pub m_self: Offset,
}

/// `PyMemberDescrObject`, `PyMethodDescrObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// `d_member` or `d_method`.
    pub d_member: Offset,
    /// `PyMemberDef.type`.
    pub member_type: Offset,
    /// `PyMemberDef.offset`.
    pub member_offset: Offset,
    /// Name of a descriptor of any kind.
    pub d_name: Offset,
}

/// `propertyobject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    pub prop_get: Offset,
    pub prop_set: Offset,
    pub prop_del: Offset,
}

/// `classmethod`. `staticmethod` has the same shape.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClassMethod {
    pub cm_callable: Offset,
}

/// `mappingproxyobject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MappingProxy {
    pub mapping: Offset,
}

/// `PyFunctionObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    pub func_code: Offset,
    pub func_name: Offset,
    pub func_qualname: Offset,
    pub func_doc: Offset,
    pub func_module: Offset,
    pub func_defaults: Offset,
    pub func_kwdefaults: Offset,
    pub func_closure: Offset,
    pub func_globals: Offset,
}

/// `PyCellObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    pub ob_ref: Offset,
}

/// `partialobject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    #[serde(rename = "fn")]
    pub func: Offset,
    pub args: Offset,
    pub kw: Offset,
}

/// `PyContext` and `PyContextVar` (Include/internal/pycore_context.h).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// The variables of a context, a `PyHamtObject`.
    pub vars: Offset,
    /// The default of a context variable.
    pub var_default: Offset,
}

/// `PyHamtObject`, a mapping that never changes, and its nodes (Python/hamt.c).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hamt {
    pub root: Offset,
    /// Keys and values in turn; under a key that is NULL stands a node.
    pub bitmap_items: Offset,
    /// Nodes, or NULL.
    pub array_items: Offset,
    pub array_length: u32,
    /// Keys and values in turn.
    pub collision_items: Offset,
}

/// `lru_cache_object` and its `lru_list_elem` (Modules/_functoolsmodule.c).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LruCache {
    /// A dict of results, or of links with them where their number is bounded.
    pub cache: Offset,
    pub link_result: Offset,
}

/// `PyWeakReference`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Weakref {
    pub wr_object: Offset,
}

/// `PyModuleObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    pub md_dict: Offset,
    pub md_state: Offset,
}

/// `PyBaseExceptionObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    pub args: Offset,
    pub traceback: Offset,
    pub context: Offset,
    pub cause: Offset,
}
