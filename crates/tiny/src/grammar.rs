//! Writes stories from rules, and says whether a text is such a story.
//!
//! In: rules as text (`grammar/english.txt`, `grammar/chinese.txt`).  Out: stories; parses.
//! Invariant: every generated story parses; both directions read the same rules.
//! Method: a context-free grammar with bound tables. `name = a | b` chooses anew each time; `name := x ; y | z ; w` is a
//!   table whose row is chosen once per story, `<name.1>` is column 1 of that row, `<^name.0>` starts with a capital.
//!   Parsing keeps the set of all (position, bound rows) reached: no left recursion, so it ends; stories are short.
//! Source: ours; binding is the attribute of an attribute grammar (Knuth 1968) cut down to "the same row again".

use std::collections::BTreeMap;

use crate::random::Random;

/// The language of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese as written in Taiwan.
    Chinese,
}

impl Language {
    /// Both languages, in the order in which figures are printed.
    pub const ALL: [Language; 2] = [Language::English, Language::Chinese];

    /// The character that ends a sentence.
    pub fn stop(self) -> char {
        match self {
            Language::English => '.',
            Language::Chinese => '。',
        }
    }

    /// The rules of this language.
    pub fn rules(self) -> &'static str {
        match self {
            Language::English => include_str!("grammar/english.txt"),
            Language::Chinese => include_str!("grammar/chinese.txt"),
        }
    }
}

/// What is wrong with a text of rules.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RuleError {
    /// A line is neither a rule nor a table.
    #[error("line {line}: expected `name = ...` or `name := ...`")]
    Shape {
        /// Counted from 1.
        line: usize,
    },
    /// A `<` has no `>`.
    #[error("line {line}: `<` without `>`")]
    Open {
        /// Counted from 1.
        line: usize,
    },
    /// A name is used but never defined, or a table lacks the column.
    #[error("`<{name}>` is not defined")]
    Unknown {
        /// The reference as written.
        name: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    AsWritten,
    Capital,
}

#[derive(Clone, Debug)]
enum Symbol {
    Text(String),
    Rule(usize),
    Table { table: usize, column: usize, case: Case },
}

#[derive(Clone, Debug, Default)]
struct Table {
    rows: Vec<Vec<String>>,
}

/// Compiled rules.
#[derive(Clone, Debug)]
pub struct Grammar {
    rules: Vec<Vec<Vec<Symbol>>>,
    tables: Vec<Table>,
    story: usize,
}

/// How far a parse has come, and which rows it has bound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reached {
    at: usize,
    rows: Vec<Option<usize>>,
}

impl Grammar {
    /// The grammar of a language; its rules are part of the program, so they are known to be well formed.
    pub fn of(language: Language) -> Grammar {
        Grammar::compile(language.rules()).expect("the rules in this crate compile; a test checks it")
    }

    /// Reads rules.
    pub fn compile(text: &str) -> Result<Grammar, RuleError> {
        let lines = lines(text)?;
        let mut rule_ids = BTreeMap::new();
        let mut table_ids = BTreeMap::new();
        let mut tables = Vec::new();
        for line in &lines {
            match line.kind {
                Kind::Rule => {
                    rule_ids.insert(line.name, rule_ids.len());
                }
                Kind::Table => {
                    table_ids.insert(line.name, tables.len());
                    tables.push(table(line.body));
                }
            }
        }
        let names = Names { rules: &rule_ids, tables: &table_ids, columns: &tables };
        let mut rules = Vec::new();
        for line in lines.iter().filter(|line| line.kind == Kind::Rule) {
            let choices = line.body.split('|').map(|choice| names.symbols(choice.trim(), line.number));
            rules.push(choices.collect::<Result<Vec<_>, _>>()?);
        }
        let story = *rule_ids.get("story").ok_or(RuleError::Unknown { name: "story".into() })?;
        Ok(Grammar { rules, tables, story })
    }

    /// One story.
    pub fn generate(&self, random: &mut Random) -> String {
        let mut rows = vec![None; self.tables.len()];
        let mut text = String::new();
        self.write(self.story, random, &mut rows, &mut text);
        text
    }

    fn write(&self, rule: usize, random: &mut Random, rows: &mut [Option<usize>], text: &mut String) {
        let choices = &self.rules[rule];
        for symbol in &choices[random.below(choices.len())] {
            match symbol {
                Symbol::Text(words) => text.push_str(words),
                Symbol::Rule(inner) => self.write(*inner, random, rows, text),
                Symbol::Table { table, column, case } => {
                    let all = &self.tables[*table].rows;
                    let row = *rows[*table].get_or_insert_with(|| random.below(all.len()));
                    text.push_str(&cased(&all[row][*column], *case));
                }
            }
        }
    }

    /// Whether `text` is a whole story.
    pub fn accepts(&self, text: &str) -> bool {
        let start = Reached { at: 0, rows: vec![None; self.tables.len()] };
        self.follow(self.story, text, start).iter().any(|reached| reached.at == text.len())
    }

    /// Every state that `rule` can reach from `from`.
    fn follow(&self, rule: usize, text: &str, from: Reached) -> Vec<Reached> {
        let mut all = Vec::new();
        for choice in &self.rules[rule] {
            let mut states = vec![from.clone()];
            for symbol in choice {
                states = states.into_iter().flat_map(|state| self.step(symbol, text, state)).collect();
            }
            all.extend(states);
        }
        all.sort();
        all.dedup();
        all
    }

