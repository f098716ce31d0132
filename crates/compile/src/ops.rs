//! What a chip makes of each of the ten operations: the unit, the lowering, the cost in cycles.
//!
//! In: nothing.  Out: one row per operation; what it means on any machine stands in `graph::spec`.
//! Invariant: a cost is a formula over the constants of `arch` and named sizes, so that the number shown is the formula's; where a
//!     program of the library shows it, a test measures that program. `mechanism` has an arm for every operation.
//! Method: latencies run from the cycle that issues the first read to the cycle that issues the write, for an operation alone.
//! Source: decisions.md 1, 4, 12, 14; latencies with their standing in `arch::facts`.

use arch::Chip;
use graph::spec::Primitive;
use units::formula::{EvaluationError, Formula};

/// Where a cost can be seen: the issue of one instruction to that of another, in a program of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Name of the program.
    pub program: &'static str,
    /// A queue and the number of its entry that issues, from 0: where the clock starts.
    pub from: (&'static str, usize),
    /// Where it stops.
    pub to: (&'static str, usize),
}

/// A cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// What takes the cycles.
    pub what: &'static str,
    /// The cycles, in names of `arch::facts` and of `sizes`.
    pub formula: &'static str,
    /// Sizes of the case shown.
    pub sizes: &'static [(&'static str, f64)],
    /// A program that takes exactly as long.
    pub shown: Option<Shown>,
}

/// What a chip makes of an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mechanism {
    /// Which one.
    pub primitive: Primitive,
    /// The functional units that do it.
    pub unit: &'static str,
    /// How it gets there.
    pub lowering: &'static str,
    /// The file of this crate that does so; `None` where no model of this build needs it.
    pub lowered_in: Option<&'static str>,
    /// How it gets there in any other graph, and the file of `lower/general` that does so.
    pub general: (&'static str, &'static str),
    /// Its costs.
    pub costs: &'static [Cost],
}

impl Cost {
    /// The cycles on `chip` for the sizes shown.
    ///
    /// Errors: a name that neither `arch::facts` nor the sizes know; a test finds none.
    pub fn cycles(&self, chip: &Chip) -> Result<f64, EvaluationError> {
        let facts = arch::facts(chip);
        let resolve = |id: &str| {
            let size = self.sizes.iter().find(|(name, _)| *name == id).map(|(_, value)| *value);
            let fact = || facts.iter().find(|fact| fact.name == id).and_then(|fact| fact.value.parse().ok());
            size.or_else(fact).ok_or_else(|| EvaluationError::Unknown { id: id.to_owned() })
        };
        Formula::parse(self.formula).expect("a test reads every formula").evaluate(&resolve)
    }
}

/// What a chip makes of `primitive`.
pub fn mechanism(primitive: Primitive) -> &'static Mechanism {
    match primitive {
        Primitive::Const => &CONST,
        Primitive::MatMul => &MATMUL,
        Primitive::Map => &MAP,
        Primitive::Reduce => &REDUCE,
        Primitive::Broadcast => &BROADCAST,
        Primitive::Permute => &PERMUTE,
        Primitive::Copy => &COPY,
        Primitive::Window => &WINDOW,
        Primitive::Gather => &GATHER,
        Primitive::Scatter => &SCATTER,
    }
}

const fn shown(program: &'static str, from: (&'static str, usize), to: (&'static str, usize)) -> Option<Shown> {
    Some(Shown { program, from, to })
}

static CONST: Mechanism = Mechanism {
    primitive: Primitive::Const,
    unit: "MEM",
    lowering: "words of the image, there before the first token; int8 weights get a scale per output column",
    lowered_in: Some("lower/emitter.rs"),
    general: ("tables of whole words, zero past the lanes", "mod.rs"),
    costs: &[Cost { what: "per token", formula: "0", sizes: &[], shown: None }],
};

