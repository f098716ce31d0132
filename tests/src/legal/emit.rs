//! From bookings to a program.
//!
//! In: what a `Maker` has booked.  Out: templates, instances with bases, and the rest of the executable.
//! Invariant: no cycle moves: NOPs fill what is between bookings.
//! Method: one template per cut; an address is split at random between a base of the instance and an offset.

use super::{CONTEXT, Legal, Maker};
use program::{Address, Burst, Entry, Executable, Instance, Instruction, OutputField, Program, Template, Witness};
use std::collections::BTreeMap;
use units::Arena;

/// Rows that become outputs at most.
const OUTPUTS: usize = 8;

impl Maker<'_> {
    pub(super) fn finish(mut self, seed: u64) -> Legal {
        let (outputs, expected) = self.outputs();
        let end = self.road.end();
        self.cuts.retain(|cut| *cut == 0 || *cut < end);
        self.cuts.dedup();
        let (mut templates, mut instances) = (Arena::new(), Vec::new());
        for (number, start) in self.cuts.clone().into_iter().enumerate() {
            let end = self.cuts.get(number + 1).copied().unwrap_or(end);
            let mut bases = vec![0];
            bases.extend((0..self.below(3)).map(|_| self.rng.below(4096) as u16));
            let template = self.template(&format!("seed {seed}.{number}"), start..end, &bases);
            let template = templates.push(template);
            instances.push(Instance { template, bases, layer: None });
        }
        let executable = Executable {
            chip: self.road.chip.name.clone(),
            topology: self.topology().name,
            maps: self.maps,
            templates,
            detours: Vec::new(),
            instances,
            image: self.image,
            record: self.record,
            context: CONTEXT,
            outputs,
        };
        let program = Program { executable, witness: Witness::default(), lowered: self.graph.finish() };
        Legal { program, tables: self.tables, inputs: self.inputs, position: self.position, expected }
    }

    /// The rows made last, each from one chip.
    fn outputs(&mut self) -> (Vec<OutputField>, Vec<(String, Vec<u32>)>) {
        let (mut fields, mut expected) = (Vec::new(), Vec::new());
        let made: Vec<_> = self.rows.iter().rev().filter(|row| 0 < row.ready).take(OUTPUTS).cloned().collect();
        for row in made {
            let chip = self.below(u64::from(self.chips)) as u16;
            let (node, mut bits) = row.chips[usize::from(chip)].clone();
            bits.truncate(row.lanes as usize);
            let output = format!("y{}", fields.len());
            self.graph.output(&output, node);
            let slices = std::array::from_fn(|byte| row.slices[byte]);
            fields.push(OutputField { output: output.clone(), chip, slices, address: row.address });
            expected.push((output, bits));
        }
        (fields, expected)
    }

    fn template(&mut self, name: &str, span: std::ops::Range<u64>, bases: &[u16]) -> Template {
        let mut queues: BTreeMap<_, Vec<(u64, Burst)>> = BTreeMap::new();
        let inside: Vec<_> = self.road.bursts.iter().filter(|(cycle, ..)| span.contains(cycle)).copied().collect();
        for (cycle, queue, burst) in inside {
            let instruction = self.rebased(burst.instruction, bases);
            queues.entry(queue).or_default().push((cycle - span.start, Burst { instruction, ..burst }));
        }
        let length = span.end - span.start;
        let list = |bursts: &mut Vec<(u64, Burst)>| {
            bursts.sort_by_key(|(cycle, _)| *cycle);
            let (mut entries, mut now) = (Vec::new(), 0);
            for (cycle, burst) in bursts.iter() {
                entries.extend((now < *cycle).then(|| Entry::Nop((cycle - now) as u32)));
                entries.push(Entry::Issue(*burst));
                now = cycle + burst.length().0;
            }
            entries.extend((now < length).then(|| Entry::Nop((length - now) as u32)));
            entries
        };
        let queues = queues.iter_mut().map(|(queue, bursts)| (*queue, list(bursts))).collect();
        Template { name: name.to_owned(), queues }
    }

    /// The same words, seen from one of the bases that lie before them.
    fn rebased(&mut self, instruction: Instruction, bases: &[u16]) -> Instruction {
        let mut split = |address: Address| {
            let base = self.below(bases.len() as u64) as usize;
            let offset = address.offset.checked_sub(bases[base]);
            offset.map_or(address, |offset| Address { base: base as u8, offset, ..address })
        };
        match instruction {
            Instruction::Read { address, to } => Instruction::Read { address: split(address), to },
            Instruction::Write { address, from } => Instruction::Write { address: split(address), from },
            other => other,
        }
    }
}
