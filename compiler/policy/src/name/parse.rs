//! From text to pattern. A text that no name could match, or that reads as an address, is refused.

use std::net::IpAddr;

use smol_str::SmolStr;

use crate::{
    limits::{NAME_BYTES_MAX, NAME_LABEL_BYTES_MAX},
    name::{NameError, NamePattern},
};

impl NamePattern {
    /// Folds case and drops one trailing dot; Punycode stays as it is.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let body = text.strip_suffix('.').unwrap_or(text);
        if body.is_empty() {
            return Err(if text.is_empty() {
                NameError::Empty
            } else {
                NameError::EmptyLabel(0)
            });
        }
        if is_address(body) {
            return Err(NameError::Address);
        }
        if let Some((at, _)) = body.char_indices().find(|&(_, c)| !is_pattern_char(c)) {
            return Err(NameError::Character(at));
        }
        let mut at = 0;
        for (index, label) in body.split('.').enumerate() {
            check_label(index, label, at)?;
            at += label.len() + 1;
        }
        if body.len() > NAME_BYTES_MAX || body.split('.').any(|l| l.len() > NAME_LABEL_BYTES_MAX) {
            return Err(NameError::TooLong);
        }
        if body == "**" {
            return Ok(Self::any());
        }
        Ok(Self(SmolStr::new(body.to_ascii_lowercase())))
    }
}

fn check_label(index: usize, label: &str, at: usize) -> Result<(), NameError> {
    if label.is_empty() {
        return Err(NameError::EmptyLabel(at));
    }
    match label.find("**") {
        Some(_) if index == 0 && label == "**" => Ok(()),
        Some(offset) => Err(NameError::DoubleStar(at + offset)),
        None => Ok(()),
    }
}

fn is_pattern_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*')
}

/// An address of either family, with or without a prefix length or brackets. A last label of digits
/// alone belongs to no name either (RFC 1123 §2.1): `10.0.0.*` would be a range of addresses.
fn is_address(text: &str) -> bool {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let bare = bare.split_once('/').map_or(bare, |(addr, _)| addr);
    if bare.parse::<IpAddr>().is_ok() {
        return true;
    }
    let labels: Vec<&str> = bare.split('.').collect();
    labels.len() == 4
        && labels
            .iter()
            .all(|l| !l.is_empty() && l.bytes().all(|b| b.is_ascii_digit() || b == b'*'))
        && labels.iter().any(|l| l.bytes().any(|b| b.is_ascii_digit()))
}
