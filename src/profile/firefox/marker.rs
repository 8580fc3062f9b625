//! The markers of the Firefox profile.

use fxprof_processed_profile::{
    CategoryHandle, MarkerFieldFlags, MarkerFieldFormat, Profile, StaticSchemaMarker,
    StaticSchemaMarkerField, StringHandle,
};

/// A time in which a task was in one state, or a loop was blocked.
#[derive(Debug, Clone)]
pub(super) struct StateMarker {
    /// The coroutine of the task, or what the loop was.
    pub name: StringHandle,
    /// The activity.
    pub category: CategoryHandle,
    /// The values of [`Self::FIELDS`].
    pub values: [StringHandle; 3],
}

const fn field(key: &'static str, label: &'static str) -> StaticSchemaMarkerField {
    StaticSchemaMarkerField {
        key,
        label,
        format: MarkerFieldFormat::String,
        flags: MarkerFieldFlags::SEARCHABLE,
    }
}

impl StaticSchemaMarker for StateMarker {
    const UNIQUE_MARKER_TYPE_NAME: &'static str = "dapper-attach state";
    const DESCRIPTION: Option<&'static str> =
        Some("What a task did or waited for, from one look to another.");
    const CHART_LABEL: Option<&'static str> = Some("{marker.data.reason}");
    const TOOLTIP_LABEL: Option<&'static str> = Some("{marker.name}: {marker.data.reason}");
    const TABLE_LABEL: Option<&'static str> = Some("{marker.data.item}: {marker.data.reason}");
    const FIELDS: &'static [StaticSchemaMarkerField] = &[
        field("item", "Task or loop"),
        field("state", "State"),
        field("reason", "Reason"),
    ];

    fn name(&self, _profile: &mut Profile) -> StringHandle {
        self.name
    }

    fn category(&self, _profile: &mut Profile) -> CategoryHandle {
        self.category
    }

    fn string_field_value(&self, field_index: u32) -> StringHandle {
        self.values[field_index as usize]
    }

    /// No field is a number.
    fn number_field_value(&self, _field_index: u32) -> f64 {
        f64::NAN
    }
}
