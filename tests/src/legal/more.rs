//! Steps that bring rows of their own: transposed, scattered, multiplied in f16, side by side, turned in windows.
//!
//! In: a maker.  Out: rows more, with their dispatches booked, nodes and bits.
//! Invariant: as in `steps`. f16 products are of small whole numbers, so that no order of additions shows.
//! Method: one function per step; `keep` writes what leaves.

use super::road::{Draft, Thing, Way};
use super::row::Row;
use super::steps::Leaving;
use super::{CONTEXT, Maker};
use arch::{Hemisphere, Mesh, Queue, SliceId, StreamId};
use graph::{DType, NodeId, ScalarOp, Tensor, half};
use program::{
    AccumulateMode, Address, AluOp, Burst, Instruction, LaneMap, MxmFormat, Operand, Packing, RecordContent,
    RecordField, Residency, WordSource,
};
use std::sync::Arc;

/// A square of bytes in every superlane.
const SIDE: u32 = 16;

impl Maker<'_> {
    /// The same table of i32 on every chip: its node, its numbers, and its rows in the image, byte `b` of row `r` at `place(r, b)`.
    fn table(&mut self, rows: u32, lanes: u32, place: impl Fn(u32, u8) -> (SliceId, u16)) -> (NodeId, Vec<u32>) {
        let id = self.graph.tensor(&format!("s{}", self.rows.len()), DType::I32, &[rows, lanes]);
        let table = self.graph.constant(id);
        let bits: Vec<u32> = (0..rows * lanes).map(|_| self.rng.next_u64() as u32).collect();
        let numbers = bits.iter().map(|bits| *bits as i32).collect();
        self.tables.insert(id, Arc::new(Tensor::i32(&[rows, lanes], numbers)));
        for (chip, row) in (0..self.chips).flat_map(|chip| (0..rows).map(move |row| (chip, row))) {
            for plane in 0..4 {
                let source = WordSource::Tensor { tensor: id, packing: Packing::Plane(plane) };
                let (slice, address) = place(row, plane);
                self.image.push(Residency { chip, slice, address, words: 1, source, row, step: 1 });
            }
        }
        (table, bits)
    }

    /// Reads one byte of each of some rows onto streams `first` and after, all at the SXM of `half` in `cycle`.
    fn at_edge(&self, draft: &mut Draft, half: Hemisphere, places: &[(SliceId, u16)], (first, cycle): (u8, i64)) {
        let sxm = self.road.geometry.sxm(half);
        for ((slice, address), number) in places.iter().zip(first..) {
            let stream = StreamId::new(half.outward(), number);
            let from = self.road.geometry.slice(*slice);
            let way = self.road.travel(stream.direction, from, sxm).expect("outward leads to the edge");
            let departs = cycle - way;
            let read = Instruction::Read { address: Address::fixed(*address), to: stream };
            draft.at(departs - i64::from(self.road.chip.latency.mem_read), Queue::MemRead(*slice), read);
            draft.ways.push(Way { stream, from, to: sxm, departs });
        }
    }

    /// A table of 16 x 16 transposed byte after byte; one row of it is kept.
    pub(super) fn transpose(&mut self) {
        let half = self.rng.pick(&Hemisphere::BOTH);
        let slices = self.slices(half, SIDE as usize);
        let address = self.words(&slices, 4);
        let (table, bits) = self.table(SIDE, SIDE, |row, plane| (slices[row as usize], address + u16::from(plane)));
        let turned = self.graph.permute_axes(table, &[1, 0]);
        let row = self.below(u64::from(SIDE)) as u32;
        let node = self.graph.rows(turned, row, 1);
        let mut made: Vec<u32> = (0..SIDE).map(|lane| bits[(lane * SIDE + row) as usize]).collect();
        made.resize(320, 0);
        let (from, to, first) = (self.rng.pick(&[0u8, 16]), self.rng.pick(&[0u8, 16]), self.below(2) as u8);
        let latency = i64::from(self.road.chip.latency.sxm_transpose);
        let (mut draft, mut leaving) = (Draft::default(), Leaving::new());
        for byte in 0..4u8 {
            let places: Vec<_> = slices.iter().map(|slice| (*slice, address + u16::from(byte))).collect();
            let cycle = i64::from(byte);
            self.at_edge(&mut draft, half, &places, (from, cycle));
            draft.at(cycle, Queue::Transposer(half, (byte + first) % 2), Instruction::Transpose { from, to });
            self.leave(&mut draft, &mut leaving, (half, to, SIDE as u8), (to + row as u8, cycle + latency));
        }
        let chips = vec![(node, made); usize::from(self.chips)];
        let row = Row { slices, address, ready: 0, dtype: DType::I32, lanes: SIDE, limit: 125.0, chips };
        self.keep(draft, &leaving, 0, row);
    }

    /// Of `count` streams from `first` on that leave an SXM, one is wanted; the others pass nobody there.
    fn leave(
        &self,
        draft: &mut Draft,
        leaving: &mut Leaving,
        (half, first, count): (Hemisphere, u8, u8),
        (wanted, departs): (u8, i64),
    ) {
        let sxm = self.road.geometry.sxm(half);
        for number in first..first + count {
            let stream = StreamId::new(half.inward(), number);
            match number == wanted {
                true => leaving.push((stream, sxm, departs)),
                false => draft.ways.push(Way { stream, from: sxm, to: sxm, departs }),
            }
        }
    }

    /// Three or four rows turned in every superlane; one turn of one row is kept.
    pub(super) fn rotate(&mut self) {
        let half = self.rng.pick(&Hemisphere::BOTH);
        let size = 3 + self.below(2) as u8;
        let slices = self.slices(half, 4 * usize::from(size));
        let address = self.words(&slices, 1);
        let home = |row: u32, plane: u8| slices[usize::from(size) * usize::from(plane) + row as usize];
        let (table, bits) = self.table(u32::from(size), 320, |row, plane| (home(row, plane), address));
        let (row, turn) = (self.below(u64::from(size)) as u8, self.below(u64::from(size)) as usize);
        let node = self.graph.rows(table, u32::from(row), 1);
        let map: Vec<u16> = (0..SIDE as usize).map(|lane| ((lane + turn) % SIDE as usize) as u16).collect();
        let node = self.graph.permute_lanes(node, &map);
        let bits = &bits[320 * usize::from(row)..320 * (usize::from(row) + 1)];
        let made: Vec<u32> = (0..320).map(|at| bits[at / 16 * 16 + (at + turn) % 16]).collect();
        let (from, to) = (4 * self.below(8) as u8, self.rng.pick(&[0u8, 16]));
        let latency = i64::from(self.road.chip.latency.sxm_rotate);
        let (mut draft, mut leaving) = (Draft::default(), Leaving::new());
        for byte in 0..4u8 {
            let places: Vec<_> = (0..u32::from(size)).map(|row| (home(row, byte), address)).collect();
            let cycle = i64::from(byte);
            self.at_edge(&mut draft, half, &places, (from, cycle));
            draft.at(cycle, Queue::Transposer(half, byte % 2), Instruction::Rotate { from, to, size });
            let wanted = to + size * row + turn as u8;
            self.leave(&mut draft, &mut leaving, (half, to, size * size), (wanted, cycle + latency));
        }
        let chips = vec![(node, made); usize::from(self.chips)];
        let row = Row { slices, address, ready: 0, dtype: DType::I32, lanes: 320, limit: 125.0, chips };
        self.keep(draft, &leaving, 0, row);
    }

    /// An input of `lanes` lanes, the same on every chip.
    fn narrow_input(&mut self, half: Hemisphere, lanes: u32) -> Row {
        let slices = self.slices(half, 4);
        let address = self.words(&slices, 1);
        let name = format!("n{}.{address}", self.rows.len());
        let node = self.graph.input(&name, DType::I32, &[1, lanes]);
        let mut bits: Vec<u32> = (0..lanes).map(|_| self.rng.next_u64() as u32).collect();
        self.inputs.insert(name.clone(), Tensor::i32(&[1, lanes], bits.iter().map(|bits| *bits as i32).collect()));
        for (plane, slice) in (0..).zip(&slices) {
            let content = RecordContent::Input { name: name.clone(), plane };
            self.record.push(RecordField { slice: *slice, address, content });
        }
        bits.resize(320, 0);
        let chips = vec![(node, bits); usize::from(self.chips)];
        Row { slices, address, ready: 0, dtype: DType::I32, lanes, limit: 125.0, chips }
    }

    /// Two rows side by side in one: the first is turned to the top, then both are shifted together.
    pub(super) fn beside(&mut self) {
        let half = self.rng.pick(&Hemisphere::BOTH);
        let first = 1 + self.below(319) as u32;
        let below = self.narrow_input(half, first);
        let top = self.turned_up(half, &below);
        let above = self.narrow_input(half, 320 - first);
        if above.slices.iter().any(|slice| top.slices.contains(slice)) {
            return;
        }
        let joined = self.graph.copy(1, &[below.chips[0].0, above.chips[0].0]);
        let bits = [&below.chips[0].1[..first as usize], &above.chips[0].1[..320 - first as usize]].concat();
        let sxm = self.road.geometry.sxm(half);
        let latency = i64::from(self.road.chip.latency.sxm_permute);
        let (mut draft, mut leaving) = (Draft::default(), Leaving::new());
        let inward = self.streams(half.inward(), 4);
        for (byte, to) in (0..4u8).zip(&inward) {
            let cycle = i64::from(byte) * 2;
            let place = |row: &Row| (row.slices[usize::from(byte)], row.address);
            self.at_edge(&mut draft, half, &[place(&above), place(&top)], (4 + 2 * byte, cycle));
            let (north, south) = (4 + 2 * byte, 5 + 2 * byte);
            let shift = Instruction::Shift { north, south, lanes: first as u16, to: to.number };
            draft.at(cycle, Queue::Permuter(half), shift);
            leaving.push((*to, sxm, cycle + latency));
        }
        let chips = vec![(joined, bits); usize::from(self.chips)];
        self.keep(draft, &leaving, top.ready, Row { lanes: 320, chips, ..above });
    }

    /// The row with its first lanes at the top of the word, where no claim names it.
    fn turned_up(&mut self, half: Hemisphere, row: &Row) -> Row {
        let lanes = 320 - row.lanes as u16;
        let after = self.road.chip.latency.sxm_permute;
        let (draft, leaving) = self.turn(row, (half, 1, after), |_, from, to| {
            (Queue::Permuter(half), Instruction::Shift { north: from, south: from, lanes, to })
        });
        self.keep_in(half, draft, &leaving, row.ready, row.clone());
        let turned = self.rows.pop().expect("it was kept a line above");
        let map = LaneMap::rotation(lanes);
        let moved = |bits: &[u32]| map.from.iter().map(|lane| bits[usize::from(*lane)]).collect();
        let chips = turned.chips.iter().map(|(node, bits)| (*node, moved(bits))).collect();
        Row { chips, ..turned }
    }

    /// A row scattered into a state at the token's position; the state's row of that position is gathered.
    pub(super) fn store(&mut self, row: &Row) {
        let half = if row.half() == Hemisphere::West { Hemisphere::East } else { Hemisphere::West };
        let (slices, index) = (self.slices(half, 4), self.position_node());
        let first = self.words(&slices, CONTEXT);
        let mut chips = Vec::new();
        for (chip, (node, bits)) in (0..self.chips).zip(&row.chips) {
            let name = format!("state{}.{chip}", self.rows.len());
            let state = self.graph.state(&name, row.dtype, &[u32::from(CONTEXT), 320]);
            let next = self.graph.scatter(state, *node, index);
            self.graph.update(state, next);
            chips.push((self.graph.gather(next, index), bits.clone()));
            for (plane, slice) in (0..).zip(&slices) {
                let source = WordSource::State { node: state, plane };
                let residency =
                    Residency { chip, slice: *slice, address: first, words: CONTEXT, source, row: 0, step: 1 };
                self.image.push(residency);
            }
        }
        let map = self.map_of(half, &row.slices, first);
        let latency = self.road.chip.latency.clone();
        let (read, stream) = (i64::from(latency.mem_read), self.streams(half.outward(), 5));
        let mut draft = Draft { region: first, ..Draft::default() };
        self.send_map(&mut draft, (map, stream[4]), &slices);
        for ((slice, from), data) in slices.iter().zip(&row.slices).zip(&stream) {
            let cycle = read + self.way(stream[4], map.0, *slice);
            let departs = cycle - self.way(*data, *from, *slice);
            let word = Instruction::Read { address: Address::fixed(row.address), to: *data };
            draft.at(departs - read, Queue::MemRead(*from), word);
            let (from, to) = (self.road.geometry.slice(*from), self.road.geometry.slice(*slice));
            draft.ways.push(Way { stream: *data, from, to, departs });
            draft.at(cycle, Queue::MemWrite(*slice), Instruction::Scatter { map: stream[4], from: *data });
        }
        let start = self.road.book(&draft, row.ready.max(self.start()));
        let last = draft.bursts.iter().map(|(cycle, ..)| *cycle).max().unwrap_or(0);
        let ready = (start + last) as u64 + u64::from(latency.mem_write);
        self.gathered((map, first, &slices), ready, Row { chips, ..row.clone() });
    }

    /// f32 of small whole numbers, made f16 by an ALU, times a tile of f16: half of the lanes, then the other half.
    pub(super) fn product_f16(&mut self) {
        let half = self.rng.pick(&Hemisphere::BOTH);
        let groups = 1 + self.below(3) as u32;
        let columns = 16 * groups;
        let other = if half == Hemisphere::West { Hemisphere::East } else { Hemisphere::West };
        let row = self.narrow_input(other, 320);
        let name = self.record.last().and_then(|field| match &field.content {
            RecordContent::Input { name, .. } => Some(name.clone()),
            RecordContent::Map { .. } => None,
        });
        let small: Vec<i32> = (0..320).map(|_| self.rng.below(17) as i32 - 8).collect();
        self.inputs.insert(name.expect("an input was put there"), Tensor::i32(&[1, 320], small.clone()));
        let slices = self.slices(half, 16);
        let address = self.words(&slices, 2 * groups as u16);
        let id = self.graph.tensor(&format!("f{}", self.rows.len()), DType::F16, &[columns, 320]);
        let weights = self.graph.constant(id);
        let levels: Vec<i32> = (0..columns * 320).map(|_| self.rng.below(9) as i32 - 4).collect();
        let halves = levels.iter().map(|level| half::f32_to_f16(*level as f32)).collect();
        self.tables.insert(id, Arc::new(Tensor::f16(&[columns, 320], halves)));
        let real = self.graph.scalar(ScalarOp::I32ToF32, &[row.chips[0].0]);
        let narrow = self.graph.scalar(ScalarOp::F32ToF16, &[real]);
        let node = self.graph.matmul(narrow, weights);
        let mut made: Vec<u32> = levels
            .chunks(320)
            .map(|column| column.iter().zip(&small).map(|(weight, level)| weight * level).sum::<i32>() as f32)
            .map(f32::to_bits)
            .collect();
        made.resize(320, 0);
        let (draft, leaving) = self.halves((id, groups), (&slices, address), half, &row);
        let chips = vec![(node, made); usize::from(self.chips)];
        let made = Row { dtype: DType::F32, lanes: columns, limit: 10_240.0, chips, ..row };
        self.keep(draft, &leaving, 0, made);
    }

    /// Two tiles, each with the half of the lanes that it serves, and the row that meets them on the way from two ALUs.
    fn halves(
        &mut self,
        (id, groups): (graph::TensorId, u32),
        (slices, address): (&[SliceId], u16),
        half: Hemisphere,
        row: &Row,
    ) -> (Draft, Leaving) {
        let latency = self.road.chip.latency.clone();
        let (mxm, vxm) = (self.road.geometry.mxm(half), self.road.geometry.vxm());
        let first = self.rng.pick(&[0u8, 16]);
        let pair = StreamId::new(half.outward(), (first ^ 16) + 2 * self.below(8) as u8);
        let into = self.road.travel(pair.direction, vxm, mxm).expect("outward leads to the edge");
        let into = into + i64::from(latency.vxm_entry + latency.vxm_alu);
        let mut draft = Draft::default();
        let (mut start, mut sent) = (0, 0);
        let (slot, emit) = (self.slots % self.road.chip.accumulators, 4 * self.below(8) as u8);
        self.slots += 1;
        // The row enters on other streams than those on which it leaves for the MXM.
        let other = |group: u8| if group == pair.number / 4 { (group + 1) % 8 } else { group };
        let entries = [self.below(8) as u8, self.below(8) as u8].map(other);
        for (lanes, group) in (0..2u8).zip(entries) {
            let tile = (id, groups, Packing::Half(lanes));
            self.tile_at(&mut draft, tile, slices, (half, first, address + u16::from(lanes) * groups as u16), start);
            let load = Burst { instruction: Instruction::Load { group: 0, from: first }, count: groups, interval: 1 };
            draft.bursts.push((start, Queue::MxmWeights(half, 0), load));
            let installed = start + i64::from(groups) + self.below(3) as i64;
            (0..2).for_each(|plane| draft.at(installed, Queue::MxmWeights(half, plane), Instruction::Install));
            sent = installed + i64::from(latency.mxm_install) + self.below(3) as i64;
            let meet = sent - into - i64::from(latency.vxm_alu);
            let entering = StreamId::new(row.half().inward(), 4 * group);
            let streams: Vec<StreamId> =
                (0..4).map(|byte| StreamId::new(entering.direction, 4 * group + byte)).collect();
            self.fetch(&mut draft, row, &streams, (vxm, [meet; 4]));
            let (real, half_wide) = self.two_alus(entering, pair);
            let alu = |op, dtype, a, to| Instruction::Alu(AluOp { op, dtype, a, b: Operand::None, to });
            draft.at(meet, Queue::Alu(real), alu(ScalarOp::I32ToF32, DType::I32, Operand::Stream(entering), None));
            let narrow = alu(ScalarOp::F32ToF16, DType::F32, Operand::Alu(real), Some(pair));
            draft.at(meet + i64::from(latency.vxm_alu), Queue::Alu(half_wide), narrow);
            for byte in 0..2 {
                let stream = StreamId::new(pair.direction, pair.number + byte);
                let departs = sent - into + i64::from(latency.vxm_entry + latency.vxm_alu);
                draft.ways.push(Way { stream, from: vxm, to: mxm, departs });
            }
            let format = MxmFormat::F16 { half: lanes };
            draft.at(sent, Queue::MxmActivate(half, 0), Instruction::Activate { from: pair.number, format });
            let (mode, emit) = if lanes == 0 { (AccumulateMode::Set, None) } else { (AccumulateMode::Add, Some(emit)) };
            let accumulate = Instruction::Accumulate { slot, step: 0, mode, emit };
            draft.at(sent + latency.mxm_product().0 as i64, Queue::MxmAccumulate(half, 0), accumulate);
            start = sent + 1;
        }
        let planes = 2 * half.index() as u8;
        (0..2).for_each(|plane| draft.things.push((Thing::Plane(planes + plane), 0, sent)));
        let departs = sent + latency.mxm_product().0 as i64 + i64::from(latency.mxm_accumulate);
        let leaving = (0..4).map(|byte| (StreamId::new(half.inward(), emit + byte), mxm, departs)).collect();
        (draft, leaving)
    }

    /// An ALU that reaches `from`, and one that hears it and reaches `to`.
    fn two_alus(&mut self, from: StreamId, to: StreamId) -> (u8, u8) {
        let (mesh, alus) = (Mesh::new(&self.road.chip), 0..self.road.chip.alus);
        let pairs = alus.clone().flat_map(|first| alus.clone().map(move |second| (first, second)));
        let leads = |(first, second): &(u8, u8)| {
            let apart = first != second && !mesh.between(*first, *second).is_empty();
            apart && mesh.reaches(*first, from) && mesh.reaches(*second, to)
        };
        self.rng.pick(&pairs.filter(leads).collect::<Vec<_>>())
    }
}
