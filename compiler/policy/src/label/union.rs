//! Unions of cubes. What would take more than a bounded amount of work is [`TooLarge`], never a
//! guess.

use crate::{
    label::Cube,
    limits::{COVER_STEPS_MAX, DISJUNCTS_MAX, DISJUNCTS_WORK_MAX},
};

/// An operation passed a limit of `limits.rs`; nothing is known of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    pub limit: usize,
}

/// The pods of `from` that are in none of `minus`: at most `DISJUNCTS_MAX` cubes, pairwise disjoint
/// if those of `from` are, in the order of `from`.
pub fn subtract_all(from: &[Cube], minus: &[Cube]) -> Result<Vec<Cube>, TooLarge> {
    let mut left: Vec<Cube> = from.iter().filter(|c| !c.is_empty()).cloned().collect();
    for out in minus {
        let mut next = Vec::with_capacity(left.len());
        for cube in &left {
            next.extend(cube.subtract(out));
            within(next.len(), DISJUNCTS_WORK_MAX)?;
        }
        left = next;
    }
    within(left.len(), DISJUNCTS_MAX)?;
    Ok(left)
}

/// The pods of both unions: at most `DISJUNCTS_MAX` cubes, none empty and none inside another.
pub fn intersect_all(a: &[Cube], b: &[Cube]) -> Result<Vec<Cube>, TooLarge> {
    let mut out: Vec<Cube> = Vec::new();
    for x in a {
        for y in b.iter().filter(|y| !x.disjoint(y)) {
            let both = x.intersect(y);
            if implies_any(&both, &out) {
                continue;
            }
            out.retain(|have| !have.implies(&both));
            out.push(both);
            within(out.len(), DISJUNCTS_MAX)?;
        }
    }
    Ok(out)
}

/// One cube of the union alone holds every pod of `cube`.
pub fn implies_any(cube: &Cube, union: &[Cube]) -> bool {
    cube.is_empty() || union.iter().any(|u| cube.implies(u))
}

/// The cubes of the union together hold every pod of `cube`.
pub fn covers(union: &[Cube], cube: &Cube) -> Result<bool, TooLarge> {
    if implies_any(cube, union) {
        return Ok(true);
    }
    let meeting: Vec<&Cube> = union.iter().filter(|u| !u.disjoint(cube)).collect();
    let mut steps = 0;
    // Depth first, so that memory stays small: a piece and how many cubes were taken out of it.
    let mut open = vec![(cube.clone(), 0_usize)];
    while let Some((piece, done)) = open.pop() {
        steps += 1;
        within(steps, COVER_STEPS_MAX)?;
        match meeting.get(done) {
            None => return Ok(false),
            Some(next) => open.extend(piece.subtract(next).into_iter().map(|p| (p, done + 1))),
        }
    }
    Ok(true)
}

/// Every pod of the union `a` is in the union `b`.
pub fn union_implies(a: &[Cube], b: &[Cube]) -> Result<bool, TooLarge> {
    for cube in a {
        if !covers(b, cube)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn within(count: usize, limit: usize) -> Result<(), TooLarge> {
    if count > limit {
        return Err(TooLarge { limit });
    }
    Ok(())
}
