//! The assembler text of an executable: printed, and read back to the same bytes.
//!
//! In: an executable, or text from anywhere.  Out: text with one line per entry, or an executable, or one error with its place.
//! Invariant: `parse(print(x)) == x` for every executable of good form, broken ones included; comments carry what only the
//!     witness knows, so reading a text never reads a claim.
//! Method: words separated by blanks, the first one says what the line is; indentation means nothing. `;` opens a comment.
//!
//! ```text
//! program lpu-14nm on node-2 context 256
//! map 0 lanes 160..319,0..159                           ; where each of 320 lanes comes from; runs rise or fall
//! template layer                                        ; 5120 cycles
//!   queue E12.read
//!     nop 412
//!     read b1+40:1 -> E3 x20/1                          ; @412 ffn_gate weights tile 0 block 1
//!     gather map E4 -> E5
//!   queue E12.write
//!     write W3 -> b0+7
//!     scatter W3 -> map W4
//!   queue alu3
//!     mul f32 E4 alu2 -> W8                             ; operands: stream, ALU, #bits of an immediate, - for none
//!   queue mxmE0.weights
//!     load g0 s16 x20/1
//!     install
//!   queue mxmE0.activate
//!     activate s4 i8                                    ; or f16.0 and f16.1: the half of the lanes
//!   queue mxmE0.accumulate
//!     accumulate a3:1 add -> s8 x4/1
//!   queue sxmE0.distribute
//!     distribute s4 -> s5 map 1,0,3,2,5,4,7,6,9,8,11,10,13,12,15,z ; z is a lane of zeros
//!   queue sxmE0.transpose
//!     transpose s16 -> s0
//!     rotate s4 -> s16 by 3                             ; 3 streams, 3 turns each: 9 streams from s16 on
//!   queue sxmE0.permute
//!     permute s4 -> s5 map 0
//!     shift s4 s6 by 16 -> s5
//!   queue c2cE0.send
//!     config 3                                          ; 3 of 20 superlanes work from now on
//!     fetch E16 b0+40:2                                 ; words 40 and 41 of a slice of instructions
//!     send s4
//!     deskew 40                                         ; 40 cycles of common time
//!     notify
//!   queue c2cE0.receive
//!     receive -> s4
//!     sync
//! instance layer bases 0 200 40 layer 3
//! detour 0 chip 5 layer
//! image chip 0 E12+200 words 20 row 0 step 16 tensor 7 plane 0 ; or half 0, or either-half
//! image chip 1 E12+220 words 128 row 0 step 1 state 7 plane 1
//! record W2+0 input token plane 0
//! record W2+1 map 220
//! output logits.0 chip 0 W0 W1 W2 W3 address 90
//! ```
//!
//! An address `b1+40:2` is base 1 plus 40 words, 2 more with each iteration; `x20/3` issues 20 times, every 3 cycles.

mod error;
mod instruction;
mod parse;
mod place;
mod print;
mod words;

pub use error::TextError;
pub use parse::parse;
pub use print::{entry, label, print, print_with_labels};

#[cfg(test)]
mod roundtrip_test;
