//! Paths against words spelled out over a small alphabet; normalisation against known answers.

use proptest::prelude::*;
use smol_str::SmolStr;

use super::*;
use crate::model::{Facts, Via};

fn path(text: &str) -> PathPattern {
    PathPattern::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn entry(method: &str, text: &str) -> HttpEntry {
    HttpEntry {
        method: (!method.is_empty()).then(|| SmolStr::new(method)),
        path: path(text),
    }
}

fn host(text: &str) -> NamePattern {
    NamePattern::parse(text).unwrap()
}

fn rule(hosts: &[&str], entries: &[(&str, &str)]) -> HttpRule {
    HttpRule {
        hosts: hosts.iter().map(|h| host(h)).collect(),
        entries: entries.iter().map(|(m, p)| entry(m, p)).collect(),
    }
}

/// Normalised paths of at most four segments of `a`, `b`, `c`, with and without a last slash.
fn paths() -> Vec<String> {
    let mut level = vec![String::new()];
    let mut out = vec!["/".to_owned()];
    for _ in 0..4 {
        level = level
            .iter()
            .flat_map(|p| ["a", "b", "c"].map(|s| format!("{p}/{s}")))
            .collect();
        out.extend(level.iter().flat_map(|p| [p.clone(), format!("{p}/")]));
    }
    out
}

/// By recursion over the two texts.
fn plain_match(pattern: &str, path: &str) -> bool {
    if pattern == "/**" {
        return true;
    }
    match (pattern.strip_prefix('/'), path.strip_prefix('/')) {
        (None, None) => true,
        (Some(p), Some(t)) => {
            let cut = |s: &str| s.find('/').unwrap_or(s.len());
            let ((p_seg, p_rest), (t_seg, t_rest)) = (p.split_at(cut(p)), t.split_at(cut(t)));
            let one = if p_seg == "*" {
                !t_seg.is_empty()
            } else {
                p_seg == t_seg
            };
            one && plain_match(p_rest, t_rest)
        }
        // `/a/**` admits `/a`.
        _ => false,
    }
}

fn any_path() -> impl Strategy<Value = String> {
    let segment = proptest::sample::select(vec!["a", "b", "*"]);
    let end = proptest::sample::select(vec!["", "/", "/**"]);
    (proptest::collection::vec(segment, 0..3), end).prop_map(|(segments, end)| {
        let body: String = segments.iter().map(|s| format!("/{s}")).collect();
        let text = format!("{body}{end}");
        if text.is_empty() {
            "/".to_owned()
        } else {
            text
        }
    })
}

proptest! {
    #[test]
    fn path_relations(
        a in any_path(),
        b in any_path(),
        more in proptest::collection::vec(any_path(), 0..4),
    ) {
        let (pa, pb) = (path(&a), path(&b));
        let (mut inside, mut meet) = (true, false);
        for p in paths() {
            let (x, y) = (plain_match(&a, &p), plain_match(&b, &p));
            prop_assert_eq!(pa.matches(&p, false), x, "{} on {}", a, p);
            inside &= !y || x;
            meet |= x && y;
        }
        prop_assert_eq!(pa.contains(&pb), inside, "{} contains {}", a, b);
        prop_assert_eq!(pa.intersects(&pb), meet, "{} meets {}", a, b);
        let union: Vec<(&str, &str)> = more.iter().map(|p| ("", p.as_str())).collect();
        if !union.is_empty() {
            let held = paths()
                .iter()
                .all(|p| !plain_match(&b, p) || more.iter().any(|m| plain_match(m, p)));
            let wide = rule(&[], &union);
            let holds = wide.contains(&rule(&[], &[("", &b)]));
            prop_assert_eq!(holds, held, "{:?} {}", more, b);
        }
    }

    #[test]
    fn normalisation_is_idempotent(text in "/[a%./\\\\2eEfF5cC?]{0,12}") {
        if let Some(once) = normalise_path(&text) {
            prop_assert!(!once.contains("//") && !once.contains("/./") && !once.contains("/../"));
            prop_assert_eq!(normalise_path(&once), Some(once.clone()));
        }
    }
}

#[test]
fn normal_forms() {
    for (raw, want) in [
        ("/", Some("/")),
        ("/a/b", Some("/a/b")),
        ("/a//b///c", Some("/a/b/c")),
        ("/a/./b/../c", Some("/a/c")),
        ("/a/..", Some("/")),
        ("/a/b/..", Some("/a/")),
        ("/../../a", Some("/a")),
        ("/a//../b", Some("/a/b")),
        ("/a/", Some("/a/")),
        ("/%61dmin/%7Euser", Some("/admin/~user")),
        ("/a/%2e%2E/b", Some("/b")),
        ("/a%20b", Some("/a%20b")),
        ("/a?x=/../b", Some("/a")),
        ("/a%2Fb", None),
        ("/a%2fb", None),
        ("/a%5Cb", None),
        ("/a\\b", None),
        ("/a%2", None),
        ("/a%zz", None),
        ("/a#b", None),
        ("/a b", None),
        ("/\u{e9}", None),
        ("*", None),
        ("http://h/a", None),
        ("", None),
    ] {
        assert_eq!(normalise_path(raw).as_deref(), want, "{raw}");
    }
}

#[test]
fn refused_paths() {
    for (text, error) in [
        ("orders", PathError::NoSlash),
        ("/a?x", PathError::Query(2)),
        ("/a//b", PathError::EmptySegment(3)),
        ("/a/../b", PathError::DotSegment(3)),
        ("/v*", PathError::Star(2)),
        ("/**/a", PathError::RestNotLast(1)),
        ("/a%2Fb", PathError::EscapedSlash(2)),
        ("/%41", PathError::Unreserved(1, 'A')),
        ("/%4", PathError::Escape(1)),
        ("/a b", PathError::Character(2)),
    ] {
        assert_eq!(PathPattern::parse(text), Err(error), "{text}");
    }
    assert_eq!(path("/a/*/**").to_string(), "/a/*/**");
}

#[test]
fn grpc_entries() {
    let one = grpc_entry("shop.Orders/Place").unwrap();
    assert_eq!(one.to_string(), "POST \"/shop.Orders/Place\"");
    let all = grpc_entry("shop.Orders/*").unwrap();
    assert!(all.contains(&one) && !one.contains(&all));
    assert_eq!(grpc_entry("shop.Orders"), Err(GrpcError::Form));
    assert_eq!(grpc_entry("shop..Orders/A"), Err(GrpcError::Form));
    assert_eq!(grpc_entry("shop.Orders/a-b"), Err(GrpcError::Character(13)));
    assert_eq!(grpc_entry("a.B/C/D"), Err(GrpcError::Character(5)));
}

#[test]
fn rules_match_requests() {
    let shop = rule(
        &["*.example.com"],
        &[("GET", "/orders/*"), ("POST", "/orders")],
    );
    for (method, target, authority, want) in [
        ("GET", "/orders/7", "api.example.com", true),
        ("GET", "/orders/7?x=1", "api.example.com:8080", true),
        ("GET", "/orders/7", "example.com", false),
        ("GET", "/orders/7/lines", "api.example.com", false),
        ("get", "/orders/7", "api.example.com", false),
        ("POST", "/orders", "API.example.com", true),
        ("POST", "/x/../orders", "api.example.com", true),
        ("GET", "/orders/..%2fadmin", "api.example.com", false),
    ] {
        assert_eq!(
            shop.matches(method, target, authority),
            want,
            "{method} {target}"
        );
    }
}

#[test]
fn rules_relate() {
    let get = rule(&[], &[("GET", "/a")]);
    let any = rule(&[], &[("", "/**")]);
    let free = rule(&["x.io"], &[]);
    assert!(any.contains(&get) && !get.contains(&any));
    assert!(
        any.contains(&rule(&[], &[])) && rule(&[], &[]).contains(&any),
        "neither admits a path that holds `%2F`"
    );
    assert!(free.contains(&rule(&["x.io"], &[("GET", "/a")])) && !free.contains(&get));
    assert!(free.intersects(&get) && !free.intersects(&rule(&["y.io"], &[])));
    let hosts = [
        rule(&["a.io"], &[("GET", "/a")]),
        rule(&["b.io"], &[("", "/a")]),
    ];
    let refs: Vec<&HttpRule> = hosts.iter().collect();
    assert!(http_covers(
        &refs,
        &rule(&["a.io", "b.io"], &[("GET", "/a")])
    ));
    assert!(!http_covers(
        &refs,
        &rule(&["a.io", "b.io"], &[("PUT", "/a")])
    ));
}

fn http(r: HttpRule) -> Via {
    Via::Http(r)
}

#[test]
fn clauses_unite_exactly_or_not_at_all() {
    let tls = |names: &[&str]| Via::Tls(names.iter().map(|n| host(n)).collect());
    assert_eq!(tls(&["a.io"]).union(&tls(&["*.io"])), Some(tls(&["*.io"])));
    assert_eq!(
        tls(&["b.io"]).union(&tls(&["a.io"])),
        Some(tls(&["a.io", "b.io"]))
    );
    assert_eq!(tls(&["a.io"]).union(&Via::Dns(vec![host("a.io")])), None);
    let (get, post) = (rule(&[], &[("GET", "/a")]), rule(&[], &[("POST", "/a")]));
    let both = http(rule(&[], &[("GET", "/a"), ("POST", "/a")]));
    assert_eq!(http(get.clone()).union(&http(post)), Some(both));
    assert_eq!(
        http(rule(&["x.io"], &[("GET", "/b")])).union(&http(get.clone())),
        None
    );
    let grpc = Via::Grpc(HttpRule {
        hosts: vec![],
        entries: vec![grpc_entry("s.S/M").unwrap()],
    });
    assert!(grpc.implies(&http(rule(&[], &[("POST", "/s.S/*")]))));
    assert!(matches!(grpc.union(&http(get)), Some(Via::Http(_))));
    assert_eq!(grpc.kind(), ViaKind::Http);
}

#[test]
fn what_a_clause_says_of_facts() {
    let tls = Via::Tls(vec![host("a.io")]);
    let sni = |name: &str| Facts {
        sni: Some(name.into()),
        ..Facts::default()
    };
    assert_eq!(tls.admits(&sni("A.io")), Admits::Yes);
    assert_eq!(tls.admits(&sni("b.io")), Admits::No);
    assert_eq!(
        Via::Tls(vec![host("*")]).admits(&sni("")),
        Admits::No,
        "TLS without a name"
    );
    assert_eq!(tls.admits(&Facts::default()), Admits::Depends(Fact::Sni));
    let dns = Via::Dns(vec![host("*")]);
    assert_eq!(dns.admits(&Facts::default()), Admits::Yes);
    assert_eq!(dns.admits(&sni("a.io")), Admits::No, "`sni` means TLS");
    let orders = http(rule(&[], &[("GET", "/orders/*"), ("POST", "/orders")]));
    let facts = |method: &str, path: &str| Facts {
        method: (!method.is_empty()).then(|| method.into()),
        path: (!path.is_empty()).then(|| path.into()),
        ..Facts::default()
    };
    assert_eq!(orders.admits(&facts("GET", "/orders/7")), Admits::Yes);
    assert_eq!(
        orders.admits(&facts("GET", "")),
        Admits::Depends(Fact::Path)
    );
    assert_eq!(
        orders.admits(&facts("", "/orders")),
        Admits::Depends(Fact::Method)
    );
    assert_eq!(orders.admits(&facts("PUT", "")), Admits::No);
    assert_eq!(orders.admits(&facts("GET", "/orders/%2f")), Admits::No);
    assert_eq!(orders.admits(&sni("a.io")), Admits::No);
}

/// `?` at the end: the path alone. Expressions of existing policies cover the query too.
#[test]
fn a_bare_path_admits_no_query() {
    let bare = rule(&[], &[("GET", "/a?")]);
    let open = rule(&[], &[("GET", "/a")]);
    assert!(bare.matches("GET", "/a", ""));
    assert!(!bare.matches("GET", "/a?x=1", ""));
    assert!(!bare.matches("GET", "/a?", ""));
    assert!(open.contains(&bare) && !bare.contains(&open));
    assert!(open.intersects(&bare));
    assert_eq!(path("/a/**?").to_string(), "/a/**?");
    assert!(path("/a/**?").bare);
    assert_eq!(PathPattern::parse("/a??"), Err(PathError::Query(2)));
    assert_eq!(PathPattern::parse("?"), Err(PathError::NoSlash));
    let via = |rule: &HttpRule| Via::Http(rule.clone());
    let asked = |target: &str| Facts {
        method: Some("GET".into()),
        path: Some(target.into()),
        ..Facts::default()
    };
    assert_eq!(via(&bare).admits(&asked("/a")), Admits::Yes);
    assert_eq!(via(&bare).admits(&asked("/a?x")), Admits::No);
    assert!(via(&bare).implies(&via(&open)) && !via(&open).implies(&via(&bare)));
}

#[test]
fn no_entries_admit_every_request_that_the_proxy_forwards() {
    let every = HttpRule {
        hosts: Vec::new(),
        entries: Vec::new(),
    };
    assert!(every.matches("GET", "/orders/7?x", "h"));
    assert!(!every.matches("GET", "/orders/..%2fadmin", "h"));
    let asked = |path: &str| Facts {
        path: Some(path.into()),
        ..Facts::default()
    };
    let via = Via::Http(every);
    assert_eq!(via.admits(&asked("/orders/7")), Admits::Yes);
    assert_eq!(via.admits(&asked("/orders/%2f")), Admits::No);
}
