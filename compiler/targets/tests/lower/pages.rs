//! The pages of what the model cannot say: each Wrong gives exactly its code, each Right none.

use npl_diagnostics::codes;

use crate::support::lowered;

fn found(page: &str, section: &str) -> Vec<&'static str> {
    let after = page.split_once(&format!("\n## {section}\n")).unwrap().1;
    let body = after.split_once("```yaml\n//- /file.yaml\n").unwrap().1;
    let text = body.split_once("```").unwrap().0;
    let read = lowered(&[text], None);
    let all = read.found.iter().chain(&read.lowered.diagnostics);
    all.map(|finding| finding.code.name).collect()
}

#[test]
fn every_page_shows_its_code_and_no_other() {
    let mut pages = 0;
    for code in codes::all().filter(|code| code.id.starts_with("NPL10")) {
        // What only the writing of a program finds: the tests of `nplc import`.
        let written = code.id >= "NPL1061";
        if !code.name.starts_with("import-") || written {
            continue;
        }
        pages += 1;
        let wrong = found(code.page, "Wrong");
        assert!(!wrong.is_empty(), "{}: its Wrong is right", code.id);
        assert!(
            wrong.iter().all(|name| *name == code.name),
            "{} {wrong:?}",
            code.id
        );
        let right = found(code.page, "Right");
        assert!(right.is_empty(), "{} {right:?}", code.id);
    }
    assert_eq!(pages, 21);
}
