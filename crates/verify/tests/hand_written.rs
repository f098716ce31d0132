//! Every hand-written program verifies.
//!
//! In: the programs of `hand`.  Out: a certificate each.
//! Invariant: no violation; stripping the witness changes nothing else.
//! Method: one test over all, naming the program that fails.

mod hand;

use arch::Chip;
use program::Witness;

#[test]
fn all_verify_with_and_without_witness() {
    let chip = Chip::lpu_14nm();
    for (name, mut program) in hand::all() {
        for _ in 0..2 {
            let report = verify::violations(&chip, &program);
            let lines: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
            assert!(report.is_clean(), "{name}: {}\n{}", report.total, lines.join("\n"));
            program.witness = Witness::default();
        }
        assert!(verify::check(&chip, program).is_ok());
    }
}
