//! Slots of a cable: who leaves when.
//!
//! In: when a vector is there.  Out: the first cycle from then on in which it can leave.
//! Invariant: two vectors of a cable are at least a vector's cycles apart.
//! Method: starts in order; the first gap that is long enough.

use units::Order;

/// Slots that are taken, in order.
#[derive(Clone, Debug, Default)]
pub struct Slots(Vec<u64>);

impl Slots {
    /// These are taken.
    pub fn of(mut starts: Vec<u64>) -> Self {
        starts.order();
        Slots(starts)
    }

    /// The first free slot from `ready` on, of `vector` cycles.
    pub fn free(&self, ready: u64, vector: u64) -> u64 {
        let place = self.0.partition_point(|start| start + vector <= ready);
        let mut start = ready;
        for taken in &self.0[place..] {
            if start + vector <= *taken {
                break;
            }
            start = taken + vector;
        }
        start
    }

    /// Takes the slot that starts in this cycle.
    pub fn take(&mut self, start: u64) {
        let place = self.0.partition_point(|taken| *taken < start);
        self.0.insert(place, start);
    }

    /// How many are taken.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_a_vector_apart_and_the_first_that_is_free() {
        let mut slots = Slots::of(vec![300, 200]);
        let taken = [100, 100, 10, 76, 80, 190].map(|ready| {
            let start = slots.free(ready, 24);
            slots.take(start);
            start
        });
        assert_eq!(taken, [100, 124, 10, 76, 148, 224]);
        assert!(slots.0.windows(2).all(|two| two[0] + 24 <= two[1]), "{slots:?}");
        assert_eq!(slots.count(), 8);
    }
}
