//! What lowers decoding steps: a hand (nodes and tables), and what rows, chips and stages need beside it.
//!
//! In: calls of the lowering.  Out: nodes with their tables, and the stage's work list.
//! Invariant: every value is `[rows, lanes]` with at most 320 lanes.

use super::hand::{Hand, Source};
use super::vector::Vector;
use super::weights::Coded;
use crate::encoded::Encoded;
use crate::kernel::{Exchange, Fetch, Kernel, Place, Stage, Stored, Work};
use crate::model::Llama;
use crate::share::Share;
use crate::tables::LANES;
use crate::twins::{Block, Blocks};
use crate::{CompileError, Format, Linear};
use arch::Chip;
use graph::{DType, Elements, NodeId, TensorId};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use units::Span;

/// State of the lowering.
pub struct Emitter<'a> {
    /// Nodes and tables so far.
    pub hand: Hand<'a>,
    /// The recognised model.
    pub llama: &'a Llama,
    /// Most rows that one chain carries: the accumulators of a plane.
    pub chain_rows: u32,
    /// Where states lie.
    pub places: BTreeMap<NodeId, Place>,
    /// Weights that are read when a node is known.
    pub awaited: BTreeMap<NodeId, NodeId>,
    /// Rows of the caches, and of tables that have a row per position.
    pub cached: u32,
    /// Rows of everything that a token makes for each position that it attends to.
    pub positions: u32,
    /// Layers whose attention the body under way has.
    attentions: Vec<usize>,
    /// Nodes of each attention of the first body, on the first chip.
    pub attended: Vec<Span>,
    stage: Stage,
    /// The row that is emitted.
    row: usize,
    /// Work of the stage, by row.
    work: Vec<Vec<Work>>,
    /// Tables and what is made of them alone, in the order in which the first row asked for them ...
    made: Vec<NodeId>,
    /// ... and how many each row has asked for.
    asked: Vec<usize>,
    /// What each chip holds.
    shares: &'a [Share],
    /// Whose turn it is.
    chip: usize,
    /// Blocks of the layer or head under way, by chip.
    blocks: Vec<Blocks>,
    /// Where the block under way began.
    begun: Block,
    /// Caches by name.
    states: BTreeMap<String, NodeId>,
    /// Matrices of the layer under way, made once for all chips.
    coded: BTreeMap<TensorId, Rc<Coded>>,
    /// Those of the stages before.
    pub encoded: Encoded,
}

impl<'a> Emitter<'a> {
    /// Nothing emitted.
    pub fn new(source: Source<'a>, llama: &'a Llama, shares: &'a [Share], chip: &Chip) -> Self {
        let hand = Hand::new(source, chip);
        let least = hand.rows_least();
        Emitter {
            hand,
            llama,
            chain_rows: u32::from(chip.accumulators),
            places: BTreeMap::new(),
            awaited: BTreeMap::new(),
            cached: llama.context.max(least),
            positions: llama.attended.max(least),
            attentions: Vec::new(),
            attended: Vec::new(),
            stage: Stage::default(),
            row: 0,
            work: vec![Vec::new(); llama.rows.count() as usize],
            made: Vec::new(),
            asked: vec![0; llama.rows.count() as usize],
            shares,
            chip: 0,
            blocks: vec![Blocks::new(); shares.len()],
            begun: Block::default(),
            states: BTreeMap::new(),
            coded: BTreeMap::new(),
            encoded: Encoded::of(source.graph),
        }
    }

