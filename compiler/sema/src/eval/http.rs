//! Entries of `http`, `http.host` and `grpc` blocks.
//!
//! Refuses methods that no client sends, paths that no normalised request has, and gRPC names that
//! no generated client calls.

use npl_diagnostics::{
    TextRange,
    codes::{sets, syntax},
    suggest,
};
use npl_policy::http::{GrpcError, HttpEntry, PathError, PathPattern, grpc_entry};
use npl_syntax::ast;
use smol_str::{SmolStr, format_smolstr};

use crate::eval::{cx::Cx, limits::HTTP_ENTRIES_MAX, normal};

/// RFC 9110 §9, RFC 5789, and those of WebDAV (RFC 4918, RFC 3253, RFC 5323) and caches.
const METHODS: [&str; 20] = [
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LOCK",
    "MKCOL",
    "MOVE",
    "OPTIONS",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "PUT",
    "QUERY",
    "REPORT",
    "SEARCH",
    "TRACE",
    "UNLOCK",
];

/// Whether a word is an HTTP method.
pub(crate) fn is_method(word: &str) -> bool {
    METHODS.contains(&word)
}

fn range(entry: &ast::BlockEntry) -> TextRange {
    let first = entry.method.as_ref().map_or(entry.text.span, |m| m.span);
    TextRange::new(first.start, entry.text.span.end)
}

/// Whether nobody means this for an HTTP entry.
fn is_odd(entry: &ast::BlockEntry) -> bool {
    let method = entry.method.as_ref().map_or("GET", |m| m.node.as_str());
    !(is_method(method) && entry.text.node.starts_with('/'))
}

type Entries = (Vec<HttpEntry>, Vec<SmolStr>);

