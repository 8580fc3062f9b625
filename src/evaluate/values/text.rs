//! Python's `str`: code points, among them lone surrogates.

use std::fmt::{self, Display, Formatter};
use std::rc::Rc;

use crate::cpython::objects::text::Text;

/// A Python `str`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Str(pub(crate) Rc<[u32]>);

impl Str {
    /// The code points.
    pub fn points(&self) -> &[u32] {
        &self.0
    }

    /// The text, where lone surrogates become U+FFFD.
    pub fn to_text(&self) -> String {
        lossy(&self.0)
    }

    /// The text as the printer of values takes it.
    pub(crate) fn to_value(&self) -> Text {
        let surrogate = |(index, point): (usize, &u32)| match char::from_u32(*point) {
            Some(_) => None,
            None => Some((index, u16::try_from(*point).unwrap_or_default())),
        };
        Text {
            text: self.to_text(),
            length: self.0.len() as u64,
            cut: false,
            surrogates: self.0.iter().enumerate().filter_map(surrogate).collect(),
        }
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self(text.chars().map(u32::from).collect())
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Vec<u32>> for Str {
    fn from(points: Vec<u32>) -> Self {
        Self(points.into())
    }
}

impl From<&[u32]> for Str {
    fn from(points: &[u32]) -> Self {
        Self(points.into())
    }
}

impl From<Text> for Str {
    fn from(text: Text) -> Self {
        let mut points: Vec<u32> = text.text.chars().map(u32::from).collect();
        for (index, unit) in text.surrogates {
            if let Some(point) = points.get_mut(index) {
                *point = unit.into();
            }
        }
        Self(points.into())
    }
}

impl Display for Str {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// The points as text; lone surrogates become U+FFFD.
pub(crate) fn lossy(points: &[u32]) -> String {
    points
        .iter()
        .map(|point| char::from_u32(*point).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
