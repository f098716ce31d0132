//! Which of a half's slices for pixels an image lies in.
//!
//! In: the images that are read while another is made.  Out: slices for it that none of them lies in.
//! Invariant: what one plane makes lies in other slices than what another makes; every reader at the same time has a copy.
//! Method: sixteen slices, four images of four slices each in turn; what three taps read at once takes six.

/// Slices for pixels that a half needs.
pub const PIXEL_SLICES: usize = 16;
/// Slices of an image with two copies for each of two planes.
const TURN: usize = 4;
/// Images that lie side by side.
const TURNS: usize = PIXEL_SLICES / TURN;

/// Where an image lies in either half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Homes {
    /// Four slices in turn, two for each plane: a copy for the readers of either half.
    Turn(usize),
    /// Three for each plane from this one on: a copy for each of three taps.
    Thrice(usize),
}

impl Homes {
    /// A turn to which none of these slices belong.
    pub fn without(taken: &[usize]) -> Self {
        let is_free = |turn: &usize| taken.iter().all(|slice| slice / TURN != *turn);
        Homes::Turn((0..TURNS).rev().find(is_free).expect("what is read and written lies in fewer turns"))
    }

    /// Slices of what a plane makes.
    pub fn slices(self, plane: u8) -> Vec<usize> {
        let (first, copies) = match self {
            Homes::Turn(turn) => (TURN * (turn % TURNS), 2),
            Homes::Thrice(first) => (first, 3),
        };
        let first = first + copies * usize::from(plane);
        (first..first + copies).collect()
    }

    /// Slices of both planes.
    pub fn all(self) -> impl Iterator<Item = usize> {
        [0, 1].into_iter().flat_map(move |plane| self.slices(plane))
    }

    /// Whether no slice is of both.
    fn is_apart(self, other: Homes) -> bool {
        self.all().all(|slice| other.all().all(|taken| slice != taken))
    }

    /// The first of these that has no slice of `others`.
    pub fn apart(mut candidates: impl Iterator<Item = Homes>, others: &[Homes]) -> Homes {
        let is_apart = |homes: &Homes| others.iter().all(|&other| homes.is_apart(other));
        candidates.find(is_apart).expect("two images leave room for a third")
    }

    /// All turns.
    pub fn all_turns() -> impl Iterator<Item = Homes> {
        (0..TURNS).map(Homes::Turn)
    }

    /// All places for three copies.
    pub fn all_thrice() -> impl Iterator<Item = Homes> {
        (0..TURNS - 1).map(|turn| Homes::Thrice(TURN * turn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_and_images_have_slices_of_their_own() {
        assert_eq!((Homes::Turn(5).slices(0), Homes::Turn(5).slices(1)), (vec![4, 5], vec![6, 7]));
        assert_eq!(Homes::without(&[2, 13]), Homes::Turn(2));
        assert_eq!(Homes::apart(Homes::all_turns(), &[Homes::Turn(0), Homes::Thrice(4)]), Homes::Turn(3));
        assert_eq!(Homes::apart(Homes::all_thrice(), &[Homes::Turn(1)]), Homes::Thrice(8));
    }
}
