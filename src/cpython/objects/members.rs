//! Members of C structures that Python code can read, as `PyMemberDef`
//! describes them; `__slots__` are stored this way.

use crate::cpython::error::Result;
use crate::cpython::reader::Reader;

/// The values of `PyMemberDef.type` that are decoded (Include/structmember.h,
/// from 3.12 Include/descrobject.h with `Py_T_` in front).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
#[allow(non_camel_case_types, reason = "CPython's own names")]
enum MemberType {
    T_INT = 1,
    T_LONG = 2,
    T_DOUBLE = 4,
    /// A null reference reads as `None`.
    T_OBJECT = 6,
    T_BYTE = 8,
    T_UBYTE = 9,
    T_UINT = 11,
    T_BOOL = 14,
    /// A null reference is no attribute.
    T_OBJECT_EX = 16,
    T_LONGLONG = 17,
    T_PYSSIZET = 19,
}

impl MemberType {
    const ALL: [Self; 11] = [
        Self::T_INT,
        Self::T_LONG,
        Self::T_DOUBLE,
        Self::T_OBJECT,
        Self::T_BYTE,
        Self::T_UBYTE,
        Self::T_UINT,
        Self::T_BOOL,
        Self::T_OBJECT_EX,
        Self::T_LONGLONG,
        Self::T_PYSSIZET,
    ];

    fn of(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|known| *known as i32 == number)
    }
}

/// The value of a member.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Member {
    /// A reference to the object at this address.
    Object(u64),
    /// A null reference that reads as `None`.
    None,
    /// A null reference that is no attribute: an unset slot.
    Unset,
    /// A whole number.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// A floating-point number.
    Float(f64),
    /// A member of a type that is not decoded.
    Other,
}

impl Reader<'_> {
    /// The value that the member descriptor at `member` reads from the object at
    /// `addr`.
    ///
    /// # Errors
    /// When the descriptor or the value cannot be read.
    pub fn member_value(&self, addr: u64, member: u64) -> Result<Member> {
        let (member_type, at) = self.member_location(addr, member)?;
        let Some(member_type) = MemberType::of(member_type) else {
            return Ok(Member::Other);
        };
        Ok(match member_type {
            MemberType::T_OBJECT => self
                .pointer(at, "slot")?
                .map_or(Member::None, Member::Object),
            MemberType::T_OBJECT_EX => self
                .pointer(at, "slot")?
                .map_or(Member::Unset, Member::Object),
            MemberType::T_INT => Member::Int(self.i32(at)?.into()),
            MemberType::T_LONG | MemberType::T_LONGLONG | MemberType::T_PYSSIZET => {
                Member::Int(self.i64(at)?)
            }
            MemberType::T_DOUBLE => Member::Float(self.f64(at)?),
            MemberType::T_BYTE => Member::Int(self.i8(at)?.into()),
            MemberType::T_UBYTE => Member::Int(self.u8(at)?.into()),
            MemberType::T_UINT => Member::Int(self.u32(at)?.into()),
            MemberType::T_BOOL => Member::Bool(self.u8(at)? != 0),
        })
    }

    /// The object that the member descriptor at `member` reads from the object at
    /// `addr`. `None` if the member is unset or holds no object.
    pub(super) fn member_object(&self, addr: u64, member: u64) -> Result<Option<u64>> {
        let (member_type, at) = self.member_location(addr, member)?;
        match MemberType::of(member_type) {
            Some(MemberType::T_OBJECT | MemberType::T_OBJECT_EX) => self.pointer(at, "slot"),
            _ => Ok(None),
        }
    }

    /// `PyMemberDef.type` of the descriptor at `member`, and the address of the
    /// member in the object at `addr`.
    fn member_location(&self, addr: u64, member: u64) -> Result<(i32, u64)> {
        let layout = &self.layout.descriptor;
        let definition = self.required(layout.d_member.at(member), "d_member")?;
        let member_type = self.i32(layout.member_type.at(definition))?;
        let offset = self.i64(layout.member_offset.at(definition))?;
        Ok((member_type, addr.wrapping_add_signed(offset)))
    }
}
