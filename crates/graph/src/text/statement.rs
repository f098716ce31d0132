//! Text -> graph: what follows a node's `=`.
//!
//! In: tokens.  Out: an operation, without its operands.
//! Invariant: the words are those that `print` writes.
//! Method: one arm per operation.

use super::error::ParseError;
use super::lex::Kind;
use super::parse::Parser;
use super::print::{kind_name, order_name};
use crate::half::NAN_F32;
use crate::{Arg, ConstSource, Expr, Op, Order, Permutation, ReduceKind, ScalarOp, Step, TensorId, View};

const OPERATIONS: [&str; 13] = [
    "input",
    "state",
    "const",
    "matmul",
    "map",
    "reduce",
    "broadcast",
    "permute",
    "copy",
    "window",
    "gather",
    "scatter",
    "view",
];

impl Parser<'_> {
    /// An operation with everything but its operands.
    pub fn operation(&mut self) -> Result<Op, ParseError> {
        Ok(match self.choice(&OPERATIONS)? {
            "input" => Op::Input { name: self.name()? },
            "state" => Op::State { name: self.name()? },
            "const" => Op::Const(self.constant()?),
            "matmul" => {
                let orders = [Order::Sequential, Order::Exact, Order::Superlanes];
                Op::MatMul { order: self.one_of(&orders, order_name)? }
            }
            "map" => Op::Map(self.expression()?),
            "reduce" => {
                let kind = self.one_of(&[ReduceKind::Sum, ReduceKind::Max, ReduceKind::Min], kind_name)?;
                let axis = self.axis()?;
                let says_partials = self.next.kind == Kind::Word("partials".to_string());
                let partials = if says_partials { self.labelled("partials", 255)? as u8 } else { 1 };
                Op::Reduce { kind, axis, partials }
            }
            "broadcast" => Op::Broadcast,
            "permute" => Op::Permute(match self.choice(&["axes", "lanes"])? {
                "axes" => Permutation::Axes(self.list(|parser| parser.number(255).map(|axis| axis as u8))?),
                _ => Permutation::Lanes(self.list(|parser| parser.number(65_535).map(|lane| lane as u16))?),
            }),
            "copy" => Op::Copy { axis: self.axis()? },
            "window" => {
                let size = self.labelled("size", u32::MAX)?;
                Op::Window { size, stride: self.labelled("stride", u32::MAX)? }
            }
            "gather" => Op::Gather,
            "scatter" => Op::Scatter,
            _ => Op::View(match self.choice(&["reshape", "rows", "digits"])? {
                "reshape" => View::Reshape,
                "rows" => View::Rows { first: self.number(u32::MAX)? },
                _ => View::Digits { count: self.number(255)? as u8 },
            }),
        })
    }

    fn constant(&mut self) -> Result<ConstSource, ParseError> {
        Ok(match self.choice(&["tensor", "f32", "i32"])? {
            "tensor" => ConstSource::Tensor(TensorId::new(self.number(u32::MAX)? as usize)),
            "f32" => ConstSource::F32(self.list(|parser| parser.literal().map(f32::from_bits))?),
            _ => ConstSource::I32(self.list(|parser| parser.literal().map(|bits| bits as i32))?),
        })
    }

    fn axis(&mut self) -> Result<u8, ParseError> {
        Ok(self.labelled("axis", 255)? as u8)
    }

    /// A word and a number.
    fn labelled(&mut self, word: &'static str, greatest: u32) -> Result<u32, ParseError> {
        self.keyword(word)?;
        self.number(greatest)
    }

    /// The value whose name comes next.
    fn one_of<T: Copy>(&mut self, values: &[T], name: fn(T) -> &'static str) -> Result<T, ParseError> {
        let names: Vec<&'static str> = values.iter().map(|value| name(*value)).collect();
        let word = self.choice(&names)?;
        Ok(*values.iter().find(|value| name(**value) == word).expect("the word is one of the names"))
    }

    /// Values in parentheses.
    fn list<T>(&mut self, value: impl Fn(&mut Self) -> Result<T, ParseError>) -> Result<Vec<T>, ParseError> {
        self.mark('(')?;
        let mut values = Vec::new();
        while !self.takes_mark(')')? {
            values.push(value(self)?);
        }
        Ok(values)
    }

    /// `{ s0 = op arg ..; s1 = .. }`.
    fn expression(&mut self) -> Result<Expr, ParseError> {
        self.mark('{')?;
        let mut expr = Expr::default();
        while !self.takes_mark('}')? {
            if !expr.steps.is_empty() {
                self.mark(';')?;
            }
            let expected = format!("s{}", expr.steps.len());
            if self.next.kind != Kind::Word(expected.clone()) {
                return Err(self.next.unexpected(format!("`{expected}`"), "number steps from s0 without a gap"));
            }
            self.take()?;
            self.mark('=')?;
            let op = self.one_of(&ScalarOp::ALL, ScalarOp::name)?;
            let mut args = Vec::new();
            while !matches!(self.next.kind, Kind::Mark(_) | Kind::End) {
                args.push(self.argument()?);
            }
            expr.steps.push(Step { op, args });
        }
        Ok(expr)
    }

    fn argument(&mut self) -> Result<Arg, ParseError> {
        let word = if let Kind::Word(word) = &self.next.kind { word.as_str() } else { "" };
        let numbered = |prefix: &str| word.strip_prefix(prefix).and_then(|number| number.parse().ok());
        let arg = numbered("in").map(Arg::Input).or_else(|| numbered("s").map(Arg::Step));
        match arg {
            Some(arg) => self.take().map(|_| arg),
            None => self.literal().map(Arg::Immediate),
        }
    }

    /// The bits of a literal: an i32 in decimal digits, an f32 with `.` or `e`, `inf`, `nan`, or `0x` and bits.
    fn literal(&mut self) -> Result<u32, ParseError> {
        let bits = match &self.next.kind {
            Kind::Word(word) if word == "nan" => Some(NAN_F32),
            Kind::Word(word) if word == "inf" => Some(f32::INFINITY.to_bits()),
            Kind::Number(text) if text == "-inf" => Some(f32::NEG_INFINITY.to_bits()),
            Kind::Number(text) => number_bits(text),
            _ => None,
        };
        let Some(bits) = bits else {
            let expected = "an i32, an f32 with `.` or `e`, `inf`, `nan` or `0x` and eight digits";
            return Err(self.next.unexpected(expected, "write a value, or `in0` or `s0` in an expression"));
        };
        self.take()?;
        Ok(bits)
    }
}

/// The bits that a number stands for.
fn number_bits(text: &str) -> Option<u32> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok();
    }
    if text.contains(['.', 'e']) {
        return text.parse::<f32>().ok().map(f32::to_bits);
    }
    text.parse::<i32>().ok().map(|value| value as u32)
}
