//! Claims of one hop, decided exactly (grammar.md §9): `cannot reach`, `only … can reach`, `can
//! reach`, `disjoint`; in the open world by the algebra of boxes, in the closed world of an
//! inventory pod by pod.
//!
//! What this version cannot decide (`within N hops` for more than one, `breach`) is said to be
//! undecided, and so is what takes more work than `limits::CLAIM_STEPS_MAX`: neither counts as
//! proved.

mod decide;
mod disjoint;
mod edge;
mod liveness;
mod region;
mod report;
mod space;
#[cfg(test)]
mod tests;
mod witness;
mod world;

pub use decide::{decide, leaves_out_platform};
pub use region::Assumption;
pub use report::{assumption_text, diagnostics, end_text, witness_text};
pub use witness::Witness;

use smol_str::SmolStr;

use crate::interpret::Side;

/// What is known of one claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimOutcome {
    /// Index into `Model::claims`.
    pub claim: usize,
    pub decision: Decision,
    /// What a claim that holds was granted: sorted, no duplicates.
    pub assumptions: Vec<Assumption>,
}

impl ClaimOutcome {
    /// The claim counts as proved, with its assumptions.
    pub fn holds(&self) -> bool {
        matches!(self.decision, Decision::Holds | Decision::HoldsHere(_))
    }

    /// Under `--strict` neither an assumption nor the closed world counts.
    pub fn holds_strictly(&self) -> bool {
        self.decision == Decision::Holds && self.assumptions.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Holds,
    /// For every pod of the inventory; a pod that may exist breaks it.
    HoldsHere(Box<Witness>),
    Fails(Box<Witness>),
    /// This version does not decide this kind of claim.
    NotChecked(NotChecked),
    NothingEnforces(Unenforced),
    /// This end is empty: no pod can be in it, or none of the inventory is.
    Vacuous(Side),
    /// The proof takes more steps than this.
    TooLarge(usize),
    /// A `disjoint` claim that is not true: what is in both.
    Overlaps(SmolStr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChecked {
    /// It holds for one hop; how many were asked for.
    Hops(u8),
    Breach,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unenforced {
    /// No end of any pair is owned.
    NoEnd,
    /// `only`: the destination holds more than pods.
    NotPods,
    /// `only`: nothing seals the ingress of all of these pods.
    NotSealed(SmolStr),
}
