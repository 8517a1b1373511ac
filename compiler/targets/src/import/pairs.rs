//! Labels of one selector: few, so that a sorted list of them is smaller and faster than a tree.

use smol_str::SmolStr;

/// Key → value, in order of key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(SmolStr, SmolStr)>);

impl Pairs {
    pub fn one(key: SmolStr, value: SmolStr) -> Self {
        Self(vec![(key, value)])
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(have, _)| have.as_str().cmp(key))
    }

    /// Of keys in any order, and the keys that stood there before: of two values the later stays.
    pub fn sorted(mut pairs: Vec<(SmolStr, SmolStr)>) -> (Self, Vec<SmolStr>) {
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut doubled = Vec::new();
        pairs.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
                doubled.push(kept.0.clone());
            }
            same
        });
        (Self(pairs), doubled)
    }

    /// Takes the place of the value that the key had.
    pub fn insert(&mut self, key: SmolStr, value: SmolStr) {
        match self.find(&key) {
            Ok(at) => {
                if let Some((_, have)) = self.0.get_mut(at) {
                    *have = value;
                }
            }
            Err(at) => {
                // Most selectors have one label or two, and a file has many thousand selectors.
                self.0.reserve_exact(1);
                self.0.insert(at, (key, value));
            }
        }
    }

    pub fn get(&self, key: &str) -> Option<&SmolStr> {
        let at = self.find(key).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&SmolStr, &SmolStr)> + Clone {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &SmolStr> {
        self.0.iter().map(|(key, _)| key)
    }
}

impl IntoIterator for Pairs {
    type Item = (SmolStr, SmolStr);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
