//! Work grows with the program, not with its square: counted in allocations of a whole cold build,
//! as a ratio.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use npl_sema::files::MemoryFiles;
use npl_targets::cilium::{self, EmitOptions};
use npl_test_support::program;
use nplc::pipeline::{self, Request};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Allocations, and bytes allocated, of one cold build.
fn work(workloads: usize) -> (usize, usize) {
    let package = program::package(workloads, 10, workloads / 10);
    let files = MemoryFiles::new(
        package
            .into_iter()
            .map(|(path, text)| (format!("/{path}"), text)),
    );
    let region = Region::new(ALLOCATOR);
    let request = Request {
        paths: vec!["/".to_owned()],
        ..Request::default()
    };
    let unit = pipeline::open(&files, &request).unwrap().remove(0);
    let analysis = unit.analyse();
    let checked = analysis
        .checked
        .expect("the generated program has no errors");
    let options = EmitOptions::default();
    let output = cilium::emit(&checked, &analysis.settings, &options).expect("can be emitted");
    assert!(output.objects.len() >= workloads);
    let stats = region.change();
    (stats.allocations, stats.bytes_allocated)
}

#[test]
fn a_program_ten_times_as_large_is_ten_times_the_work() {
    // Once for what is built only once (tables, the standard library).
    work(100);
    let (small, small_bytes) = work(100);
    let (large, large_bytes) = work(1_000);
    let ratio = |large: usize, small: usize| large as f64 / small as f64;
    println!(
        "allocations {small} -> {large}: {:.1}; bytes {small_bytes} -> {large_bytes}: {:.1}",
        ratio(large, small),
        ratio(large_bytes, small_bytes),
    );
    assert!(ratio(large, small) < 12.0, "{small} -> {large}");
    assert!(
        ratio(large_bytes, small_bytes) < 12.0,
        "{small_bytes} -> {large_bytes}"
    );
}
