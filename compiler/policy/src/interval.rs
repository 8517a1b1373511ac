//! Sorted, disjoint, non-adjacent inclusive intervals over a discrete ordered type, with the
//! Boolean operations. Ports and addresses of both families are sets of this shape.

/// A finite, totally ordered type without gaps.
pub(crate) trait Discrete: Copy + Ord {
    const LEAST: Self;
    const GREATEST: Self;
    fn after(self) -> Option<Self>;
    fn before(self) -> Option<Self>;
}

macro_rules! discrete {
    ($($t:ty)*) => {$(
        impl Discrete for $t {
            const LEAST: Self = Self::MIN;
            const GREATEST: Self = Self::MAX;
            fn after(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn before(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    )*};
}
discrete! { u8 u16 u32 u128 }

/// The canonical form of any list; intervals with `low > high` are empty.
pub(crate) fn normal<T: Discrete>(mut list: Vec<(T, T)>) -> Vec<(T, T)> {
    list.retain(|(low, high)| low <= high);
    list.sort_unstable();
    let mut out: Vec<(T, T)> = Vec::with_capacity(list.len());
    for (low, high) in list {
        match out.last_mut() {
            Some(last) if last.1.after().is_none_or(|next| low <= next) => {
                last.1 = last.1.max(high);
            }
            _ => out.push((low, high)),
        }
    }
    out
}

pub(crate) fn union<T: Discrete>(a: &[(T, T)], b: &[(T, T)]) -> Vec<(T, T)> {
    normal(a.iter().chain(b).copied().collect())
}

pub(crate) fn intersect<T: Discrete>(a: &[(T, T)], b: &[(T, T)]) -> Vec<(T, T)> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut out = Vec::new();
    while let (Some(&&(al, ah)), Some(&&(bl, bh))) = (a.peek(), b.peek()) {
        let (low, high) = (al.max(bl), ah.min(bh));
        if low <= high {
            out.push((low, high));
        }
        if ah <= bh {
            a.next();
        } else {
            b.next();
        }
    }
    out
}

pub(crate) fn complement<T: Discrete>(a: &[(T, T)]) -> Vec<(T, T)> {
    let mut out = Vec::with_capacity(a.len() + 1);
    let mut from = Some(T::LEAST);
    for &(low, high) in a {
        if let (Some(start), Some(end)) = (from, low.before())
            && start <= end
        {
            out.push((start, end));
        }
        from = high.after();
    }
    if let Some(start) = from {
        out.push((start, T::GREATEST));
    }
    out
}

pub(crate) fn subtract<T: Discrete>(a: &[(T, T)], b: &[(T, T)]) -> Vec<(T, T)> {
    intersect(a, &complement(b))
}

pub(crate) fn disjoint<T: Discrete>(a: &[(T, T)], b: &[(T, T)]) -> bool {
    // The shorter list is looked up in the longer one.
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter().all(|&(low, high)| {
        let first = many.partition_point(|&(_, end)| end < low);
        many.get(first).is_none_or(|&(start, _)| start > high)
    })
}

/// Every point of `a` is in `b`; both canonical.
pub(crate) fn implies<T: Discrete>(a: &[(T, T)], b: &[(T, T)]) -> bool {
    a.iter().all(|&(low, high)| {
        let first = b.partition_point(|&(_, end)| end < low);
        b.get(first)
            .is_some_and(|&(start, end)| start <= low && high <= end)
    })
}

pub(crate) fn contains<T: Discrete>(a: &[(T, T)], point: T) -> bool {
    implies(&[(point, point)], a)
}
