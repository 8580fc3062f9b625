//! Replacing numbers of a table by measured ones.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Error, Layout};

/// Numbers for some fields of a [`Layout`], by `group.field` as the tables spell
/// them (`type.tp_name`, `task.loop`). Elements of a list have their index
/// appended (`gc.heads.0`).
pub type Overlay = BTreeMap<String, i64>;

impl Layout {
    /// This layout with its own numbers replaced by those of `overlay`, checked.
    ///
    /// # Errors
    /// When a key is no field of a layout, a value does not fit its field, or
    /// the result contradicts itself ([`Layout::check`]).
    pub fn overlaid(&self, overlay: &Overlay) -> Result<Self, Error> {
        self.with(
            overlay
                .iter()
                .map(|(key, value)| (key.as_str(), Value::from(*value))),
        )
    }

    /// This layout with some values replaced, checked.
    pub(crate) fn with<'a>(
        &self,
        values: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<Self, Error> {
        let mut tree =
            serde_json::to_value(self).map_err(|error| Error::Shape(error.to_string()))?;
        for (key, value) in values {
            set(&mut tree, key, value)?;
        }
        let layout: Self =
            serde_json::from_value(tree).map_err(|error| Error::Shape(error.to_string()))?;
        layout.check()?;
        Ok(layout)
    }

    /// The whole numbers of this layout, keyed as in an [`Overlay`].
    #[must_use]
    pub fn numbers(&self) -> Overlay {
        let mut numbers = Overlay::new();
        if let Ok(Value::Object(groups)) = serde_json::to_value(self) {
            for (group, fields) in groups {
                flatten(&group, &fields, &mut numbers);
            }
        }
        numbers
    }
}

fn flatten(key: &str, value: &Value, numbers: &mut Overlay) {
    match value {
        Value::Number(number) => {
            numbers.extend(number.as_i64().map(|number| (key.to_owned(), number)));
        }
        Value::Object(fields) => {
            for (field, value) in fields {
                flatten(&format!("{key}.{field}"), value, numbers);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                flatten(&format!("{key}.{index}"), value, numbers);
            }
        }
        _ => {}
    }
}

fn set(tree: &mut Value, key: &str, value: Value) -> Result<(), Error> {
    let mut parts = key.split('.');
    let (group, field) = (parts.next().unwrap_or_default(), parts.next());
    let fields = tree.get_mut(group).and_then(Value::as_object_mut);
    let (Some(fields), Some(field)) = (fields, field) else {
        return Err(Error::UnknownGroup {
            key: key.to_owned(),
        });
    };
    let Some(index) = parts.next() else {
        fields.insert(field.to_owned(), value);
        return Ok(());
    };
    let gap = || Error::Gap {
        key: key.to_owned(),
    };
    let index: usize = index.parse().map_err(|_| gap())?;
    let items = fields
        .get_mut(field)
        .and_then(Value::as_array_mut)
        .ok_or_else(gap)?;
    if index == items.len() {
        items.push(value);
    } else {
        *items.get_mut(index).ok_or_else(gap)? = value;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table;

    fn layout() -> Layout {
        let table = table("3.12", false).expect("3.12 has a table");
        table.base().clone()
    }

    fn overlay(values: &[(&str, i64)]) -> Overlay {
        values.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect()
    }

    #[test]
    fn a_number_replaces_the_one_of_the_table() {
        let changed = layout()
            .overlaid(&overlay(&[
                ("interp.modules", 960),
                ("interp.size", 400_000),
            ]))
            .expect("both are fields");
        assert_eq!(changed.interp.modules, 960);
        assert_eq!(changed.interp.size, Some(400_000));
    }

    #[test]
    fn fields_that_rust_renames_keep_the_name_of_the_table() {
        let changed = layout()
            .overlaid(&overlay(&[("type.tp_name", 24), ("partial.fn", 16)]))
            .expect("both are fields");
        assert_eq!(changed, layout());
    }

    #[test]
    fn elements_of_a_list_are_replaced_or_appended_in_order() {
        let changed = layout()
            .overlaid(&overlay(&[("gc.heads.0", 32), ("gc.heads.4", 128)]))
            .expect("element 4 is the next one");
        assert_eq!(changed.gc.heads, [32, 48, 72, 104, 128]);
        let gap = layout().overlaid(&overlay(&[("gc.heads.6", 128)]));
        assert!(matches!(gap, Err(Error::Gap { .. })), "{gap:?}");
    }

    #[test]
    fn unknown_fields_are_refused() {
        let group = layout().overlaid(&overlay(&[("tasks.size", 1)]));
        assert!(
            matches!(group, Err(Error::UnknownGroup { .. })),
            "{group:?}"
        );
        let field = layout().overlaid(&overlay(&[("task.sise", 1)]));
        let Err(Error::Shape(message)) = field else {
            panic!("an unknown field was taken: {field:?}");
        };
        assert!(message.contains("sise"), "{message}");
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        for value in [-1, 1 << 40] {
            let refused = layout().overlaid(&overlay(&[("task.coro", value)]));
            assert!(matches!(refused, Err(Error::Shape(_))), "{refused:?}");
        }
    }

    #[test]
    fn numbers_round_trip() {
        let layout = layout();
        assert_eq!(layout.overlaid(&layout.numbers()), Ok(layout));
    }
}
