//! The steps by which a pool of rows grows.
//!
//! In: a maker.  Out: one row more per chip, with its dispatches booked, its node and its bits.
//! Invariant: every cycle is a sum of latencies and ways of `arch`, counted from the cycle in which the operands meet.
//! Method: one function per step; all of them drive four bytes that `keep` writes into four fresh words.

use super::road::{Draft, Thing, Way};
use super::row::{LIMIT, Row, lane};
use super::{CONTEXT, Maker};
use arch::{Hemisphere, Mesh, Queue, SliceId, Station, StreamId, local_link};
use graph::{Arg, DType, Expr, NodeId, ScalarOp, Tensor};
use program::{
    AccumulateMode, Address, AluOp, Burst, Instruction, LaneMap, MxmFormat, Operand, Packing, RecordContent,
    RecordField, Residency, WordSource,
};
use std::sync::Arc;

/// Four bytes on streams: where and when each departs.
pub(super) type Leaving = Vec<(StreamId, Station, i64)>;

impl Maker<'_> {
    /// Takes one step.
    pub(super) fn step(&mut self) {
        let row = self.pick_row();
        match self.below(14) {
            9 => self.transpose(),
            10 => self.rotate(),
            11 => self.beside(),
            12 if row.lanes == 320 => self.store(&row),
            13 => self.product_f16(),
            0 => self.copy(&row),
            1..=3 => self.chain(&row),
            4 => self.distribute(&row),
            5 if row.lanes == 320 => self.permute(&row),
            6 => self.look_up(),
            7 if row.lanes == 320 && row.dtype == DType::I32 => self.product(&row),
            8 if 1 < self.chips => self.send(&row),
            _ => self.copy(&row),
        }
    }

    fn pick_row(&mut self) -> Row {
        let index = self.below(self.rows.len() as u64) as usize;
        self.rows[index].clone()
    }

    /// Reads byte after byte so that byte k is sampled at `to` in cycle `cycles[k]`.
    pub(super) fn fetch(&self, draft: &mut Draft, row: &Row, streams: &[StreamId], (to, cycles): (Station, [i64; 4])) {
        for ((slice, stream), cycle) in row.slices.iter().zip(streams).zip(cycles) {
            let from = self.road.geometry.slice(*slice);
            let way = self.road.travel(stream.direction, from, to).expect("the stream was chosen to lead there");
            let departs = cycle - way;
            let dispatch = departs - i64::from(self.road.chip.latency.mem_read);
            let read = Instruction::Read { address: Address::fixed(row.address), to: *stream };
            draft.at(dispatch, Queue::MemRead(*slice), read);
            draft.ways.push(Way { stream: *stream, from, to, departs });
        }
    }

    /// Books `draft` with the writes of what leaves, and adds the row that `chips` tells of.
    pub(super) fn keep(&mut self, draft: Draft, leaving: &Leaving, earliest: u64, row: Row) {
        let half = self.rng.pick(&Hemisphere::BOTH);
        self.keep_in(half, draft, leaving, earliest, row);
    }

    /// The same, in a half if that can be.
    pub(super) fn keep_in(&mut self, wanted: Hemisphere, mut draft: Draft, leaving: &Leaving, earliest: u64, row: Row) {
        let Row { dtype, lanes, limit, chips, .. } = row;
        // Slices downstream, all in one half, that the draft does not read; a half without four of them gives way to the other.
        let used = draft.slices();
        let mut tries = 0;
        let slices = loop {
            let half = if 20 < tries { self.rng.pick(&Hemisphere::BOTH) } else { wanted };
            tries += 1;
            let slices = self.slices(half, 4);
            let leads = |((stream, from, _), slice): (&(StreamId, Station, i64), &SliceId)| {
                self.road.travel(stream.direction, *from, self.road.geometry.slice(*slice)).is_some()
            };
            if slices.iter().all(|slice| !used.contains(slice)) && leaving.iter().zip(&slices).all(leads) {
                break slices;
            }
        };
        let address = self.words(&slices, 1);
        let mut last = 0;
        for ((stream, from, departs), slice) in leaving.iter().zip(&slices) {
            let to = self.road.geometry.slice(*slice);
            let way = self.road.travel(stream.direction, *from, to).expect("asked above");
            draft.at(
                departs + way,
                Queue::MemWrite(*slice),
                Instruction::Write { address: Address::fixed(address), from: *stream },
            );
            draft.ways.push(Way { stream: *stream, from: *from, to, departs: *departs });
            last = last.max(departs + way);
        }
        let gap = self.below(4);
        let start = self.road.book(&draft, earliest.max(self.start()) + gap);
        let ready = (start + last) as u64 + u64::from(self.road.chip.latency.mem_write);
        self.rows.push(Row { slices, address, ready, dtype, lanes, limit, chips });
    }

    /// Maps a row chip by chip.
    fn per_chip(
        &mut self,
        row: &Row,
        mut node: impl FnMut(&mut Self, NodeId) -> NodeId,
        bits: impl Fn(&[u32]) -> Vec<u32>,
    ) -> Row {
        let chips = row.chips.iter().map(|(old, lanes)| (node(self, *old), bits(lanes))).collect();
        Row { chips, ..row.clone() }
    }

    fn copy(&mut self, row: &Row) {
        // From slices in the middle both directions lead to four others; from the edges only one does.
        let direction = row.half().inward();
        let streams = self.streams(direction, 4);
        let mut draft = Draft::default();
        let mut leaving = Leaving::new();
        for (slice, stream) in row.slices.iter().zip(&streams) {
            let from = self.road.geometry.slice(*slice);
            let read = Instruction::Read { address: Address::fixed(row.address), to: *stream };
            draft.at(0, Queue::MemRead(*slice), read);
            leaving.push((*stream, from, i64::from(self.road.chip.latency.mem_read)));
        }
        self.keep(draft, &leaving, row.ready, row.clone());
    }

    /// One to four operations, each ALU taking the result of the one before.
    fn chain(&mut self, first: &Row) {
        let (latency, vxm) = (self.road.chip.latency.clone(), self.road.geometry.vxm());
        let mut draft = Draft::default();
        let mut groups: Vec<u8> = (0..8).collect();
        let (mut value, mut earliest) = (first.clone(), first.ready);
        let count = 1 + self.below(4) as usize;
        let (mesh, alus) = (Mesh::new(&self.road.chip), self.alus(count));
        let to = {
            let direction = self.rng.pick(&arch::Direction::BOTH);
            let groups: Vec<u8> = mesh.window(mesh.row(alus[count - 1])).collect();
            StreamId::new(direction, 4 * self.rng.pick(&groups))
        };
        let mut operand = Operand::Stream(self.entering(&mut draft, first, (&mut groups, alus[0]), 0));
        for (step, alu) in alus.iter().enumerate() {
            let cycle = step as i64 * i64::from(latency.vxm_alu);
            let dtype = value.dtype;
            let choices: &[ScalarOp] = match dtype {
                DType::F32 => &[ScalarOp::Add, ScalarOp::Sub, ScalarOp::Mul, ScalarOp::Max, ScalarOp::Min],
                _ => &[
                    ScalarOp::Add,
                    ScalarOp::AddSat,
                    ScalarOp::Mul,
                    ScalarOp::Max,
                    ScalarOp::And,
                    ScalarOp::Or,
                    ScalarOp::Xor,
                    ScalarOp::ShiftRightSigned,
                    ScalarOp::I32ToF32,
                ],
            };
            let mut op = self.rng.pick(choices);
            let other = self.pick_row();
            let apart = other.slices.iter().all(|slice| !draft.slices().contains(slice));
            let is_near = mesh.window(mesh.row(*alu)).any(|group| groups.contains(&group));
            let fits = other.dtype == dtype && other.lanes == value.lanes && is_near && apart;
            let (b, made) = if op.arity() == 1 {
                let made = self.mapped(&value, op, None);
                (Operand::None, made)
            } else if fits && self.below(2) == 0 {
                if LIMIT < value.limit * other.limit {
                    op = ScalarOp::Max;
                }
                let stream = self.entering(&mut draft, &other, (&mut groups, *alu), cycle);
                earliest = earliest.max(other.ready);
                (Operand::Stream(stream), self.mapped(&value, op, Some(&other)))
            } else {
                if LIMIT < value.limit * 8.0 {
                    op = ScalarOp::Min;
                }
                let number = self.below(9) as i32 - 4;
                let bits = if dtype == DType::F32 { (number as f32 / 2.0).to_bits() } else { number as u32 };
                (Operand::Immediate(bits), self.with_immediate(&value, op, bits))
            };
            value = made;
            let goal = (step + 1 == count).then_some(to);
            draft.at(cycle, Queue::Alu(*alu), Instruction::Alu(AluOp { op, dtype, a: operand, b, to: goal }));
            operand = Operand::Alu(*alu);
        }
        let departs = (count as i64 - 1) * i64::from(latency.vxm_alu) + i64::from(latency.vxm_entry + latency.vxm_alu);
        let leaving = (0..4).map(|byte| (StreamId::new(to.direction, to.number + byte), vxm, departs)).collect();
        self.keep(draft, &leaving, earliest, value);
    }

    /// So many different ALUs, each of which hears the one before.
    fn alus(&mut self, count: usize) -> Vec<u8> {
        let (mesh, all) = (Mesh::new(&self.road.chip), 0..self.road.chip.alus);
        let mut alus: Vec<u8> = Vec::new();
        for _ in 0..count {
            let hears = |alu: &u8| alus.last().is_none_or(|&last| !mesh.between(last, *alu).is_empty());
            let next: Vec<u8> = all.clone().filter(|alu| !alus.contains(alu) && hears(alu)).collect();
            alus.push(self.rng.pick(&next));
        }
        alus
    }

    /// The first of four streams on which a row meets an ALU in `cycle`, of one of these groups.
    fn entering(&mut self, draft: &mut Draft, row: &Row, (groups, alu): (&mut Vec<u8>, u8), cycle: i64) -> StreamId {
        let mesh = Mesh::new(&self.road.chip);
        let near: Vec<u8> = mesh.window(mesh.row(alu)).filter(|group| groups.contains(group)).collect();
        let group = self.rng.pick(&near);
        groups.retain(|other| *other != group);
        let first = StreamId::new(row.half().inward(), 4 * group);
        let streams: Vec<StreamId> = (0..4).map(|byte| StreamId { number: first.number + byte, ..first }).collect();
        self.fetch(draft, row, &streams, (self.road.geometry.vxm(), [cycle; 4]));
        first
    }

    fn mapped(&mut self, a: &Row, op: ScalarOp, b: Option<&Row>) -> Row {
        let mut chips = Vec::new();
        for (chip, (node, bits)) in a.chips.iter().enumerate() {
            let other = b.map_or((*node, bits), |b| (b.chips[chip].0, &b.chips[chip].1));
            let inputs: Vec<NodeId> = if b.is_some() { vec![*node, other.0] } else { vec![*node] };
            let made = self.graph.scalar(op, &inputs);
            let pairs = bits.iter().zip(other.1).take(a.lanes as usize);
            chips.push((made, pairs.map(|(x, y)| lane(op, a.dtype, *x, *y)).collect()));
        }
        self.made(a, op, b.map_or(1.0, |b| b.limit), chips)
    }

    fn with_immediate(&mut self, a: &Row, op: ScalarOp, immediate: u32) -> Row {
        let mut chips = Vec::new();
        for (node, bits) in &a.chips {
            let mut expr = Expr::default();
            expr.push(op, &[Arg::Input(0), Arg::Immediate(immediate)]);
            let made = self.graph.map(expr, &[*node]);
            let lanes = bits.iter().take(a.lanes as usize);
            chips.push((made, lanes.map(|x| lane(op, a.dtype, *x, immediate)).collect()));
        }
        self.made(a, op, 2.0, chips)
    }

    fn made(&self, a: &Row, op: ScalarOp, other: f64, mut chips: Vec<(NodeId, Vec<u32>)>) -> Row {
        let limit = match op {
            ScalarOp::Mul => a.limit.max(1.0) * other.max(1.0),
            ScalarOp::I32ToF32 => 2147483648.0,
            _ => a.limit + other,
        };
        chips.iter_mut().for_each(|(_, bits)| bits.resize(320, 0));
        let dtype = if op == ScalarOp::I32ToF32 { DType::F32 } else { a.dtype };
        Row { dtype, limit, chips, ..a.clone() }
    }

    /// Streams outward to a half's edge and back; the SXM samples byte k in cycle `k * stagger` and takes `latency`.
    pub(super) fn turn(
        &mut self,
        row: &Row,
        (half, stagger, latency): (Hemisphere, i64, u32),
        mut issue: impl FnMut(u8, u8, u8) -> (Queue, Instruction),
    ) -> (Draft, Leaving) {
        let sxm = self.road.geometry.sxm(half);
        let (outward, inward) = (self.streams(half.outward(), 4), self.streams(half.inward(), 4));
        let cycles = std::array::from_fn(|byte| byte as i64 * stagger);
        let mut draft = Draft::default();
        self.fetch(&mut draft, row, &outward, (sxm, cycles));
        let mut leaving = Leaving::new();
        for byte in 0..4u8 {
            let cycle = cycles[usize::from(byte)];
            let (from, to) = (outward[usize::from(byte)], inward[usize::from(byte)]);
            let (queue, instruction) = issue(byte, from.number, to.number);
            draft.at(cycle, queue, instruction);
            leaving.push((to, sxm, cycle + i64::from(latency)));
        }
        (draft, leaving)
    }

    /// The lanes of every superlane in another order.
    fn distribute(&mut self, row: &Row) {
        let mut map: [u8; 16] = std::array::from_fn(|lane| lane as u8);
        (1..16).for_each(|lane| map.swap(lane, self.rng.below(lane as u64 + 1) as usize));
        let half = self.rng.pick(&Hemisphere::BOTH);
        let after = self.road.chip.latency.sxm_distribute;
        let first = self.below(4) as u8;
        let (draft, leaving) = self.turn(row, (half, 0, after), |byte, from, to| {
            (Queue::Distributor(half, (byte + first) % 4), Instruction::Distribute { from, to, map })
        });
        let wide: Vec<u16> = map.iter().map(|lane| u16::from(*lane)).collect();
        let moved = |bits: &[u32]| (0..320).map(|at| bits[at / 16 * 16 + usize::from(map[at % 16])]).collect();
        let made = self.per_chip(row, |maker, node| maker.graph.permute_lanes(node, &wide), moved);
        self.keep(draft, &leaving, row.ready, made);
    }

    /// All lanes in another order, by a map or by a shift of the row beside itself.
    fn permute(&mut self, row: &Row) {
        let half = self.rng.pick(&Hemisphere::BOTH);
        let after = self.road.chip.latency.sxm_permute;
        let stagger = 1 + self.below(3) as i64;
        let lanes = 1 + self.below(319) as u16;
        let mut map = LaneMap::rotation(lanes);
        let number = self.maps.len() as u16;
        let by_map = self.below(2) == 0;
        if by_map {
            (1..320).for_each(|lane| map.from.swap(lane, self.rng.below(lane as u64 + 1) as usize));
            self.maps.push(map.clone());
        }
        let (draft, leaving) = self.turn(row, (half, stagger, after), |_, from, to| {
            let permute = Instruction::Permute { from, to, map: number };
            let shift = Instruction::Shift { north: from, south: from, lanes, to };
            (Queue::Permuter(half), if by_map { permute } else { shift })
        });
        let moved = |bits: &[u32]| map.from.iter().map(|lane| bits[usize::from(*lane)]).collect();
        let made = self.per_chip(row, |maker, node| maker.graph.permute_lanes(node, &map.from), moved);
        self.keep(draft, &leaving, row.ready, made);
    }

    /// A row to the neighbour whose number differs in some bits.
    fn send(&mut self, row: &Row) {
        let distance = 1 + self.below(u64::from(self.chips) - 1) as u16;
        let link = local_link(distance);
        let latency = self.road.chip.latency.clone();
        let stagger = i64::from(latency.link_vector) + self.below(3) as i64;
        let crossing = latency.link_crossing().0 as u32 + latency.link_receive;
        let mut goals = Vec::new();
        let (mut draft, leaving) = self.turn(row, (link.hemisphere, stagger, crossing), |_, from, to| {
            goals.push(to);
            (Queue::LinkSend(link), Instruction::Send { from })
        });
        for (byte, to) in (0..).zip(goals) {
            let landed = byte * stagger + latency.link_crossing().0 as i64;
            draft.at(landed, Queue::LinkReceive(link), Instruction::Receive { to });
        }
        draft.things.push((Thing::Link(Queue::LinkSend(link)), 0, 4 * stagger));
        let chips = (0..usize::from(self.chips)).map(|chip| row.chips[chip ^ usize::from(distance)].clone()).collect();
        self.keep(draft, &leaving, row.ready, Row { chips, ..row.clone() });
    }

    /// The row of a table at the token's position.
    fn look_up(&mut self) {
        let half = self.rng.pick(&Hemisphere::BOTH);
        let slices = self.slices(half, 4);
        let first = self.words(&slices, CONTEXT);
        let id = self.graph.tensor(&format!("t{}", self.rows.len()), DType::F32, &[u32::from(CONTEXT), 320]);
        let table = self.graph.constant(id);
        let index = self.position_node();
        let values: Vec<f32> = (0..320 * u32::from(CONTEXT)).map(|_| self.rng.below(999) as f32 / 4.0).collect();
        for (chip, (plane, slice)) in (0..self.chips).flat_map(|chip| (0..).zip(&slices).map(move |each| (chip, each)))
        {
            let source = WordSource::Tensor { tensor: id, packing: Packing::Plane(plane) };
            self.image.push(Residency { chip, slice: *slice, address: first, words: CONTEXT, source, row: 0, step: 1 });
        }
        let row = usize::from(self.position) * 320;
        let bits: Vec<u32> = values[row..row + 320].iter().map(|value| value.to_bits()).collect();
        self.tables.insert(id, Arc::new(Tensor::f32(&[u32::from(CONTEXT), 320], values)));
        let node = self.graph.gather(table, index);
        let map = self.map_of(half, &[], first);
        let chips = vec![(node, bits); usize::from(self.chips)];
        let row = Row {
            slices: slices.clone(),
            address: first,
            ready: 0,
            dtype: DType::F32,
            lanes: 320,
            limit: 250.0,
            chips,
        };
        self.gathered((map, first, &slices), 0, row);
    }

    /// The token's position, as the graph names it.
    pub(super) fn position_node(&mut self) -> NodeId {
        if let Some((id, _)) = self.graph.graph().nodes.iter().find(|(_, node)| is_position(node)) {
            return id;
        }
        self.inputs.insert("position".to_owned(), Tensor::i32(&[1], vec![i32::from(self.position)]));
        self.graph.input("position", DType::I32, &[1])
    }

    /// A map to the word `first` plus the position, in a slice of the half other than `half` that is none of `others`.
    pub(super) fn map_of(&mut self, half: Hemisphere, others: &[SliceId], first: u16) -> (SliceId, u16) {
        let hemisphere = if half == Hemisphere::West { Hemisphere::East } else { Hemisphere::West };
        let slice = loop {
            let slice = SliceId { hemisphere, number: self.below(16) as u8 };
            if !others.contains(&slice) {
                break slice;
            }
        };
        let address = self.words(&[slice], 1);
        self.record.push(RecordField { slice, address, content: RecordContent::Map { base: first } });
        (slice, address)
    }

    /// Cycles of a way between slices.
    pub(super) fn way(&self, stream: StreamId, from: SliceId, to: SliceId) -> i64 {
        let (from, to) = (self.road.geometry.slice(from), self.road.geometry.slice(to));
        self.road.travel(stream.direction, from, to).expect("it lies beyond the VXM")
    }

    /// Reads a map in cycle 0; it passes all of `slices`.
    pub(super) fn send_map(
        &self,
        draft: &mut Draft,
        ((slice, address), map): ((SliceId, u16), StreamId),
        to: &[SliceId],
    ) {
        draft.at(0, Queue::MemRead(slice), Instruction::Read { address: Address::fixed(address), to: map });
        let farthest = to.iter().max_by_key(|slice| slice.number).expect("there are four");
        let (from, to) = (self.road.geometry.slice(slice), self.road.geometry.slice(*farthest));
        draft.ways.push(Way { stream: map, from, to, departs: i64::from(self.road.chip.latency.mem_read) });
    }

    /// Gathers the row at the token's position from four slices, no earlier than `ready`.
    pub(super) fn gathered(&mut self, (map, first, slices): ((SliceId, u16), u16, &[SliceId]), ready: u64, row: Row) {
        let half = slices[0].hemisphere;
        let stream = self.streams(half.outward(), 1)[0];
        let latency = self.road.chip.latency.clone();
        let mut draft = Draft { region: first, ..Draft::default() };
        self.send_map(&mut draft, (map, stream), slices);
        let goals = self.streams(half.inward(), 4);
        let mut leaving = Leaving::new();
        for (slice, to) in slices.iter().zip(&goals) {
            let cycle = i64::from(latency.mem_read) + self.way(stream, map.0, *slice);
            draft.at(cycle, Queue::MemRead(*slice), Instruction::Gather { map: stream, to: *to });
            leaving.push((*to, self.road.geometry.slice(*slice), cycle + i64::from(latency.mem_gather)));
        }
        self.keep(draft, &leaving, ready, row);
    }

    /// Reads `groups` words of 16 columns each from 16 slices, so that the MXM samples the first of them in cycle `sampled`.
    pub(super) fn tile_at(
        &mut self,
        draft: &mut Draft,
        (id, groups, packing): (graph::TensorId, u32, Packing),
        slices: &[SliceId],
        (half, first, address): (Hemisphere, u8, u16),
        sampled: i64,
    ) {
        let mxm = self.road.geometry.mxm(half);
        let read = i64::from(self.road.chip.latency.mem_read);
        for (column, slice) in (0..).zip(slices) {
            let source = WordSource::Tensor { tensor: id, packing };
            for chip in 0..self.chips {
                let (words, row) = (groups as u16, column);
                self.image.push(Residency { chip, slice: *slice, address, words, source, row, step: 16 });
            }
            let stream = StreamId::new(half.outward(), first + column as u8);
            let from = self.road.geometry.slice(*slice);
            let departs = sampled - self.road.travel(stream.direction, from, mxm).expect("outward leads to the edge");
            let instruction =
                Instruction::Read { address: Address { base: 0, offset: address, stride: 1 }, to: stream };
            let burst = Burst { instruction, count: groups, interval: 1 };
            draft.bursts.push((departs - read, Queue::MemRead(*slice), burst));
            draft.ways.extend((0..groups).map(|word| Way {
                stream,
                from,
                to: mxm,
                departs: departs + i64::from(word),
            }));
        }
    }

    /// Byte 0 of a row, as int8, times a tile of weights.
    fn product(&mut self, row: &Row) {
        let half = self.rng.pick(&Hemisphere::BOTH);
        let (groups, plane) = (1 + self.below(3) as u32, self.below(2) as u8);
        let columns = 16 * groups;
        let slices = loop {
            let slices = self.slices(half, 16);
            if !slices.contains(&row.slices[0]) {
                break slices;
            }
        };
        let address = self.words(&slices, groups as u16);
        let id = self.graph.tensor(&format!("w{}", self.rows.len()), DType::I8, &[columns, 320]);
        let weights = self.graph.constant(id);
        let levels: Vec<i8> = (0..columns * 320).map(|_| self.rng.next_u64() as i8).collect();
        self.tables.insert(id, Arc::new(Tensor::i8(&[columns, 320], levels.clone())));
        let latency = self.road.chip.latency.clone();
        let mxm = self.road.geometry.mxm(half);
        let first = self.rng.pick(&[0u8, 16]);
        let mut draft = Draft::default();
        self.tile_at(&mut draft, (id, groups, Packing::Plane(0)), &slices, (half, first, address), 0);
        let load = Burst { instruction: Instruction::Load { group: 0, from: first }, count: groups, interval: 1 };
        draft.bursts.push((0, Queue::MxmWeights(half, plane), load));
        let installed = i64::from(groups) + self.below(3) as i64;
        draft.at(installed, Queue::MxmWeights(half, plane), Instruction::Install);
        let sent = installed + i64::from(latency.mxm_install) + self.below(3) as i64;
        let from = StreamId::new(half.outward(), (first ^ 16) + self.below(16) as u8);
        let single = Row { slices: row.slices[..1].to_vec(), ..row.clone() };
        self.fetch(&mut draft, &single, &[from], (mxm, [sent; 4]));
        let activate = Instruction::Activate { from: from.number, format: MxmFormat::I8 };
        draft.at(sent, Queue::MxmActivate(half, plane), activate);
        let accumulated = sent + latency.mxm_product().0 as i64;
        let (slot, emit) = (self.slots % self.road.chip.accumulators, 4 * self.below(8) as u8);
        self.slots += 1;
        let accumulate = Instruction::Accumulate { slot, step: 0, mode: AccumulateMode::Set, emit: Some(emit) };
        draft.at(accumulated, Queue::MxmAccumulate(half, plane), accumulate);
        draft.things.push((Thing::Plane(2 * half.index() as u8 + plane), 0, sent));
        let departs = accumulated + i64::from(latency.mxm_accumulate);
        let leaving = (0..4).map(|byte| (StreamId::new(half.inward(), emit + byte), mxm, departs)).collect();
        let product = |bits: &[u32]| {
            let dot = |column: &[i8]| {
                let terms = column.iter().zip(bits).map(|(weight, bits)| i32::from(*weight) * i32::from(*bits as i8));
                terms.fold(0i32, i32::wrapping_add) as u32
            };
            let mut made: Vec<u32> = levels.chunks(320).map(dot).collect();
            made.resize(320, 0);
            made
        };
        let node = |maker: &mut Self, node| {
            let digit = maker.graph.digits(node, 1);
            maker.graph.matmul(digit, weights)
        };
        let made = self.per_chip(row, node, product);
        self.keep(draft, &leaving, row.ready, Row { lanes: columns, ..made });
    }
}

fn is_position(node: &graph::Node) -> bool {
    matches!(&node.op, graph::Op::Input { name } if name == "position")
}