static MATMUL: Mechanism = Mechanism {
    primitive: Primitive::MatMul,
    unit: "MXM",
    lowering: "b is installed as tiles of 320 x 320, a streams past; f32 operands become int8 digits or f16, K blocks add up in accumulators",
    lowered_in: Some("lower/linear.rs"),
    general: (
        "i8 and f16 with a constant right side, and i8 with a computed one of whole groups of 16 rows, by the planes; f32 and the rest product by product in the ALUs, in the same order",
        "contract.rs",
    ),
    costs: &[
        Cost {
            what: "a row of a, from SRAM through an installed tile and an ALU back to SRAM",
            formula: "mem_read + hops * hop + mxm_crossing + mxm_entry + mxm_multiply + mxm_accumulate + mxm_exit + vxm_entry + depth * vxm_alu",
            sizes: &[("hops", 28.0), ("depth", 1.0)],
            shown: shown("matmul", ("E17.read", 1), ("E40.write", 0)),
        },
        Cost {
            what: "a tile, from SRAM until it can be used; 20 loads fill it",
            formula: "mem_read + hops * hop + mxm_crossing + loads + mxm_install",
            sizes: &[("hops", 11.0), ("loads", 2.0)],
            shown: shown("matmul", ("E0.read", 1), ("mxmE0.activate", 1)),
        },
        Cost {
            what: "install at full rate, all planes side by side, one cycle in 21 for activations",
            formula: "tiles * (superlanes + 1) / (2 * planes)",
            sizes: &[("tiles", 4.0)],
            shown: None,
        },
    ],
};

static MAP: Mechanism = Mechanism {
    primitive: Primitive::Map,
    unit: "VXM",
    lowering: "each step an ALU, chained without touching SRAM; div becomes rsqrt and mul",
    lowered_in: Some("lower/linear.rs"),
    general: (
        "each step an ALU, up to three in a chain, each on all rows; a select is two masks and an or; a division is refused",
        "pointwise.rs",
    ),
    costs: &[
        Cost {
            what: "a row, from SRAM through a chain of ALUs back to SRAM",
            formula: "mem_read + hops * hop + vxm_entry + depth * vxm_alu",
            sizes: &[("hops", 3.0), ("depth", 1.0)],
            shown: shown("add", ("E4.read", 0), ("E8.write", 0)),
        },
        Cost {
            what: "all ALUs at work",
            formula: "rows * steps / alus",
            sizes: &[("rows", 16.0), ("steps", 4.0)],
            shown: None,
        },
    ],
};

static REDUCE: Mechanism = Mechanism {
    primitive: Primitive::Reduce,
    unit: "VXM along rows, MXM across lanes",
    lowering: "along rows an ALU takes its own result again, three folds in turn; a sum across lanes is a MatMul by ones",
    lowered_in: Some("lower/softmax.rs"),
    general: (
        "along rows step by step for all results; across lanes by the permuter, half of the lanes at a time where order does not show",
        "fold.rs",
    ),
    costs: &[
        Cost {
            what: "rows folded to interleaved results, until the first is written",
            formula: "mem_read + hops * hop + vxm_entry + vxm_alu + rows - partials",
            sizes: &[("hops", 3.0), ("rows", 9.0), ("partials", 3.0)],
            shown: shown("running_max", ("E0.read", 0), ("E12.write", 0)),
        },
        Cost {
            what: "all lanes of a row summed by ones, in f16 and its two half blocks",
            formula: "mem_read + hops * hop + vxm_entry + vxm_alu + mxm_crossing + mxm_entry + halves - 1 + mxm_multiply + mxm_accumulate + mxm_exit",
            sizes: &[("hops", 20.0), ("halves", 2.0)],
            shown: shown("lane_sum", ("E29.read", 0), ("E36.write", 0)),
        },
    ],
};

static BROADCAST: Mechanism = Mechanism {
    primitive: Primitive::Broadcast,
    unit: "MEM along rows, SXM across lanes",
    lowering: "along rows the same word is read for every row; across lanes a row of ones on the MXM already gives the sum in every lane",
    lowered_in: Some("lower/emitter.rs"),
    general: ("along rows no work; across lanes the permuter doubles what is there", "rearrange.rs"),
    costs: &[Cost {
        what: "reads of the word, one a row, beside those of the other operand",
        formula: "rows",
        sizes: &[("rows", 6.0)],
        shown: None,
    }],
};

