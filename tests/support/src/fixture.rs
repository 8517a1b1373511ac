//! Fixtures: one string that holds a few files.
//!
//! A line `//- /path` starts a file; what stands before the first such line is `/main.npl`. `$0`
//! marks the cursor, at most once.

/// The cursor's mark.
pub const CURSOR: &str = "$0";

/// One file of a fixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Absolute, as written: `/main.npl`.
    pub path: String,
    pub text: String,
    /// Byte offset of the cursor, where this file has it.
    pub cursor: Option<usize>,
}

/// The files of a fixture, in order. A fixture without a `//-` line is one file, `/main.npl`.
pub fn parse(fixture: &str) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for line in fixture.split_inclusive('\n') {
        if let Some(path) = line.trim_end().strip_prefix("//- ") {
            files.push(file(path.trim()));
            continue;
        }
        if files.is_empty() && line.trim().is_empty() {
            continue;
        }
        if files.is_empty() {
            files.push(file("/main.npl"));
        }
        if let Some(last) = files.last_mut() {
            last.text.push_str(line);
        }
    }
    for file in &mut files {
        if let Some(at) = file.text.find(CURSOR) {
            file.text.replace_range(at..at + CURSOR.len(), "");
            file.cursor = Some(at);
        }
    }
    files
}

fn file(path: &str) -> File {
    File {
        path: path.to_owned(),
        text: String::new(),
        cursor: None,
    }
}

/// Undoes `\n`, `\r`, `\t`, `\0`, `\\`, `\"` and `\u{…}`; anything else stays as it is. For texts
/// whose point is a byte that no editor shows.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('0') => out.push('\0'),
            Some('\\') => out.push('\\'),
            Some('"') => out.push('"'),
            Some('u') => {
                let code: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_files_and_a_cursor() {
        let files = parse("//- /a.npl\nallow a$0 -> b:1\n//- /k8s/b.yaml\nkind: Pod\n");
        assert_eq!(files.len(), 2);
        assert_eq!(files[0].text, "allow a -> b:1\n");
        assert_eq!(files[0].cursor, Some(7));
        assert_eq!(
            (files[1].path.as_str(), files[1].text.as_str()),
            ("/k8s/b.yaml", "kind: Pod\n")
        );
    }

    #[test]
    fn one_file_without_a_header() {
        let files = parse("\nnamespace shop\n");
        assert_eq!(
            (files[0].path.as_str(), files[0].text.as_str()),
            ("/main.npl", "namespace shop\n")
        );
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape(r"\u{FEFF}a\r\n\0\q"), "\u{FEFF}a\r\n\0\\q");
    }
}