    fn step(&self, symbol: &Symbol, text: &str, state: Reached) -> Vec<Reached> {
        match symbol {
            Symbol::Text(words) if text[state.at..].starts_with(words.as_str()) => {
                vec![Reached { at: state.at + words.len(), ..state }]
            }
            Symbol::Text(_) => Vec::new(),
            Symbol::Rule(inner) => self.follow(*inner, text, state),
            Symbol::Table { table, column, case } => {
                let all = &self.tables[*table].rows;
                let candidates = match state.rows[*table] {
                    Some(row) => row..row + 1,
                    None => 0..all.len(),
                };
                let mut reached = Vec::new();
                for row in candidates {
                    let words = cased(&all[row][*column], *case);
                    if text[state.at..].starts_with(&words) {
                        let mut next = Reached { at: state.at + words.len(), rows: state.rows.clone() };
                        next.rows[*table] = Some(row);
                        reached.push(next);
                    }
                }
                reached
            }
        }
    }
}

fn cased(words: &str, case: Case) -> String {
    let mut text = words.to_string();
    if case == Case::Capital
        && let Some(first) = text.get_mut(..1)
    {
        first.make_ascii_uppercase();
    }
    text
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rule,
    Table,
}

struct Line<'a> {
    number: usize,
    kind: Kind,
    name: &'a str,
    body: &'a str,
}

fn lines(text: &str) -> Result<Vec<Line<'_>>, RuleError> {
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (head, body) = line.split_once('=').ok_or(RuleError::Shape { line: number })?;
        let (kind, name) = match head.strip_suffix(':') {
            Some(name) => (Kind::Table, name.trim()),
            None => (Kind::Rule, head.trim()),
        };
        all.push(Line { number, kind, name, body });
    }
    Ok(all)
}

fn table(body: &str) -> Table {
    let row = |text: &str| text.split(';').map(|cell| cell.trim().to_string()).collect();
    Table { rows: body.split('|').map(row).collect() }
}

struct Names<'a> {
    rules: &'a BTreeMap<&'a str, usize>,
    tables: &'a BTreeMap<&'a str, usize>,
    columns: &'a [Table],
}

impl Names<'_> {
    fn symbols(&self, choice: &str, line: usize) -> Result<Vec<Symbol>, RuleError> {
        let mut symbols = Vec::new();
        let mut rest = choice;
        while let Some((before, after)) = rest.split_once('<') {
            if !before.is_empty() {
                symbols.push(Symbol::Text(before.to_string()));
            }
            let (reference, after) = after.split_once('>').ok_or(RuleError::Open { line })?;
            symbols.push(self.reference(reference)?);
            rest = after;
        }
        if !rest.is_empty() {
            symbols.push(Symbol::Text(rest.to_string()));
        }
        Ok(symbols)
    }

    fn reference(&self, written: &str) -> Result<Symbol, RuleError> {
        let unknown = || RuleError::Unknown { name: written.to_string() };
        let (case, name) = match written.strip_prefix('^') {
            Some(name) => (Case::Capital, name),
            None => (Case::AsWritten, written),
        };
        if let Some(rule) = self.rules.get(name) {
            return Ok(Symbol::Rule(*rule));
        }
        let (name, column) = name.split_once('.').unwrap_or((name, "0"));
        let column: usize = column.parse().map_err(|_| unknown())?;
        let table = *self.tables.get(name).ok_or_else(unknown)?;
        if self.columns[table].rows.iter().any(|row| row.len() <= column) {
            return Err(unknown());
        }
        Ok(Symbol::Table { table, column, case })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &str, text: &str) -> bool {
        Grammar::compile(rules).unwrap().accepts(text)
    }

    const RULES: &str =
        "story = <^hero.0> came. <^hero.1> <did>.\ndid = slept | sang\nhero := a cat ; the cat | a bus ; the bus";

    #[test]
    fn a_bound_row_must_return() {
        assert!(check(RULES, "A cat came. The cat sang."));
        assert!(!check(RULES, "A cat came. The bus sang."));
        assert!(!check(RULES, "A cat came. The cat sang"));
        assert!(!check(RULES, "A cat came. The cat sang. "));
    }

    #[test]
    fn generated_stories_parse_and_a_changed_one_does_not() {
        for language in Language::ALL {
            let grammar = Grammar::of(language);
            let mut random = Random::new(3);
            for _ in 0..300 {
                let story = grammar.generate(&mut random);
                assert!(grammar.accepts(&story), "{story}");
                let cut: String = story.chars().take(story.chars().count() - 1).collect();
                assert!(!grammar.accepts(&cut), "{cut}");
            }
        }
    }

    #[test]
    fn rules_that_cannot_be_read_are_named() {
        assert_eq!(Grammar::compile("story").unwrap_err(), RuleError::Shape { line: 1 });
        assert_eq!(Grammar::compile("\nstory = <x").unwrap_err(), RuleError::Open { line: 2 });
        assert_eq!(Grammar::compile("story = <x>").unwrap_err(), RuleError::Unknown { name: "x".into() });
        let column = "story = <x.1>\nx := a";
        assert_eq!(Grammar::compile(column).unwrap_err(), RuleError::Unknown { name: "x.1".into() });
    }
}
