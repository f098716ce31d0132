//! Rust source split into code, comments and the parts that only tests compile.
//!
//! In: the text of one file.  Out: three texts of the same length and the same lines, each blank where the others are not.
//! Invariant: masking never moves a character, so a line number in any of the three is one in the file.
//! Method: one pass over the characters; strings (raw, byte, C), character literals, lifetimes and nested comments are told
//!     apart by their first characters. What `#[cfg(test)]` stands before is the item up to its `;` or closing brace.

/// One file, masked.
#[derive(Clone, Debug)]
pub struct Source {
    /// Code with comments and the insides of literals blanked.
    pub code: String,
    /// Comments alone, with their slashes.
    pub comments: String,
    /// `code` with everything under `#[cfg(test)]` or `#[test]` blanked too.
    pub code_shipped: String,
    /// Names of modules declared as `#[cfg(test)] mod name;`.
    pub test_modules: Vec<String>,
}

impl Source {
    /// Masks `text`.
    pub fn new(text: &str) -> Self {
        let (code, comments) = mask(text);
        let characters: Vec<char> = code.chars().collect();
        let mut shipped = characters.clone();
        let mut test_modules = Vec::new();
        for attribute in ["#[cfg(test)]", "#[test]"] {
            for start in positions(&code, attribute) {
                let end = item_end(&characters, start + attribute.len());
                let item: String = characters[start..end].iter().collect();
                if let Some((_, name)) = item.strip_suffix(';').and_then(|item| item.rsplit_once("mod ")) {
                    test_modules.push(name.trim().to_owned());
                }
                blank(&mut shipped[start..end]);
            }
        }
        Source { code, comments, code_shipped: shipped.into_iter().collect(), test_modules }
    }
}

/// Lines (from 1) of `text` that hold `word` not inside a longer identifier.
///
/// Where `word` itself begins or ends with a character that no identifier has, that side is not checked.
pub fn word_lines(text: &str, word: &str) -> Vec<usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let lines = text.lines().enumerate().filter(|(_, line)| {
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + word.len()..].chars().next();
            let open = word.starts_with(|c| !part(c)) || !before.is_some_and(part);
            let close = word.ends_with(|c| !part(c)) || !after.is_some_and(part);
            open && close
        })
    });
    lines.map(|(index, _)| index + 1).collect()
}

/// Positions in characters (not bytes) of `needle`.
fn positions(text: &str, needle: &str) -> Vec<usize> {
    text.match_indices(needle).map(|(byte, _)| text[..byte].chars().count()).collect()
}

fn blank(chars: &mut [char]) {
    for c in chars.iter_mut().filter(|c| **c != '\n') {
        *c = ' ';
    }
}

/// One past the end of the item that starts at `from`: its first `;` or closing brace outside parentheses and brackets.
fn item_end(code: &[char], from: usize) -> usize {
    let (mut round, mut curly) = (0usize, 0usize);
    for (offset, c) in code[from..].iter().enumerate() {
        match c {
            '(' | '[' => round += 1,
            ')' | ']' => round = round.saturating_sub(1),
            '{' => curly += 1,
            '}' if curly <= 1 => return from + offset + 1,
            '}' => curly -= 1,
            ';' if round == 0 && curly == 0 => return from + offset + 1,
            _ => {}
        }
    }
    code.len()
}

/// What the characters from some point on are.
enum Piece {
    Code(usize),
    Comment(usize),
    Literal(usize),
}

/// Code and comments of `text`, each with the other blanked; delimiters of literals stay, their insides go.
fn mask(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut comments) = (chars.clone(), chars.clone());
    let mut at = 0;
    while at < chars.len() {
        let before = at.checked_sub(1).map(|index| chars[index]);
        let end = match piece(&chars[at..], before) {
            Piece::Code(length) => {
                blank(&mut comments[at..at + length]);
                at + length
            }
            Piece::Comment(length) => {
                blank(&mut code[at..at + length]);
                at + length
            }
            Piece::Literal(length) => {
                blank(&mut comments[at..at + length]);
                blank(&mut code[at + 1..at + length]);
                at + length
            }
        };
        at = end;
    }
    (code.into_iter().collect(), comments.into_iter().collect())
}

fn piece(rest: &[char], before: Option<char>) -> Piece {
    let follows_identifier = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    match rest {
        ['/', '/', ..] => Piece::Comment(rest.iter().position(|&c| c == '\n').unwrap_or(rest.len())),
        ['/', '*', ..] => Piece::Comment(block_comment(rest)),
        ['"', ..] => Piece::Literal(string(rest)),
        ['r', '"' | '#', ..] if !follows_identifier => raw_string(rest, 1),
        ['b' | 'c', 'r', '"' | '#', ..] if !follows_identifier => raw_string(rest, 2),
        ['\'', '\\', _, tail @ ..] => Piece::Literal(3 + tail.iter().position(|&c| c == '\'').map_or(0, |end| end + 1)),
        ['\'', _, '\'', ..] => Piece::Literal(3),
        _ => Piece::Code(1),
    }
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    rest.len().min(at + 1)
}

fn raw_string(rest: &[char], prefix: usize) -> Piece {
    let hashes = rest[prefix..].iter().take_while(|&&c| c == '#').count();
    let open = prefix + hashes;
    if rest.get(open) != Some(&'"') {
        return Piece::Code(open);
    }
    let closes =
        |at: usize| rest[at] == '"' && rest[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
    Piece::Literal((open + 1..rest.len()).find(|&at| closes(at)).map_or(rest.len(), |at| at + 1 + hashes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_comments_leave_the_code() {
        let source = Source::new(
            "let a = \"} // no\"; // yes \"\nlet b = '{'; let c: &'static str = r#\"\"}\"#; /* { /* */ } */ x",
        );
        assert!(!source.code.contains(['{', '}']), "{}", source.code);
        assert!(source.code.contains("'static str"));
        assert!(source.code.ends_with(" x"));
        assert!(source.comments.contains("// yes \""));
        assert_eq!(source.code.lines().count(), 2);
    }

    #[test]
    fn escaped_quotes_do_not_end_a_literal() {
        let source = Source::new(r#"f('\'', '\\', "\"", b'"', '\u{7d}') + g"#);
        assert!(source.code.ends_with(") + g"));
        assert!(!source.code.contains('}'));
    }

    #[test]
    fn what_only_tests_compile_is_not_shipped() {
        let text =
            "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { c(); }\n}\nfn d() {}\n#[cfg(test)]\npub(crate) mod e;\n";
        let source = Source::new(text);
        assert!(source.code_shipped.contains("fn a") && source.code_shipped.contains("fn d"));
        assert!(!source.code_shipped.contains("fn b"));
        assert_eq!(source.test_modules, ["e"]);
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(word_lines("MyHashMap\nHashMap::new()\nHashMapper", "HashMap"), [2]);
        assert_eq!(word_lines("x.exp(1)\nx.expect(1)", ".exp("), [1]);
    }
}
