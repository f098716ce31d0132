//! The text form of a graph: what reviews, tests and people read.
//!
//! In: a graph, or text.  Out: text, or the same graph; a text that is none gives one error with its position.
//! Invariant: `parse(print(graph)) == graph` (bit for bit, NaNs included), also for a graph that `check` refuses.
//! Method: statements of words; white space, line ends and `#` comments only separate; ids are counted, not looked up.
//!
//! ```
//! let text = r#"graph 1
//! tensor 0 "token_embd.weight" f16 [256,64]
//! %0 = input "token" : i32 [1]
//! %1 = const tensor 0 : f16 [256,64]
//! origin 0 "embed"
//! %2 = gather %1 %0 : f16 [1,64]
//! %3 = map { s0 = f16_to_f32 in0; s1 = mul s0 0.5 } %2 : f32 [1,64]
//! %4 = reduce sum axis 1 partials 2 %3 : f32 [1,2]
//! %5 = state "total" : f32 [1,2]
//! %6 = copy axis 0 %4 %5 : f32 [2,2]
//! %7 = view rows 1 %6 : f32 [1,2]
//! output "total" %7
//! update %5 %7
//! "#;
//! let graph = graph::text::parse(text)?;
//! assert_eq!(graph::check(&graph), []);
//! assert_eq!(graph::text::print(&graph), text);
//! # Ok::<(), graph::text::ParseError>(())
//! ```
//!
//! Operations: `input "name"`, `state "name"`, `const tensor 0`, `const f32 (1.0 inf)`, `const i32 (1 -2)`,
//! `matmul sequential|exact|superlanes %a %b ..`, `map { s0 = op arg ..; .. } %a ..`, `reduce sum|max|min axis 0 partials 1 %a`
//! (one partial result may stay unsaid), `broadcast %a`, `permute axes (1 0) %a`, `permute lanes (1 0) %a`, `copy axis 0 %a %b ..`,
//! `window size 3 stride 1 %a`, `gather %table %index`, `scatter %table %row %index`, `view reshape %a`, `view rows 3 %a`,
//! `view digits 4 %a`. Arguments of a step: `in0`, `s0`, an integer (i32), a real number with `.` or `e` (f32), `inf`, `nan`, or
//! `0x` and the bits. `origin 3 "part"` or `origin "part"` holds for the nodes below it.

mod error;
mod lex;
mod parse;
mod print;
mod statement;

pub use error::ParseError;
pub use parse::parse;
pub use print::print;
