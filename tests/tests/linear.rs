//! Work grows with the program, not with its square: counted in allocations of a whole cold build,
//! as a ratio.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use std::sync::{Mutex, PoisonError};

use npl_diagnostics::render::Format;
use npl_sema::files::MemoryFiles;
use npl_targets::{
    cilium::{self, EmitOptions},
    kubernetes,
};
use npl_test_support::program;
use nplc::pipeline::{self, Gathered, Request};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Tests run side by side, and the allocator counts for all of them.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

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
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
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

/// Bytes allocated to check one file and to show what is wrong with it, and how many findings.
fn checked(text: String, format: Format) -> (usize, usize) {
    let files = MemoryFiles::new([("/main.npl".to_owned(), text)]);
    let region = Region::new(ALLOCATOR);
    let request = Request {
        paths: vec!["/main.npl".to_owned()],
        ..Request::default()
    };
    let unit = pipeline::open(&files, &request).unwrap().remove(0);
    let analysis = unit.analyse();
    let mut gathered = Gathered::default();
    gathered.add(&unit, &analysis.diagnostics);
    let shown = gathered.render(format, false);
    assert!(!shown.is_empty());
    (region.change().bytes_allocated, analysis.diagnostics.len())
}

/// A file four times as long is four times the work, however many of its findings stand on one
/// line or are about names that nothing declares.
#[test]
fn a_file_of_mistakes_four_times_as_long_is_four_times_the_work() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let names = |n: usize| {
        let known = (0..n).map(|i| format!("workload w{i} {{ app: \"x{i}\" }}\n"));
        let unknown = (0..n).map(|i| format!("allow w{i} -> x{i}:80\n"));
        "namespace a\n".to_owned() + &known.chain(unknown).collect::<String>()
    };
    let unknown_line = |n: usize| names(n).replace('\n', " ");
    let twice = |n: usize| "workload w { app: \"x\" } ".repeat(n);
    let broken = |n: usize| "allow ".repeat(n);
    let texts: [(&str, &dyn Fn(usize) -> String); 4] = [
        ("unknown names", &names),
        ("unknown names on one line", &unknown_line),
        ("one name often", &twice),
        ("broken items on one line", &broken),
    ];
    for (what, text) in texts {
        for format in [Format::Full, Format::Json, Format::Sarif] {
            let n = 500;
            checked(text(n), format);
            let (small, few) = checked(text(n), format);
            let (large, many) = checked(text(4 * n), format);
            println!("{what}, {format:?}: {small} -> {large} bytes, {few} -> {many} findings");
            assert!(few >= n / 2 && many > 3 * few, "{what}: {few} -> {many}");
            assert!(large < 6 * small, "{what}, {format:?}: {small} -> {large}");
        }
    }
}

/// Bytes allocated to check one file and to write its objects, for each target that can say it.
fn built(text: &str) -> usize {
    let files = MemoryFiles::new([("/main.npl".to_owned(), text.to_owned())]);
    let region = Region::new(ALLOCATOR);
    let request = Request {
        paths: vec!["/main.npl".to_owned()],
        ..Request::default()
    };
    let unit = pipeline::open(&files, &request).unwrap().remove(0);
    let analysis = unit.analyse();
    let checked = analysis.checked.expect("the program has no errors");
    let options = EmitOptions::default();
    let output = cilium::emit(&checked, &analysis.settings, &options).expect("can be emitted");
    assert!(!output.objects.is_empty());
    if let Ok(output) = kubernetes::emit(&checked, &kubernetes::Settings::default(), &options) {
        assert!(!output.objects.is_empty());
    }
    region.change().bytes_allocated
}

fn lines(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).map(line).collect()
}

/// Workloads with one selector, and what stands for each of them.
fn each(n: usize, rule: impl Fn(usize) -> String) -> String {
    let first = "namespace a\nworkload peer { app: \"peer\" }\n";
    let same = lines(n, |i| format!("workload w{i} {{ app: \"x\" }}\n"));
    first.to_owned() + &same + &lines(n, rule)
}

/// Programs in which workloads have one selector, with plain rules.
fn with_one_selector(n: usize) -> [(&'static str, String); 6] {
    let alone = each(n, |_| String::new());
    let allows = each(n, |i| format!("allow w{i} -> peer:80\n"));
    let among = each(n, |i| format!("allow w{i} -> w{}:80\n", (i + 1) % n));
    let half = lines(n / 2, |i| format!(" | w{i}"));
    let listed = each(n, |i| match i {
        _ if i < n / 2 => String::new(),
        _ => format!("allow w{i} -> peer:81\n"),
    });
    let listed = listed + &format!("group g = peer{half}\nallow g -> peer:80\n");
    let pairs = lines(n, |i| {
        let number = i / 2;
        format!("workload w{i} {{ app: \"x{number}\" }}\nallow w{i} -> peer:80\n")
    });
    let pairs = "namespace a\nworkload peer { app: \"peer\" }\n".to_owned() + &pairs;
    let open = allows.replace("\"x\" }", "\"x\" } open egress");
    [
        ("no rules", alone),
        ("one rule each", allows),
        ("rules among each other", among),
        ("half of them in a group", listed),
        ("two of each", pairs),
        ("open", open),
    ]
}

/// The same, with what says more than an allow.
fn with_more_than_allows(n: usize) -> [(&'static str, String); 4] {
    let names = each(n, |i| {
        format!("allow w{i} -> kube_dns:53/any via dns \"a.example.com\"\nallow w{i} -> e:443\n")
    });
    let known = "\nuse std.kubernetes.kube_dns\nexternal e = \"a.example.com\"\n";
    let names = names.replacen('\n', known, 1);
    let http = each(n, |i| {
        format!("allow peer -> w{i}:80 via http {{ GET \"/\" }}\n")
    });
    let denies = each(n, |i| format!("deny f -> peer:{}\n", 1_000 + i));
    let denies = denies + "foreign workload f { app: \"x\" }\n";
    let other = each(n, |i| format!("workload v{i} {{ tier: \"y\" }}\n"));
    [
        ("names", names),
        ("clauses", http),
        ("rules on their pods", denies),
        (
            "asserted to be disjoint from others",
            other + "assert disjoint w0, v0\n",
        ),
    ]
}

/// Four times as many workloads with one selector are four times the work.
#[test]
fn workloads_with_one_selector_are_work_in_proportion_to_their_number() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let all = |n: usize| {
        with_one_selector(n)
            .into_iter()
            .chain(with_more_than_allows(n))
    };
    for ((what, small), (_, large)) in all(250).zip(all(1_000)) {
        built(&small);
        let (small, large) = (built(&small), built(&large));
        println!("{what}: {small} -> {large} bytes");
        assert!(large < 5 * small, "{what}: {small} -> {large}");
    }
}
