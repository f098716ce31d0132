//! Why a program cannot be loaded or launched.
//!
//! In: nothing.  Out: one error type whose messages say what is wrong, where, and what would be right.
//! Invariant: whatever is not refused here runs to its end; what is wrong then is poison.

use arch::{ChipError, TopologyError};
use graph::LoadError;
use program::CHIPS_MAX;

/// A program, its data or its inputs are refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SimError {
    /// The machine contradicts itself.
    #[error(transparent)]
    Chip(#[from] ChipError),
    /// The program names a topology that there is not.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// The program is for several chips, and was given to one.
    #[error("the program is for {chips} chips; load it into a `System`")]
    Chips {
        /// How many.
        chips: u16,
    },
    /// The program is for more chips than are run one by one.
    #[error("the program is for {chips} chips; at most {CHIPS_MAX} are run together")]
    Crowd {
        /// How many.
        chips: u16,
    },
    /// The program is for another machine.
    #[error("the program is for chip `{found}`, the machine is `{expected}`; compile it for this one")]
    OtherChip {
        /// Name in the executable.
        found: String,
        /// Name of the chip given.
        expected: String,
    },
    /// A template breaks the form of templates.
    #[error("template {template}, queue {queue}: {problem}")]
    Template {
        /// Place in `Executable::templates`.
        template: usize,
        /// Place in `Template::queues`.
        queue: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// An instance breaks the form of instances.
    #[error("instance {instance}: {problem}")]
    Instance {
        /// Place in `Executable::instances`.
        instance: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A residency of the image cannot be filled.
    #[error("image entry {residency}: {problem}")]
    Image {
        /// Place in `Executable::image`.
        residency: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The external tensors cannot be had.
    #[error(transparent)]
    Tensor(#[from] LoadError),
    /// A field of the launch record cannot be written.
    #[error("launch record field {field}: {problem}")]
    Record {
        /// Place in `Executable::record`.
        field: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// An output lies outside the chip.
    #[error("output field {field}: {problem}")]
    Output {
        /// Place in `Executable::outputs`.
        field: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The position is past the program's context.
    #[error("position {position} is past the program's context of {context}")]
    Position {
        /// Asked for.
        position: u16,
        /// Positions of the program.
        context: u16,
    },
}
