//! What builtin operations answer differently from one minor version to another.

/// How `sum` adds floats (`builtin_sum_impl`, Python/bltinmodule.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloatSum {
    /// One after the other, to 3.11.
    Plain,
    /// With compensation for rounding, 3.12 and 3.13.
    Compensated,
    /// With compensation, also for ints among the floats, from 3.14.
    CompensatedWithInts,
}

/// The answers of one minor version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    pub float_sum: FloatSum,
    /// To 3.11: a member of an enumeration that derives from a data type is
    /// formatted as its data, unless its class defines `__str__`
    /// (`Enum.__format__`, Lib/enum.py).
    pub enum_formats_as_data: bool,
    /// From 3.12: `value in Class` also finds the values of members
    /// (`EnumType.__contains__`, Lib/enum.py).
    pub enum_contains_values: bool,
    /// From 3.12: an `OrderedDict` prints its items as a dict does, and not as
    /// pairs (`odict_repr`, Objects/odictobject.c).
    pub ordered_dict_prints_dict: bool,
}

impl Behaviour {
    /// The answers of a build, by its minor version (`3.13`, `3.13t`).
    pub fn of(minor: &str) -> Self {
        let minor = crate::minor_number(minor);
        Self {
            float_sum: match minor {
                ..12 => FloatSum::Plain,
                12..14 => FloatSum::Compensated,
                14.. => FloatSum::CompensatedWithInts,
            },
            enum_formats_as_data: minor < 12,
            enum_contains_values: minor >= 12,
            ordered_dict_prints_dict: minor >= 12,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Behaviour, FloatSum};

    #[test]
    fn answers_change_with_the_minor_version() {
        assert_eq!(Behaviour::of("3.11").float_sum, FloatSum::Plain);
        assert_eq!(Behaviour::of("3.13t").float_sum, FloatSum::Compensated);
        assert!(Behaviour::of("3.11").enum_formats_as_data);
        assert!(Behaviour::of("3.12").enum_contains_values);
    }
}