static PERMUTE: Mechanism = Mechanism {
    primitive: Primitive::Permute,
    unit: "SXM",
    lowering: "the rotary swap of lanes is folded into a second copy of the weights, transposes into how caches are laid out",
    lowered_in: None,
    general: (
        "whole rows are no work; any map of lanes is one pass through the permuter; a transposition turns each row once, joins by masks and turns back",
        "rearrange.rs",
    ),
    costs: &[
        Cost {
            what: "lanes within their superlane, by a distributor",
            formula: "mem_read + hops * hop + sxm_entry + sxm_distribute + sxm_exit",
            sizes: &[("hops", 14.0)],
            shown: shown("distribute", ("E0.read", 0), ("E32.write", 0)),
        },
        Cost {
            what: "16 x 16 within every superlane, by a transposer",
            formula: "mem_read + hops * hop + sxm_entry + sxm_transpose + sxm_exit",
            sizes: &[("hops", 14.0)],
            shown: shown("transpose", ("E0.read", 0), ("E32.write", 0)),
        },
        Cost {
            what: "any of 320 lanes, by the permuter",
            formula: "mem_read + hops * hop + sxm_entry + sxm_permute + sxm_exit",
            sizes: &[("hops", 14.0)],
            shown: shown("permute", ("E0.read", 0), ("E32.write", 0)),
        },
    ],
};

static COPY: Mechanism = Mechanism {
    primitive: Primitive::Copy,
    unit: "MEM",
    lowering: "rows are read at their own addresses in the order of the result; nothing is moved before",
    lowered_in: Some("lower/emitter.rs"),
    general: (
        "whole rows are no work; along the lanes the permuter brings each part to its place and masks join them",
        "rearrange.rs",
    ),
    costs: &[Cost {
        what: "a word to another slice",
        formula: "mem_read + hops * hop",
        sizes: &[("hops", 2.0)],
        shown: shown("copy", ("E0.read", 0), ("E8.write", 0)),
    }],
};

static WINDOW: Mechanism = Mechanism {
    primitive: Primitive::Window,
    unit: "MEM",
    lowering: "each row of a window is a K block of the contraction behind it, read at its own address",
    lowered_in: None,
    general: ("as Copy along the lanes, each row read as often as windows hold it", "rearrange.rs"),
    costs: &[Cost {
        what: "reads, one for every row of every window",
        formula: "windows * size",
        sizes: &[("windows", 3.0), ("size", 2.0)],
        shown: None,
    }],
};

static GATHER: Mechanism = Mechanism {
    primitive: Primitive::Gather,
    unit: "MEM",
    lowering: "a map of addresses, made by the host with the launch record, streams to the slice, which reads where it says",
    lowered_in: Some("lower/attention.rs"),
    general: (
        "every row of the table is kept where the index equals its number, else zero: any index, computed too",
        "indexed.rs",
    ),
    costs: &[Cost {
        what: "from the read of the map to the write of the row",
        formula: "mem_read + hops * hop + mem_gather",
        sizes: &[("hops", 2.0)],
        shown: shown("cache", ("E4.read", 1), ("E12.write", 0)),
    }],
};

static SCATTER: Mechanism = Mechanism {
    primitive: Primitive::Scatter,
    unit: "MEM",
    lowering: "the row meets the same kind of map at its slice, which writes where it says; the last operation of a chain of ALUs",
    lowered_in: Some("lower/emitter.rs"),
    general: (
        "every row of the table is replaced where the index equals its number: any index, computed too",
        "indexed.rs",
    ),
    costs: &[Cost {
        what: "from the read of the row to the write where the map says",
        formula: "mem_read + hops * hop",
        sizes: &[("hops", 2.0)],
        shown: shown("cache", ("E0.read", 0), ("E8.write", 0)),
    }],
};
