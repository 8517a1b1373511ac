//! `CodeInfo`, the macro that declares codes, and look-up by number or name.

use crate::Severity;

/// What is known of one code. Compared by its number.
#[derive(Debug)]
pub struct CodeInfo {
    /// `NPL0101`.
    pub id: &'static str,
    /// The same as a word, for `[lints]` and `// nplc: ignore`: `unknown-name`.
    pub name: &'static str,
    pub severity: Severity,
    /// One line for lists.
    pub summary: &'static str,
    /// The whole page, in Markdown.
    pub page: &'static str,
}

impl CodeInfo {
    /// The page's first paragraph: what the code is about, on one line.
    pub fn lead(&self) -> String {
        let body = self
            .page
            .lines()
            .skip_while(|l| l.starts_with('#') || l.trim().is_empty());
        let lead: Vec<&str> = body.take_while(|line| !line.trim().is_empty()).collect();
        lead.join(" ")
    }
}

impl PartialEq for CodeInfo {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for CodeInfo {}

/// Declares the codes of one area: `CONST = "NPL0101" "name" Severity "summary";`.
macro_rules! codes {
    ($($(#[$doc:meta])* $konst:ident =
        $id:literal $name:literal $severity:ident $summary:literal;)*) => {
        $($(#[$doc])* pub static $konst: crate::codes::CodeInfo = crate::codes::CodeInfo {
            id: $id,
            name: $name,
            severity: crate::Severity::$severity,
            summary: $summary,
            page: include_str!(concat!("../../codes/", $id, ".md")),
        };)*

        /// The codes of this area, in order of number.
        pub(crate) static AREA: &[crate::codes::Code] = &[$(&$konst,)*];
    };
}

/// Every code, in order of number.
pub fn all() -> impl Iterator<Item = crate::codes::Code> {
    use super::{
        cilium, claims, config, import, inventory, kinds, kubernetes, lints, names, sets, syntax,
    };
    [
        syntax::AREA,
        names::AREA,
        kinds::AREA,
        sets::AREA,
        claims::AREA,
        lints::AREA,
        cilium::AREA,
        inventory::AREA,
        config::AREA,
        import::AREA,
        kubernetes::AREA,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// A code by number (`NPL0101`, case folded) or by name (`unknown-name`).
pub fn find(what: &str) -> Option<crate::codes::Code> {
    all().find(|code| code.id.eq_ignore_ascii_case(what) || code.name == what)
}
