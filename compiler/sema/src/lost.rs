//! What was written and did not come into the model: a mistake took it away. What the model lacks
//! may be nothing but this, and is then no mistake of its own.

use std::sync::Arc;

use npl_diagnostics::Place;
use npl_policy::{
    model::{Set, Verdict},
    port::PortSet,
};

/// One thing that a mistake took away, as far as it is understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    pub at: Place,
    pub what: LostItem,
}

#[derive(Clone, Debug, PartialEq)]
pub enum LostItem {
    Rule(LostRule),
    /// An owned workload: it would have sealed pods that nobody knows.
    Workload,
    /// `assert disjoint`: it would have been granted.
    Disjoint,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LostRule {
    /// `None`: it may have been either.
    pub verdict: Option<Verdict>,
    pub ends: LostEnds,
    /// `None`: any.
    pub ports: Option<Arc<PortSet>>,
    /// It may have let names be learned.
    pub dns: bool,
}

impl LostRule {
    /// Nothing is known of it but what it does.
    pub(crate) fn unknown(verdict: Option<Verdict>) -> Self {
        Self {
            verdict,
            ends: LostEnds::default(),
            ports: None,
            dns: verdict != Some(Verdict::Deny),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum LostEnds {
    /// `None`: anything.
    Pair {
        source: Option<Arc<Set>>,
        dest: Option<Arc<Set>>,
    },
    /// Its text names these and nothing else: one of them is one of its ends.
    Among(Vec<Arc<Set>>),
}

impl Default for LostEnds {
    fn default() -> Self {
        Self::Pair {
            source: None,
            dest: None,
        }
    }
}
