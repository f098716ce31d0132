//! A legal program before the judge and on the simulator.
//!
//! In: a program and a chip.  Out: nothing, or what contradicts its legality.
//! Invariant: a fault is a disagreement of generator, judge and simulator about the machine.
//! Method: two tokens, of which the second may run by the simulator's plans.

use super::Legal;
use arch::Chip;
use sim::System;

impl Legal {
    /// Why the program is not what it should be, if so.
    pub fn fault(&self, chip: &Chip) -> Option<String> {
        let report = verify::violations(chip, &self.program);
        if let Some(first) = report.violations.first() {
            return Some(format!("the judge finds {} violations: {first}", report.total));
        }
        let mut system = match System::load(chip, &self.program.executable, &self.tables) {
            Ok(system) => system,
            Err(error) => return Some(error.to_string()),
        };
        for token in 0..2 {
            if let Err(error) = system.launch(&self.inputs, self.position) {
                return Some(error.to_string());
            }
            let outcome = system.run_token();
            if let Some(first) = outcome.poison.first() {
                return Some(format!("the simulator finds {} violations: {first}", outcome.violations));
            }
            if outcome.cycles != self.program.executable.length() {
                return Some(format!("token {token} takes {:?}", outcome.cycles));
            }
            for (tile, (name, expected)) in system.outputs().iter().zip(&self.expected) {
                if let Some(lane) = (0..expected.len()).find(|&lane| tile.bits[lane] != expected[lane]) {
                    let (found, wanted) = (tile.bits[lane], expected[lane]);
                    return Some(format!("token {token}, {name}, lane {lane}: {found:#010x}, expected {wanted:#010x}"));
                }
            }
        }
        None
    }
}
