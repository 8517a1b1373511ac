//! From the text of an entry to its pattern. A text that no normalised path matches is refused.

use smol_str::SmolStr;

use crate::{
    http::{
        HttpEntry, PathPattern, Segment,
        normal::{hex, is_unreserved},
    },
    limits::PATH_BYTES_MAX,
};

/// Why a text is no path pattern; offsets are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// Does not begin with `/`.
    NoSlash,
    /// A query or a fragment: paths are matched without them. A last `?` alone says that there is
    /// none.
    Query(usize),
    /// A space, a control character, `\`, or one that is not ASCII.
    Character(usize),
    /// `%` without two hexadecimal digits.
    Escape(usize),
    /// `%2F` or `%5C`: a path that holds one is admitted by no entry.
    EscapedSlash(usize),
    /// An escape of a character that normalisation decodes.
    Unreserved(usize, char),
    /// `.` or `..` as a segment.
    DotSegment(usize),
    /// `//`.
    EmptySegment(usize),
    /// `*` that is not a whole segment.
    Star(usize),
    /// `**` that is not the last segment.
    RestNotLast(usize),
    TooLong,
}

impl PathPattern {
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let (path, bare) = match text.strip_suffix('?') {
            Some(path) => (path, true),
            None => (text, false),
        };
        let Some(body) = path.strip_prefix('/') else {
            return Err(PathError::NoSlash);
        };
        if text.len() > PATH_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        check_characters(path)?;
        let mut segments = Vec::new();
        let mut at = 1;
        let mut parts = body.split('/').peekable();
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            segments.push(segment(part, at, last)?);
            at += part.len() + 1;
        }
        Ok(Self { segments, bare })
    }
}

fn segment(part: &str, at: usize, last: bool) -> Result<Segment, PathError> {
    match part {
        "" if !last => Err(PathError::EmptySegment(at)),
        "." | ".." => Err(PathError::DotSegment(at)),
        "*" => Ok(Segment::Any),
        "**" if last => Ok(Segment::Rest),
        "**" => Err(PathError::RestNotLast(at)),
        _ => match part.find('*') {
            Some(star) => Err(PathError::Star(at + star)),
            None => Ok(Segment::Exact(SmolStr::new(part))),
        },
    }
}

fn check_characters(text: &str) -> Result<(), PathError> {
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'?' | b'#' => return Err(PathError::Query(at)),
            b'\\' | 0..=b' ' | 127.. => return Err(PathError::Character(at)),
            b'%' => {
                let mut digit = || bytes.next().and_then(|(_, b)| hex(b));
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    return Err(PathError::Escape(at));
                };
                let value = high * 16 + low;
                if value == b'/' || value == b'\\' {
                    return Err(PathError::EscapedSlash(at));
                }
                if is_unreserved(value) {
                    return Err(PathError::Unreserved(at, char::from(value)));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Why a text is no gRPC method; offsets are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrpcError {
    /// Not `package.Service/Method` or `package.Service/*`.
    Form,
    /// A character that no name of a service or method holds.
    Character(usize),
    TooLong,
}

/// `package.Service/Method`: a POST to that path. `*` is every method of the service.
pub fn grpc_entry(text: &str) -> Result<HttpEntry, GrpcError> {
    if text.len() > PATH_BYTES_MAX {
        return Err(GrpcError::TooLong);
    }
    let (service, method) = text.split_once('/').ok_or(GrpcError::Form)?;
    let method_at = service.len() + 1;
    let word = |part: &str, at: usize| {
        if part.is_empty() {
            return Err(GrpcError::Form);
        }
        let bad = |b: &u8| !(b.is_ascii_alphanumeric() || *b == b'_');
        match part.bytes().position(|b| bad(&b)) {
            Some(offset) => Err(GrpcError::Character(at + offset)),
            None => Ok(()),
        }
    };
    let mut at = 0;
    for part in service.split('.') {
        word(part, at)?;
        at += part.len() + 1;
    }
    let last = if method == "*" {
        Segment::Any
    } else {
        word(method, method_at)?;
        Segment::Exact(SmolStr::new(method))
    };
    Ok(HttpEntry {
        method: Some(SmolStr::new_static("POST")),
        path: PathPattern {
            segments: vec![Segment::Exact(SmolStr::new(service)), last],
            bare: false,
        },
    })
}
