//! The same work on many things, on all processors where there are threads.
//!
//! In: a number of things and what is to be done with each.  Out: the results in order, or the first error in order.
//! Invariant: what comes out does not depend on the number of processors; in a browser things are done one after the other.
//! Method: threads take the next number until none is left or one failed. As numbers are taken in order, all before the first error were
//!     taken, so it is the error that one thread would have found.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

/// Does `work` with the numbers below `count`; tells after each how many are done.
///
/// Errors: that of the lowest number whose work failed.
pub fn each<R: Send, E: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<R, E> + Sync,
    told: &mut dyn FnMut(usize),
) -> Result<Vec<R>, E> {
    // A constant in a browser, where no thread starts: the code below takes no room there.
    let processors =
        if cfg!(target_arch = "wasm32") { 1 } else { std::thread::available_parallelism().map_or(1, Into::into) };
    if processors.min(count) < 2 {
        let told_of = |(number, result)| {
            told(number + 1);
            result
        };
        return (0..count).map(work).enumerate().map(told_of).collect();
    }
    let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut results: Vec<Option<Result<R, E>>> = (0..count).map(|_| None).collect();
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..processors.min(count) {
            let (sender, next, has_failed, work) = (sender.clone(), &next, &has_failed, &work);
            scope.spawn(move || {
                while !has_failed.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if count <= number {
                        break;
                    }
                    let result = work(number);
                    has_failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    if sender.send((number, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (before, (number, result)) in receiver.iter().enumerate() {
            results[number] = Some(result);
            told(before + 1);
        }
    });
    // Numbers that nobody took lie behind an error.
    results.into_iter().map_while(|result| result).collect()
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn results_come_in_order_and_each_is_told() {
        let mut told = Vec::new();
        let squares = each(100, |number| Ok::<_, ()>(number * number), &mut |done| told.push(done));
        assert_eq!(squares, Ok((0..100).map(|number| number * number).collect()));
        assert_eq!(told, (1..=100).collect::<Vec<_>>());
        assert_eq!(each(0, |_| Err::<(), _>(()), &mut |_| ()), Ok(Vec::new()));
    }

    #[test]
    fn the_first_error_in_order_is_the_one_that_comes_out() {
        // The later error is found first: the earlier one waits for it.
        for _ in 0..50 {
            let late = std::sync::atomic::AtomicBool::new(false);
            let work = |number| match number {
                3 => {
                    while std::thread::available_parallelism().is_ok_and(|all| 1 < all.get())
                        && !late.load(std::sync::atomic::Ordering::Relaxed)
                    {
                        std::thread::yield_now();
                    }
                    Err(3)
                }
                4 => {
                    late.store(true, std::sync::atomic::Ordering::Relaxed);
                    Err(4)
                }
                number => Ok(number),
            };
            assert_eq!(each(50, work, &mut |_| ()), Err(3));
        }
    }
}
