//! Hostile input: programs and chips with mangled bytes are judged, never a panic.
//!
//! In: encoded hand-written programs and the published chip, seeded edits of bytes.  Out: counts.
//! Invariant: whatever the mangled bytes decode to is judged in bounded time; a report's true count is at least what it keeps.
//! Method: postcard bytes with one to four edits each; what does not decode is not counted.

mod hand;

use arch::Chip;
use program::Program;
use units::Rng;
use verify::Report;

fn mangle(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + rng.below(4) {
        let at = rng.below(bytes.len() as u64) as usize;
        match rng.below(4) {
            0 => bytes[at] = rng.next_u64() as u8,
            1 => bytes[at] ^= 1 << rng.below(8),
            2 => bytes[at] = [0, 1, 127, 128, 255][rng.below(5) as usize],
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
    bytes
}

fn is_whole(report: &Report) -> bool {
    report.violations.len() as u64 <= report.total && report.violations.len() <= Report::KEPT
}

#[test]
fn mangled_programs_are_judged() {
    let chip = Chip::lpu_14nm();
    let mut rng = Rng::new(1);
    let (mut judged, mut refused) = (0, 0);
    for (name, program) in hand::all() {
        let bytes = postcard::to_stdvec(&program).expect("programs encode");
        for _ in 0..2000 {
            let Ok(mangled) = postcard::from_bytes::<Program>(&mangle(&mut rng, &bytes)) else { continue };
            let report = verify::violations(&chip, &mangled);
            assert!(is_whole(&report), "{name}");
            judged += 1;
            refused += u32::from(!report.is_clean());
        }
    }
    println!("{judged} mangled programs judged, {refused} refused");
    assert!(3000 < judged && 2500 < refused);
}

#[test]
fn mangled_chips_are_judged() {
    let bytes = postcard::to_stdvec(&Chip::lpu_14nm()).expect("chips encode");
    let mut rng = Rng::new(2);
    let program = hand::matrix::matmul();
    let (mut judged, mut refused) = (0, 0);
    for _ in 0..1000 {
        let Ok(chip) = postcard::from_bytes::<Chip>(&mangle(&mut rng, &bytes)) else { continue };
        let report = verify::violations(&chip, &program);
        assert!(is_whole(&report));
        judged += 1;
        refused += u32::from(!report.is_clean());
    }
    println!("{judged} mangled chips judged, {refused} refused");
    assert!(300 < judged && 200 < refused);
}
