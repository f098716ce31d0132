//! Text -> graph: the statements.
//!
//! In: any text.  Out: the graph it describes, legal or not (`check` judges), or the first place that is no statement.
//! Invariant: hostile text never panics; what is kept grows with the text, never with a number written in it.
//! Method: recursive descent over tokens with one token in hand.

use super::error::ParseError;
use super::lex::{Kind, Lexer, Token};
use crate::{DType, Graph, Node, NodeId, Origin, Shape, TensorInfo, TensorType};

/// Greatest number of nodes or tensors: their ids have 32 bits.
const COUNT_MAX: u32 = u32::MAX;

/// The graph that `text` describes.
///
/// Errors: the first departure from the form, with line, column, expectation and remedy.
pub fn parse(text: &str) -> Result<Graph, ParseError> {
    let mut lexer = Lexer::new(text);
    let next = lexer.next()?;
    let mut parser = Parser { lexer, next };
    parser.keyword("graph")?;
    let version = parser.next.clone();
    if parser.number(COUNT_MAX)? != 1 {
        return Err(version.unexpected("version 1", "use a version of the program that reads it"));
    }
    let mut graph = Graph::default();
    let mut origin = Origin::default();
    while parser.next.kind != Kind::End {
        parser.statement(&mut graph, &mut origin)?;
    }
    Ok(graph)
}

/// Reads the parts of statements.
pub struct Parser<'t> {
    lexer: Lexer<'t>,
    /// The token that comes next.
    pub next: Token,
}

impl Parser<'_> {
    fn statement(&mut self, graph: &mut Graph, origin: &mut Origin) -> Result<(), ParseError> {
        if self.next.kind == Kind::Mark('%') {
            return self.node(graph, origin);
        }
        match self.choice(&["tensor", "origin", "output", "update"])? {
            "tensor" => {
                self.expect_count(graph.tensors.len())?;
                let name = self.name()?;
                let TensorType { dtype, shape } = self.tensor_type()?;
                graph.tensors.push(TensorInfo { name, dtype, shape });
            }
            "origin" => {
                let layer = if matches!(self.next.kind, Kind::Number(_)) { Some(self.number(u32::MAX)?) } else { None };
                *origin = Origin { layer, part: self.name()? };
            }
            "output" => {
                let name = self.name()?;
                graph.outputs.push((name, self.node_id()?));
            }
            _ => {
                let state = self.node_id()?;
                graph.updates.push((state, self.node_id()?));
            }
        }
        Ok(())
    }

    /// `%3 = operation %1 %2 : type`.
    fn node(&mut self, graph: &mut Graph, origin: &Origin) -> Result<(), ParseError> {
        self.mark('%')?;
        self.expect_count(graph.nodes.len())?;
        self.mark('=')?;
        let op = self.operation()?;
        let mut inputs = Vec::new();
        while self.next.kind == Kind::Mark('%') {
            inputs.push(self.node_id()?);
        }
        self.mark(':')?;
        let TensorType { dtype, shape } = self.tensor_type()?;
        graph.nodes.push(Node { op, inputs, dtype, shape, origin: origin.clone() });
        Ok(())
    }

    /// Takes the next token and reads the one behind it.
    pub fn take(&mut self) -> Result<Token, ParseError> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    /// Takes the mark or complains.
    pub fn mark(&mut self, mark: char) -> Result<(), ParseError> {
        if self.next.kind != Kind::Mark(mark) {
            return Err(self
                .next
                .unexpected(format!("`{mark}`"), "see the form's example in the documentation of `graph::text`"));
        }
        self.take().map(drop)
    }

    /// Takes the mark if it is next.
    pub fn takes_mark(&mut self, mark: char) -> Result<bool, ParseError> {
        let is_next = self.next.kind == Kind::Mark(mark);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    /// Takes one of the words.
    pub fn choice(&mut self, words: &[&'static str]) -> Result<&'static str, ParseError> {
        let found = words.iter().find(|word| matches!(&self.next.kind, Kind::Word(found) if found == *word));
        let Some(word) = found else {
            return Err(self.next.unexpected(words.join(", "), "write one of these words"));
        };
        self.take()?;
        Ok(word)
    }

    /// Takes the word or complains.
    pub fn keyword(&mut self, word: &'static str) -> Result<(), ParseError> {
        self.choice(&[word]).map(drop)
    }

    /// Takes a name in quotes.
    pub fn name(&mut self) -> Result<String, ParseError> {
        let Kind::Name(name) = &self.next.kind else {
            return Err(self.next.unexpected("a name", "write it in double quotes"));
        };
        let name = name.clone();
        self.take()?;
        Ok(name)
    }

    /// Takes a number from 0 to `greatest`.
    pub fn number(&mut self, greatest: u32) -> Result<u32, ParseError> {
        let value = match &self.next.kind {
            Kind::Number(text) => text.parse().ok().filter(|value| *value <= greatest),
            _ => None,
        };
        let Some(value) = value else {
            return Err(self.next.unexpected(format!("a number from 0 to {greatest}"), "write it in decimal digits"));
        };
        self.take()?;
        Ok(value)
    }

    /// Takes `%` and a number.
    fn node_id(&mut self) -> Result<NodeId, ParseError> {
        self.mark('%')?;
        Ok(NodeId::new(self.number(COUNT_MAX)? as usize))
    }

    /// Takes the number that the next node or tensor has.
    fn expect_count(&mut self, count: usize) -> Result<(), ParseError> {
        let token = self.next.clone();
        if self.number(COUNT_MAX)? as usize != count {
            return Err(token.unexpected(format!("number {count}"), "number nodes and tensors from 0 without a gap"));
        }
        Ok(())
    }

    /// `f32 [2,3]`.
    fn tensor_type(&mut self) -> Result<TensorType, ParseError> {
        let word = self.choice(&DType::ALL.map(DType::name))?;
        let dtype = DType::ALL.into_iter().find(|dtype| dtype.name() == word).expect("the word is one of their names");
        let start = self.next.clone();
        self.mark('[')?;
        let mut extents = Vec::new();
        while self.next.kind != Kind::Mark(']') {
            if !extents.is_empty() {
                self.mark(',')?;
            }
            extents.push(self.number(u32::MAX)?);
        }
        self.mark(']')?;
        let illegal = || {
            let expected = "extents above 0, at most 4 of them, at most 2^48 elements";
            start.unexpected(expected, "write the extents outermost first, as in `[1,320]`")
        };
        let shape = Shape::new(&extents).ok_or_else(illegal)?;
        Ok(TensorType { dtype, shape })
    }
}
