//! Sorting in few bytes: what the page's first load can afford.
//!
//! In: a slice and how its elements compare.  Out: the same slice in order; equal elements keep theirs.
//! Invariant: the result is the standard library's stable sort, element for element.
//! Method: the library's sort is compiled anew for every type and key, 6 kB each, 62 kB of the worker after compression. Here the indices
//!     are sorted by one merge sort for all types, and the elements then follow their cycles; short slices are sorted by insertion.
//! Source: bottom-up merge sort, Knuth, "Sorting and Searching", 5.2.4; permuting in place along cycles, 1.3.3.

use std::cmp::Ordering;

/// Up to this length insertion is faster than taking indices.
const SHORT: usize = 12;

/// Sorting for any slice.
pub trait Order<T> {
    /// Rising order.
    fn order(&mut self)
    where
        T: Ord;

    /// Rising order of a key.
    fn order_by_key<K: Ord>(&mut self, key: impl Fn(&T) -> K);

    /// The order that `compare` tells.
    fn order_by(&mut self, compare: impl Fn(&T, &T) -> Ordering);
}

impl<T> Order<T> for [T] {
    fn order(&mut self)
    where
        T: Ord,
    {
        self.order_by(T::cmp);
    }

    fn order_by_key<K: Ord>(&mut self, key: impl Fn(&T) -> K) {
        self.order_by(|a, b| key(a).cmp(&key(b)));
    }

    fn order_by(&mut self, compare: impl Fn(&T, &T) -> Ordering) {
        if self.len() <= SHORT {
            for end in 1..self.len() {
                let mut place = end;
                while 0 < place && compare(&self[place], &self[place - 1]) == Ordering::Less {
                    self.swap(place, place - 1);
                    place -= 1;
                }
            }
            return;
        }
        let mut sources = merged(self.len(), &|a, b| compare(&self[a], &self[b]));
        for first in 0..self.len() {
            let mut place = first;
            loop {
                let source = std::mem::replace(&mut sources[place], place);
                if source == first {
                    break;
                }
                self.swap(place, source);
                place = source;
            }
        }
    }
}

/// Collects without sorting: the library's own `collect` sorts what goes into a tree, which is compiled anew for every type.
pub fn gathered<C: Default + Extend<T>, T>(items: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(items);
    all
}

/// Which element comes to each place.
#[inline(never)]
fn merged(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut from: Vec<usize> = (0..count).collect();
    let mut to = from.clone();
    let mut width = 1;
    while width < count {
        for start in (0..count).step_by(2 * width) {
            let (middle, end) = ((start + width).min(count), (start + 2 * width).min(count));
            let (mut left, mut right) = (start, middle);
            for place in &mut to[start..end] {
                let takes_right = middle <= left || (right < end && compare(from[right], from[left]) == Ordering::Less);
                let side = if takes_right { &mut right } else { &mut left };
                *place = from[*side];
                *side += 1;
            }
        }
        std::mem::swap(&mut from, &mut to);
        width *= 2;
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    #[test]
    fn it_is_the_stable_sort_of_the_library() {
        let mut rng = Rng::new(7);
        for length in (0..64).chain([100, 1000, 4097]) {
            let items: Vec<(u64, u64)> = (0..length).map(|index| (rng.below(length / 3 + 1), index)).collect();
            let (mut ours, mut theirs) = (items.clone(), items);
            ours.order_by_key(|item| item.0);
            theirs.sort_by_key(|item| item.0);
            assert_eq!(ours, theirs, "{length}");
            ours.order_by(|a, b| b.cmp(a));
            theirs.sort_by(|a, b| b.cmp(a));
            assert_eq!(ours, theirs, "{length}");
            ours.order();
            assert!(ours.is_sorted());
        }
    }
}
