//! The syntax of Kubernetes names: label keys and values, namespaces, accounts, Services.
//!
//! Sources: Kubernetes documentation, "Labels and Selectors" and "Object Names and IDs". Refuses
//! with the reason in words, for the end of a sentence.

/// Bytes of a label value, of the name of a label key, and of a DNS label (RFC 1123 §2.1).
const LABEL_BYTES_MAX: usize = 63;

/// Bytes of a DNS subdomain (RFC 1123 §2.1), hence of a label key's prefix.
const SUBDOMAIN_BYTES_MAX: usize = 253;

type Check = Result<(), &'static str>;

pub(crate) fn label_key(key: &str) -> Check {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if name.contains('/') {
        return Err("it holds more than one `/`");
    }
    if prefix.is_some_and(|prefix| subdomain(prefix).is_err()) {
        return Err("what stands before its `/` is no DNS name in lower case");
    }
    if name.is_empty() {
        return Err("its name is empty");
    }
    qualified_name(name)
}

/// The empty value is one.
pub(crate) fn label_value(value: &str) -> Check {
    if value.is_empty() {
        return Ok(());
    }
    qualified_name(value)
}

fn qualified_name(text: &str) -> Check {
    if text.len() > LABEL_BYTES_MAX {
        return Err("it is longer than 63 characters");
    }
    if !text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    {
        return Err("only letters, digits, `-`, `_` and `.` may stand in it");
    }
    let ends = text.bytes().next().zip(text.bytes().next_back());
    if ends.is_some_and(|(a, b)| a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err("it must begin and end with a letter or a digit")
    }
}

/// A namespace's name, and a Service's.
pub(crate) fn dns_label(text: &str) -> Check {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > LABEL_BYTES_MAX {
        return Err("it is longer than 63 characters");
    }
    part(text)
}

/// What stands between two dots; Kubernetes limits the length of the whole name only.
fn part(text: &str) -> Check {
    if text.is_empty() {
        return Err("a part between its dots is empty");
    }
    if !text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        return Err("only lower-case letters, digits and `-` may stand in it");
    }
    if text.starts_with('-') || text.ends_with('-') {
        return Err("it must begin and end with a letter or a digit");
    }
    Ok(())
}

/// A service account's name.
pub(crate) fn subdomain(text: &str) -> Check {
    if text.len() > SUBDOMAIN_BYTES_MAX {
        return Err("it is longer than 253 characters");
    }
    text.split('.').try_for_each(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_keys() {
        for good in ["app", "app.kubernetes.io/name", "A_b.c-d", "a/b", "x1"] {
            assert_eq!(label_key(good), Ok(()), "{good}");
        }
        let long = "a".repeat(64);
        for bad in [
            "", "/a", "a/", "a/b/c", "-a", "a-", "A.b/c", "a b", "ä", &long, "a..b/c",
        ] {
            assert!(label_key(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn label_values() {
        for good in ["", "a", "1", "A_b.c-d", &"a".repeat(63)] {
            assert_eq!(label_value(good), Ok(()), "{good}");
        }
        for bad in [" ", "a b", "-", "_a", "a.", "a/b", &"a".repeat(64)] {
            assert!(label_value(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn namespaces_and_accounts() {
        for good in ["a", "kube-system", "1", &"a".repeat(63)] {
            assert_eq!(dns_label(good), Ok(()), "{good}");
        }
        for bad in ["", "Shop", "a_b", "-a", "a-", "a.b", &"a".repeat(64)] {
            assert!(dns_label(bad).is_err(), "{bad}");
        }
        assert_eq!(subdomain("a.b-c"), Ok(()));
        assert_eq!(subdomain(&"a".repeat(253)), Ok(()));
        assert!(subdomain("a..b").is_err());
        assert!(subdomain(&format!("{}a", "abc.".repeat(64))).is_err());
    }
}
