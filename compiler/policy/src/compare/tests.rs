//! Models that say the same in other words, and models that do not.

use super::{Compared, Undecided, compare};
use crate::{
    builder::Builder,
    model::{Direction, Model, Via},
    name::NamePattern,
};

fn same(a: Builder, b: Builder) -> Result<Compared, Undecided> {
    compare(&a.build(), &b.build())
}

#[track_caller]
fn equal(a: Builder, b: Builder) {
    let found = same(a, b).unwrap();
    assert!(found.differences.is_empty(), "{:#?}", found.differences);
    assert!(found.regions > 0);
}

#[track_caller]
fn differ(a: Builder, b: Builder) {
    let (a, b): (Model, Model) = (a.build(), b.build());
    assert!(!compare(&a, &b).unwrap().differences.is_empty());
    assert!(!compare(&b, &a).unwrap().differences.is_empty());
}

fn two() -> Builder {
    Builder::new().workload("a", "app=a").workload("b", "app=b")
}

fn sni(names: &[&str]) -> Via {
    Via::Tls(
        names
            .iter()
            .map(|name| NamePattern::parse(name).unwrap())
            .collect(),
    )
}

#[test]
fn the_same_in_other_words() {
    equal(
        two().allow("a", "b", "80 81"),
        two().allow("a", "b", "80").allow("a", "b", "81"),
    );
    equal(
        two().allow("a", "b", "80"),
        two()
            .rule(
                crate::model::Verdict::Allow,
                Some(Direction::Egress),
                "a",
                "b",
                "80",
                None,
            )
            .rule(
                crate::model::Verdict::Allow,
                Some(Direction::Ingress),
                "a",
                "b",
                "80",
                None,
            ),
    );
    // A name that is inside another, a port that is inside a range, a deny over an allow.
    equal(
        two().allow_via("a", "b", "443", sni(&["*.x.io", "a.x.io"])),
        two().allow_via("a", "b", "443", sni(&["*.x.io"])),
    );
    equal(
        two().allow("a", "world", "").deny("a", "10.0.0.0/8", ""),
        two()
            .allow("a", "0.0.0.0/0-10.0.0.0/8 | ::/0", "")
            .deny("a", "10.0.0.0/8", ""),
    );
}

#[test]
fn halves_make_a_whole() {
    let whole = Builder::new().workload("a", "app=a").foreign("p", "app=p");
    let halves = Builder::new()
        .workload("a", "app=a")
        .foreign("x", "app=p tier=x")
        .foreign("y", "app=p tier!=x");
    equal(
        whole.allow("a", "p", "80"),
        halves.allow("a", "x | y", "80"),
    );
}

#[test]
fn a_difference_is_shown() {
    differ(two().allow("a", "b", "80"), two().allow("a", "b", "80-81"));
    differ(
        two().allow("a", "b", "443"),
        two().allow_via("a", "b", "443", sni(&["x.io"])),
    );
    differ(
        two().allow_via("a", "b", "443", sni(&["x.io"])),
        two().allow_via("a", "b", "443", sni(&["x.io", "*.y.io"])),
    );
    differ(
        two().allow("a", "world", ""),
        two().allow("a", "0.0.0.0/0", ""),
    );
    differ(
        two().allow("a", "10.0.0.0/8", ""),
        two().allow("a", "10.0.0.0/8-10.1.0.0/16", ""),
    );
    differ(two(), two().open(Direction::Egress));
    differ(
        two().deny("a", "b", "80").allow("a", "b", ""),
        two().allow("a", "b", ""),
    );
    differ(
        two().allow("a", "name:x.io", "443"),
        two().allow("a", "name:*.x.io", "443"),
    );
    differ(two().allow("a", "cluster", ""), two().allow("a", "all", ""));
}

#[test]
fn what_makes_no_difference_is_none() {
    // Denied anyway; allowed to what nothing closes.
    equal(
        two().deny("a", "b", "").allow("a", "b", "80"),
        two().deny("a", "b", ""),
    );
    let open = || {
        Builder::new()
            .workload("a", "app=a")
            .open(Direction::Egress)
    };
    equal(open().allow("a", "world", "80"), open());
    // Sealed by one, and all of it allowed again.
    let every = |b: Builder| b.allow("a", "all", "");
    let seals = every(Builder::new().workload("a", "app=a"));
    let opens = every(
        Builder::new()
            .workload("a", "app=a")
            .open(Direction::Egress),
    );
    equal(seals, opens);
}
