//! The debug adapter: whole sessions of a scripted client with real targets.
//!
//! Every message is checked against the protocol's JSON schema where one is
//! found (`schema.rs` says where); `dap::SCHEMA` shows whether it was found.

mod adapter;
mod advertised;
mod asking;
mod captured;
mod client;
mod comparing;
mod custom;
mod dialects;
mod ending;
mod freezing;
mod fuzz;
mod listing;
mod looks;
mod numbers;
mod refusals;
mod requests;
mod schema;
mod servers;
mod sessions;
mod sources;
mod values;

pub use captured::secrets_of;
use libtest_mimic::Trial;
pub use looks::walked;

use crate::support::attach;
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg, once};

/// One leg for each difference between versions that an editor can notice.
const LEGS: [&str; 5] = ["3.8", "3.11", "3.13", "3.14", "3.15"];
/// The leg for tests that do not depend on the version.
const ONE: [&str; 1] = ["3.13"];

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let mut trials = vec![of_no_leg()];
    let mut add = |legs: &[&str], tests: &[(&str, Test)]| trials.extend(on(manifest, legs, tests));
    add(&LEGS, &sessions::HUNG);
    add(&LEGS[1..], &sessions::HUNG_SINCE_3_11);
    add(&LEGS, &sessions::HEALTHY);
    add(
        &LEGS,
        &[("exception_of_a_task", sessions::exception_of_a_task)],
    );
    add(&LEGS, &values::TESTS);
    add(&LEGS, &sources::TESTS);
    add(&LEGS, &freezing::TESTS);
    add(
        &LEGS,
        &[("capabilities_are_what_works", advertised::is_what_works)],
    );
    add(
        &LEGS,
        &[("stack_of_each_of_ten_thousand", numbers::stack_of_each)],
    );
    add(&ONE, &custom::TESTS);
    add(&ONE, &dialects::TESTS);
    add(&ONE, &ending::TESTS);
    add(&ONE, &listing::TESTS);
    add(&ONE, &refusals::TESTS);
    add(&ONE, &servers::TESTS);
    add(
        &ONE,
        &[(
            "any_requests_and_any_bytes",
            fuzz::any_requests_and_any_bytes,
        )],
    );
    trials
}

fn of_no_leg() -> Vec<Trial> {
    let no_schema = schema::schema().err().map(str::to_owned);
    let not_root = (!attach::is_root() || !attach::installed("setpriv"))
        .then(|| "not root, or no setpriv".to_owned());
    let once = |name, lacks, test| once("dap", name, lacks, test);
    vec![
        once("SCHEMA", no_schema, schema::refuses_what_is_wrong),
        once("attach_to_nothing", None, refusals::attach_to_nothing),
        once(
            "attach_to_what_is_not_python",
            None,
            refusals::attach_to_what_is_not_python,
        ),
        once("attach_to_a_zombie", None, refusals::attach_to_a_zombie),
        once(
            "attach_without_permission",
            not_root,
            refusals::attach_without_permission,
        ),
        once(
            "server_only_for_this_machine",
            None,
            servers::only_for_this_machine,
        ),
        once(
            "server_socket_is_for_its_owner",
            None,
            servers::socket_is_for_its_owner,
        ),
    ]
}

fn on(manifest: &Manifest, legs: &[&str], tests: &[(&str, Test)]) -> Vec<Vec<Trial>> {
    let is_wanted = |leg: &&Leg| legs.contains(&&*leg.leg);
    let manifest = Manifest {
        legs: manifest.legs.iter().filter(is_wanted).cloned().collect(),
        ..manifest.clone()
    };
    on_every_leg(&manifest, "dap", |_| None, tests)
}
