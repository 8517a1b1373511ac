//! What each fuzz target does with one text. A panic is a finding, and so is whatever an assertion
//! here says. Nothing is set up for each run: the standard library is parsed once.

use std::cell::RefCell;

use npl_diagnostics::{Diagnostic, FileId, Place, Sources as _, TextRange};
use npl_policy::{
    claims,
    compare::{Undecided, compare},
    lint,
    model::Model,
};
use npl_sema::{
    files::MemoryFiles,
    host::Host,
    load::{LoadRequest, load},
};
use npl_syntax::{TokenKind, lex, parse_file};
use npl_targets::{cilium, import, inventory, kubernetes, yaml};
use nplc::pipeline;

/// The database keeps what it has seen; after this many texts it is made anew.
const TEXTS_OF_ONE_HOST: usize = 4_000;

/// How the one file is named.
const PATH: &str = "<stdin>";

struct Session {
    host: Host,
    texts: usize,
}

thread_local! {
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
}

fn session(text: &str) -> Session {
    let files = MemoryFiles::default();
    let request = LoadRequest {
        stdin: Some(text.to_owned()),
        ..LoadRequest::default()
    };
    let mut loaded = load(&files, &request).expect("a text can be loaded");
    let mut host = Host::new(loaded.programs.remove(0));
    host.set_jobs(1);
    Session { host, texts: 0 }
}

/// One file of the language: every check, the lints, the claims and the target's findings. Places
/// lie inside the text, between characters.
pub fn language(text: &str) {
    SESSION.with_borrow_mut(|slot| {
        let fresh = slot
            .as_ref()
            .is_none_or(|session| session.texts >= TEXTS_OF_ONE_HOST);
        if fresh {
            *slot = Some(session(text));
        }
        let Some(session) = slot else { return };
        session.texts += 1;
        assert!(session.host.set_text(PATH, text));
        check(&session.host);
    });
}

fn check(host: &Host) {
    let mut found = host.diagnostics();
    let model = host.model();
    if !found.iter().any(Diagnostic::is_error) {
        above(&model, &mut found);
    }
    for finding in host.finish(found) {
        let spans = finding.labels.iter().map(|label| label.at);
        for span in spans.chain([finding.at]) {
            let text = host.text(span.file);
            assert!(
                text.get(span.range.as_usize()).is_some(),
                "{span:?} of {finding:?}"
            );
        }
    }
}

fn above(model: &Model, found: &mut Vec<Diagnostic<Place>>) {
    found.extend(lint::check(model, None));
    let claims = claims::decide(model, None);
    found.extend(claims::diagnostics(model, &claims));
    let (settings, _) = cilium::Settings::from_table(&[]);
    found.extend(cilium::check(model, &settings, None));
    let (settings, _) = kubernetes::Settings::from_table(&[]);
    found.extend(kubernetes::check(model, &settings));
}

/// The formatter is done after one pass, and keeps every token and comment.
pub fn formatter(text: &str) {
    let Ok(once) = npl_syntax::format(text) else {
        return;
    };
    let twice = npl_syntax::format(&once).expect("what was formatted can be formatted");
    assert_eq!(once, twice, "not done after one pass");
    assert_eq!(tokens(text), tokens(&once), "other tokens");
    assert_eq!(comments(text), comments(&once), "other comments");
    assert_eq!(tree(text), tree(&once), "another tree");
}

fn texts(text: &str, keep: impl Fn(TokenKind) -> bool) -> Vec<&str> {
    let tokens = lex(text);
    let kept = tokens.iter().filter(|(kind, _)| keep(*kind));
    kept.filter_map(|(_, range)| text.get(range.as_usize()))
        .map(str::trim_end)
        .filter(|text| *text != "\u{FEFF}")
        .collect()
}

/// Without commas: those before closing brackets come and go.
fn tokens(text: &str) -> Vec<&str> {
    texts(text, |k| !k.is_trivia() && k != TokenKind::Comma)
}

fn comments(text: &str) -> Vec<&str> {
    let mut out = texts(text, |k| k.is_trivia() && k != TokenKind::Space);
    out.sort_unstable();
    out
}

/// The tree without its places.
fn tree(text: &str) -> String {
    const MARK: &str = "TextRange { start: ";
    let file = parse_file(text);
    let items: Vec<_> = file
        .items
        .iter()
        .map(|(raw, parsed)| (raw.kind, &raw.name, &parsed.item))
        .collect();
    let debug = format!("{:?} {items:?}", file.doc);
    let mut parts = debug.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once(" }").map_or("", |(_, rest)| rest));
    }
    out
}

/// Manifests: read as policies, with their lints, lowered to a model that is linted, and read as an
/// inventory. Places lie inside the text.
pub fn manifests(text: &str) {
    let files = [(FileId(0), text)];
    let mut read = yaml::read::read_all(&files);
    inside(text, &yaml::read::take_findings(&mut read));
    let (policies, found) = import::read_documents(&read);
    inside(text, &found);
    inside(text, &import::lint::check(&files, &read, &policies));
    let lowered = import::lower::lower(&policies, None, &|_| "fuzz.yaml".into());
    inside(text, &lowered.diagnostics);
    drop(lint::check(&lowered.model, None));
    drop(import::Judge::new(policies));
    inside(text, &inventory::read_documents(&read).diagnostics);
}

/// The whole import: the program that policies become is in the one style, compiles, and says the
/// same at both ends of every flow. What cannot be said is refused, never the import itself.
pub fn policies(text: &str) {
    let mut read = yaml::read::read_all(&[(FileId(0), text)]);
    let found = yaml::read::take_findings(&mut read);
    let (policies, _) = import::read_documents(&read);
    // Nothing would be written.
    if found.iter().any(Diagnostic::is_error) || policies.policies.is_empty() {
        return;
    }
    let imported = pipeline::import::import(pipeline::import::Import {
        sources: vec![pipeline::import::Text {
            path: "fuzz.yaml".to_owned(),
            text: text.to_owned(),
        }],
        name: "fuzz".to_owned(),
        skip_refused: true,
        ..pipeline::import::Import::default()
    });
    let imported = imported.unwrap_or_else(|why| panic!("{why:?}"));
    let Some(program) = &imported.text else {
        return;
    };
    assert_eq!(npl_syntax::format(program).as_ref(), Ok(program));
    match compare(&imported.model, &imported.again) {
        Ok(found) => assert!(
            found.differences.is_empty(),
            "{program}\n{:#?}",
            found.differences
        ),
        Err(Undecided::Steps(_)) => {}
        Err(why) => panic!("{why:?}\n{program}"),
    }
}

fn inside(text: &str, found: &[Diagnostic<Place>]) {
    let of = |place: &Place| -> TextRange { place.range };
    for finding in found {
        let edits = finding.fixes.iter().flat_map(|fix| &fix.edits);
        let places = [&finding.at].into_iter();
        let places = places.chain(finding.labels.iter().map(|label| &label.at));
        for place in places.chain(edits.map(|edit| &edit.at)) {
            assert!(
                text.get(of(place).as_usize()).is_some(),
                "{place:?} of {finding:?}"
            );
        }
    }
}