impl Cx<'_> {
    /// The entries of a block, with what rule identity sees of each.
    pub(crate) fn entries(&mut self, block: &ast::Block, grpc: bool) -> Option<Entries> {
        if !self.within(block.entries.len(), HTTP_ENTRIES_MAX, "entries", block.span) {
            return None;
        }
        let (mut entries, mut texts) = (Vec::new(), Vec::new());
        let mut fine = true;
        let mut before: Option<u32> = None;
        for entry in &block.entries {
            let range = range(entry);
            let touches = before.replace(range.end) == Some(range.start);
            if touches && !grpc && is_odd(entry) {
                fine = self.torn(range);
                continue;
            }
            let found = match grpc {
                true => self.grpc(entry),
                false => self.http(entry),
            };
            let Some(found) = found else {
                fine = false;
                continue;
            };
            let method = entry.method.as_ref().map_or("", |m| m.node.as_str());
            texts.push(format_smolstr!(
                "{method} {}",
                normal::quoted(&entry.text.node)
            ));
            entries.push(found);
        }
        entries.sort();
        entries.dedup();
        fine.then_some((entries, texts))
    }

    /// `"/a"b"c"`, which was to be one string.
    fn torn(&mut self, range: TextRange) -> bool {
        let message = "no blank stands before this entry";
        let found = self.found(&syntax::UNFINISHED_STRING, range, message);
        self.report(found.help(
            "a quote before it is one too many or missing; separate entries by blanks or lines",
        ));
        false
    }

    fn http(&mut self, entry: &ast::BlockEntry) -> Option<HttpEntry> {
        let method = match &entry.method {
            Some(method) => self.method(method).map(|()| Some(method.node.clone())),
            None => Some(None),
        };
        let path = self.path(&entry.text, entry.method.is_none());
        Some(HttpEntry {
            method: method?,
            path: path?,
        })
    }

    pub(crate) fn method(&mut self, method: &ast::Name) -> Option<()> {
        let name = method.node.as_str();
        if METHODS.contains(&name) {
            return Some(());
        }
        let found = self.found(
            &sets::BAD_METHOD,
            method.span,
            format!("`{name}` is no HTTP method"),
        );
        let upper = name.to_ascii_uppercase();
        let (near, safe) = match METHODS.iter().find(|known| **known == upper) {
            Some(known) => (Some(*known), true),
            None => (suggest(name, METHODS), false),
        };
        let found = match near {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                safe,
                self.at(method.span),
                near,
            ),
            None => {
                found.help("methods are upper case, for example `GET`; none admits every method")
            }
        };
        self.report(found);
        None
    }

    /// `"GET /x"`: the method stands inside of the string.
    fn with_method(text: &str) -> Option<String> {
        let (method, path) = text.trim().split_once(' ')?;
        let known = METHODS.contains(&method) && PathPattern::parse(path.trim()).is_ok();
        known.then(|| format!("{method} {}", normal::quoted(path.trim())))
    }

    fn path(&mut self, text: &ast::Str, alone: bool) -> Option<PathPattern> {
        match PathPattern::parse(&text.node) {
            Ok(path) => Some(path),
            Err(error) => {
                let message = format!("`{}` is no path: {}", text.node, why(error));
                let mut found = self.found(&sets::BAD_PATH, text.span, message);
                let meant = Self::with_method(&text.node).filter(|_| alone);
                found = match error {
                    PathError::NoSlash if meant.is_some() => {
                        let meant = meant.unwrap_or_default();
                        let write = format!("write `{meant}`");
                        let found = found.help(write.clone());
                        found.fix(write, true, self.at(text.span), meant)
                    }
                    PathError::NoSlash => {
                        let fixed = normal::quoted(&format!("/{}", text.node));
                        found.help("begin it with `/`").fix(
                            "begin it with `/`",
                            false,
                            self.at(text.span),
                            fixed,
                        )
                    }
                    _ => {
                        found.help("`*` is one whole segment, a last `**` is the rest of the path")
                    }
                };
                self.report(found);
                None
            }
        }
    }

    fn grpc(&mut self, entry: &ast::BlockEntry) -> Option<HttpEntry> {
        if let Some(method) = &entry.method {
            let message = format!(
                "a gRPC entry has no method, and `{}` stands here",
                method.node
            );
            let range = TextRange::new(method.span.start, entry.text.span.start);
            let found = self
                .found(&sets::BAD_GRPC, method.span, message)
                .help("remove it: every gRPC call is a POST")
                .fix("remove the method", true, self.at(range), "");
            self.report(found);
            return None;
        }
        match grpc_entry(&entry.text.node) {
            Ok(found) => Some(found),
            Err(error) => {
                let why = match error {
                    GrpcError::Form => "it has not the form `package.Service/Method`",
                    GrpcError::Character(_) => "a character may not stand in it",
                    GrpcError::TooLong => "it is too long",
                };
                let message = format!("`{}` is no gRPC method: {why}", entry.text.node);
                let found = self.found(&sets::BAD_GRPC, entry.text.span, message);
                self.report(found.help(
                    "write `package.Service/Method`, or `package.Service/*` for all its methods",
                ));
                None
            }
        }
    }
}

fn why(error: PathError) -> String {
    match error {
        PathError::NoSlash => "it does not begin with `/`".to_owned(),
        PathError::Query(_) => {
            "paths are matched without `?` and `#` parts; a last `?` admits none".to_owned()
        }
        PathError::Character(_) => "a character may not stand in it unescaped".to_owned(),
        PathError::Escape(_) => "`%` needs two hexadecimal digits".to_owned(),
        PathError::EscapedSlash(_) => "no entry admits a path with `%2F` or `%5C`".to_owned(),
        PathError::Unreserved(_, c) => format!("write {c:?} itself, not its escape"),
        PathError::DotSegment(_) => "`.` and `..` are removed before it is matched".to_owned(),
        PathError::EmptySegment(_) => "slashes are merged before it is matched".to_owned(),
        PathError::Star(_) => "`*` must be a whole segment".to_owned(),
        PathError::RestNotLast(_) => "`**` must be the last segment".to_owned(),
        PathError::TooLong => "it is too long".to_owned(),
    }
}
