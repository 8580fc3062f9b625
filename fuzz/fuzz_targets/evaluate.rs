#![no_main]

use dapper_attach_fuzz::{bounded, targets};

libfuzzer_sys::fuzz_target!(|data: &[u8]| bounded::run(targets::evaluate, data));