    /// What the chip whose turn it is holds.
    pub fn share(&self) -> &'a Share {
        &self.shares[self.chip]
    }

    /// Number of chips.
    pub fn chips(&self) -> usize {
        self.shares.len()
    }

    /// Ends the turn of the chip before; what follows is for `chip`. Work is noted for the first chip only: all do the same.
    pub fn turn(&mut self, chip: usize) {
        self.end_turn();
        self.chip = chip;
    }

    fn end_turn(&mut self) {
        let Block { nodes, tensors } = self.begun;
        let (next_node, next_tensor) = (self.nodes(0), self.tensors(0));
        let block = Block {
            nodes: Span::new(nodes.start, next_node.start - nodes.start),
            tensors: Span::new(tensors.start, next_tensor.start - tensors.start),
        };
        if block.nodes.len != 0 {
            self.blocks[self.chip].push(block);
        }
        self.begun = Block { nodes: next_node, tensors: next_tensor };
    }

    /// The blocks of all chips since the stage began.
    pub fn blocks(&mut self) -> Vec<Blocks> {
        self.turn(0);
        let chips = self.chips();
        std::mem::replace(&mut self.blocks, vec![Blocks::new(); chips])
    }

    /// A matrix of the imported model that takes `vector`, in the format of its kind; kept until the next stage begins.
    ///
    /// Errors: as `Coded::new`.
    pub fn coded(&mut self, id: TensorId, linear: Linear, vector: &Vector) -> Result<Rc<Coded>, CompileError> {
        if let Some(coded) = self.coded.get(&id) {
            return Ok(Rc::clone(coded));
        }
        let format = self.format(linear);
        // What all experts give is one sum.
        let beside = if linear == Linear::Down { self.llama.experts as usize } else { 1 };
        let coded = Rc::new(Coded::new(&self.hand, (id, beside), (format, vector.tiles(format).unit))?);
        self.coded.insert(id, Rc::clone(&coded));
        Ok(coded)
    }

    /// The format of a kind of matrix.
    pub fn format(&self, linear: Linear) -> Format {
        self.llama.formats.of(linear)
    }

    /// The name of a state: texts and chips after the first ones have their own.
    pub fn own(&self, name: String) -> String {
        let name = if self.llama.rows.texts() == 1 { name } else { of_row(name, self.row) };
        if self.chip == 0 { name } else { format!("{name}@{}", self.chip) }
    }

    /// What follows is for a row. All rows ask for the same tables in the same order: those after the first get what the first one got.
    pub fn of_row(&mut self, row: usize) {
        self.row = row;
    }

    /// The row that is emitted.
    pub fn row(&self) -> usize {
        self.row
    }

    /// What follows is asked for anew by the first row.
    pub fn ask_anew(&mut self) {
        let is_whole = |&asked: &usize| asked == self.made.len() || asked == 0;
        assert!(self.asked.iter().all(is_whole), "every row asks for the same tables, or for none");
        self.made.clear();
        self.asked.fill(0);
        self.row = 0;
    }

    /// What the first row got for what is asked for now, if this is another row.
    pub fn known(&mut self) -> Option<NodeId> {
        if self.row == 0 {
            return None;
        }
        let asked = &mut self.asked[self.row];
        *asked += 1;
        Some(self.made[*asked - 1])
    }

    fn note(&mut self, node: NodeId) -> NodeId {
        self.made.push(node);
        self.asked[0] += 1;
        node
    }

    /// Begins a stage of no layer.
    pub fn start(&mut self, name: &str) {
        self.hand.layer = None;
        self.begun = Block { nodes: self.nodes(0), tensors: self.tensors(0) };
        self.chip = 0;
        self.ask_anew();
        self.stage = Stage { name: name.to_owned(), work: Vec::new(), nodes: self.nodes(0), tensors: self.tensors(0) };
    }

    /// The body under way has the attention of these layers.
    pub fn attends(&mut self, layers: Vec<usize>) {
        self.attentions = layers;
    }

    /// Which of several attentions the layer under way has; nothing where there is one only.
    pub fn attention(&self) -> Option<usize> {
        let turn = self.attentions.iter().position(|&layer| Some(layer as u32) == self.hand.layer);
        turn.filter(|_| 1 < self.attentions.len())
    }

    /// Notes the nodes that an attention has emitted since `start`.
    pub fn has_attended(&mut self, start: u64) {
        if self.chip == 0 && self.attended.len() < self.attentions.len() {
            self.attended.push(Span::new(start, self.emitted() - start));
        }
    }

    /// Number of nodes so far.
    pub fn emitted(&self) -> u64 {
        self.nodes(0).start
    }

    /// What follows is of this layer.
    pub fn of_layer(&mut self, layer: usize) {
        self.hand.layer = Some(layer as u32);
    }

    /// Ends the stage: the same work of all rows stands together, so that they share what it has installed.
    pub fn finish(&mut self) -> Stage {
        self.ask_anew();
        let rows = self.work.len();
        let mut lists: Vec<_> =
            std::mem::replace(&mut self.work, vec![Vec::new(); rows]).into_iter().map(Vec::into_iter).collect();
        while let Some(work) = lists[0].next() {
            self.stage.work.push(work);
            // What all rows share is done once.
            self.stage.work.extend(lists[1..].iter_mut().filter_map(Iterator::next));
        }
        for coded in std::mem::take(&mut self.coded).into_values() {
            let (name, written, effort) = coded.written();
            self.encoded.insert(name, written, effort);
        }
        let mut stage = std::mem::take(&mut self.stage);
        stage.nodes.len = self.nodes(0).start - stage.nodes.start;
        stage.tensors.len = self.tensors(0).start - stage.tensors.start;
        stage
    }

    fn nodes(&self, len: u64) -> Span {
        Span::new(self.build.graph().nodes.len() as u64, len)
    }

    fn tensors(&self, len: u64) -> Span {
        Span::new(self.build.graph().tensors.len() as u64, len)
    }

    /// Adds a kernel whose results are `stored`.
    pub fn kernel(&mut self, nodes: &[NodeId], stored: &[(NodeId, Place, u16)]) {
        let stored = stored.iter().map(|&(node, place, bank)| Stored { node, place, bank }).collect();
        self.work(Work::Kernel(Kernel { nodes: nodes.to_vec(), stored, ..Kernel::default() }));
    }

    /// Adds an exchange of words between the chips.
    pub fn exchange(&mut self, exchange: Exchange) {
        self.work(Work::Exchange(exchange));
    }

    fn work(&mut self, work: Work) {
        if self.chip == 0 {
            self.work[self.row].push(work);
        }
    }

    /// Adds a kernel whose last node is appended to a cache.
    pub fn appending_kernel(&mut self, nodes: &[NodeId], scatter: NodeId) {
        self.work(Work::Kernel(Kernel { nodes: nodes.to_vec(), scatter: Some(scatter), ..Kernel::default() }));
    }

    /// Adds a fetch of a table's row.
    pub fn fetch(&mut self, node: NodeId, table: Place, home: Place) {
        self.work(Work::Fetch(Fetch { node, table, home }));
    }

    /// An f32 tile of what is there of a row before the first part, under this name.
    pub fn residual(&mut self, name: &str, tile: u32, row: usize) -> NodeId {
        let name = of_row(format!("{name}.{tile}"), row);
        self.build.input(&name, DType::F32, &[1, LANES as u32])
    }

    /// A new table of rows of `lanes` elements, as a constant; for rows after the first what that one got.
    pub fn table(&mut self, what: &str, lanes: usize, elements: Elements) -> NodeId {
        self.once(|hand| hand.table(what, lanes, elements))
    }

    /// What the first row makes, for all rows.
    pub fn once(&mut self, make: impl FnOnce(&mut Hand) -> NodeId) -> NodeId {
        self.once_tried(|hand| Ok::<_, Infallible>(make(hand))).unwrap_or_else(|never| match never {})
    }

    /// The same where making it may fail.
    pub fn once_tried<E>(&mut self, make: impl FnOnce(&mut Hand) -> Result<NodeId, E>) -> Result<NodeId, E> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let made = make(&mut self.hand)?;
        Ok(self.note(made))
    }

    /// Runs of a table's rows one after the other; the table itself where one run is all of it.
    pub fn repeated(&mut self, table: NodeId, runs: &[Span]) -> NodeId {
        if let [_] = runs {
            return table;
        }
        self.once(|hand| {
            let parts: Vec<NodeId> =
                runs.iter().map(|run| hand.build.rows(table, run.start as u32, run.len as u32)).collect();
            hand.build.copy(0, &parts)
        })
    }

    /// A row of equal elements: what differs by layer cannot be a literal of the template's instructions.
    pub fn uniform(&mut self, what: &str, value: f64) -> NodeId {
        self.table(what, LANES, Elements::F32(vec![value as f32; LANES]))
    }

    /// The f16 state of that name: all rows of a text have the same one.
    pub fn state(&mut self, name: &str, extents: &[u32]) -> NodeId {
        if let Some(&state) = self.states.get(name) {
            return state;
        }
        let state = self.build.state(name, DType::F16, extents);
        self.states.insert(name.to_owned(), state);
        state
    }

    /// A state with the row at `position` replaced, or in a block, after `before` it, the row so many further; remembered as the state's next
    /// value once all rows are in it. The scatter, and the state after it.
    pub fn append(
        &mut self,
        (state, before): (NodeId, Option<NodeId>),
        row: NodeId,
        position: NodeId,
    ) -> (NodeId, NodeId) {
        let (number, rows) = (self.row as u32, self.llama.rows.positions());
        if rows == 1 {
            let next = self.build.scatter(state, row, position);
            self.build.update(state, next);
            return (next, next);
        }
        let before = before.unwrap_or(state);
        // A map of addresses reaches as many rows as the first row of the block has positions.
        let reach = self.cached + 1 - rows;
        let reached = self.build.rows(before, number, reach);
        let scattered = self.build.scatter(reached, row, position);
        let mut parts = Vec::new();
        if 0 < number {
            parts.push(self.build.rows(before, 0, number));
        }
        parts.push(scattered);
        if number + reach < self.cached {
            let left = self.cached - number - reach;
            parts.push(self.build.rows(before, number + reach, left));
        }
        let next = self.build.copy(0, &parts);
        if number + 1 == rows {
            self.build.update(state, next);
        }
        (scattered, next)
    }
}

impl<'a> Deref for Emitter<'a> {
    type Target = Hand<'a>;

    fn deref(&self) -> &Hand<'a> {
        &self.hand
    }
}

impl<'a> DerefMut for Emitter<'a> {
    fn deref_mut(&mut self) -> &mut Hand<'a> {
        &mut self.hand
    }
}

/// The name of what each row has: `embedding.0` of the first one, `embedding.0/1` of the second.
pub fn of_row(name: String, row: usize) -> String {
    if row == 0 { name } else { format!("{name}/{row}") }
}
