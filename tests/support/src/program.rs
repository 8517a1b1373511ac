//! Generated programs that look like real ones: the input of the benches.
//!
//! Ten rules a workload, three rules on `all`, 10 % `via`, 5 % denies, groups with `except`,
//! externals, templates, three namespaces, 5 % of the workloads overlapping. The same size gives
//! the same text.

use std::fmt::Write;

const NAMESPACES: [&str; 3] = ["shop", "pay", "data"];

/// A package: paths relative to its root, and texts; `npl.toml` is first.
pub fn package(workloads: usize, rules_each: usize, files: usize) -> Vec<(String, String)> {
    let mut out = vec![("npl.toml".to_owned(), MANIFEST.to_owned())];
    let each = workloads.div_ceil(files.max(1));
    for file in 0..files {
        let first = file * each;
        let last = (first + each).min(workloads);
        if first < last {
            out.push((
                format!("src/m{file}.npl"),
                module(file, first..last, rules_each, files),
            ));
        }
    }
    out.push(("src/shared.npl".to_owned(), SHARED.to_owned()));
    out
}

const MANIFEST: &str = "[package]\nname = \"bench\"\nsource = [\"src\"]\n";

const SHARED: &str = "\
//! What every module of the program relies on.
namespace shop

use std.kubernetes.kube_dns
use std.cloud.metadata
use std.ports.prometheus

foreign workload scraper { app: \"prometheus\" } in namespace monitoring

allow all -> kube_dns:53/any via dns \"*\"
allow scraper -> all:prometheus
deny all -> metadata
";

fn module(file: usize, range: std::ops::Range<usize>, rules_each: usize, files: usize) -> String {
    let mut out = String::new();
    let n = NAMESPACES.get(file % NAMESPACES.len()).unwrap_or(&"shop");
    let next = (file + 1) % files.max(1);
    let width = range.len();
    let _ = writeln!(
        out,
        "//! Part {file} of a generated program.\nnamespace {n}\n"
    );
    if next != file {
        let _ = writeln!(out, "use m{next}.{{w{}}}\n", next * width);
    }
    for i in range.clone() {
        workload(&mut out, i);
    }
    let first = range.start;
    let _ = writeln!(
        out,
        "\ngroup most{file} = {} except w{first}",
        union(&range)
    );
    let _ = writeln!(
        out,
        "external api{file} = \"api{file}.example.com\" | \"*.cdn{file}.example.net\""
    );
    let _ = writeln!(
        out,
        "network office{file} = 198.51.{}.0/24 except 198.51.{}.128/25",
        file % 256,
        file % 256
    );
    let _ = writeln!(
        out,
        "template web{file}(w: workload, p: port) {{ allow office{file} -> w:p }}\n"
    );
    let other = (next != file).then_some(next * width);
    for i in range.clone() {
        for r in 0..rules_each {
            rule(&mut out, file, &range, other, i, r);
        }
    }
    out
}

fn workload(out: &mut String, i: usize) {
    // Every twentieth workload carries no label that sets it apart from its neighbour.
    if i % 20 == 19 {
        let _ = writeln!(
            out,
            "/// Overlaps its neighbour.\nworkload w{i} {{ part: \"p{}\" }}",
            i - 1
        );
    } else {
        let _ = writeln!(
            out,
            "/// Workload number {i}.\nworkload w{i} {{ app: \"w{i}\", part: \"p{i}\", tier in [\"a\", \"b\"] }}"
        );
    }
}

fn union(range: &std::ops::Range<usize>) -> String {
    range
        .clone()
        .map(|i| format!("w{i}"))
        .collect::<Vec<_>>()
        .join(" | ")
}

fn rule(
    out: &mut String,
    file: usize,
    range: &std::ops::Range<usize>,
    other: Option<usize>,
    i: usize,
    r: usize,
) {
    let width = range.len();
    // The destination wanders over the module, never the source itself.
    let to = range.start + (i - range.start + 1 + r % width.max(2).saturating_sub(1)) % width;
    let port = 8000 + r * 10;
    let line = match (i * 10 + r) % 40 {
        3 => format!("allow w{i} -> w{to}:{port} via tls.sni \"w{to}-{r}.example.com\""),
        13 => format!("allow w{i} -> w{to}:{port} via http {{ GET \"/v{r}/*\" POST \"/v{r}\" }}"),
        23 | 33 => format!("allow w{i} -> api{file}:443 via tls.sni api{file}"),
        7 | 27 => format!("deny w{i} -> w{to}:{}", port + 1),
        5 => format!("apply web{file}(w{i}, {port})"),
        15 => format!("allow most{file} -> w{i}:{port}"),
        25 => other.map_or_else(
            || format!("allow w{i} -> w{to}:{port}-{}", port + 5),
            |w| format!("allow w{i} -> w{w}:{port}-{}", port + 5),
        ),
        35 => format!("allow office{file} -> w{i}:{{{port}, {}/udp}}", port + 2),
        _ => format!("allow w{i} -> w{to}:{port}"),
    };
    let _ = writeln!(out, "{line}");
}
