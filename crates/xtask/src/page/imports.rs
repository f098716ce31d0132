//! Short names for what a wasm module imports from its script.
//!
//! In: a module and the script that wasm-bindgen made for it.  Out: both, with the same imports under short names.
//! Invariant: only a name that the script spells once, as a key of its imports, is shortened; a module that is not understood stays.
//! Method: the import section is written anew. Each name ends with a hash of 16 digits that no compression shortens, in both files.
//! Source: WebAssembly Core Specification 2.0, sections 5.2.2 (LEB128), 5.5.2 (sections), 5.5.5 (imports).

use std::collections::BTreeMap;

/// Bytes before the first section: magic and version.
const HEAD: usize = 8;
/// Number of the import section.
const IMPORTS: u8 = 2;
/// An import that is a function.
const FUNCTION: u8 = 0;
/// Most bytes of a 32-bit number.
const DIGITS: usize = 5;

/// A place in a module.
struct Reader<'m> {
    rest: &'m [u8],
}

impl<'m> Reader<'m> {
    fn take(&mut self, count: usize) -> Option<&'m [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<u32> {
        let mut value = 0u64;
        for digit in 0..DIGITS {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << (7 * digit);
            if byte < 0x80 {
                return value.try_into().ok();
            }
        }
        None
    }

    fn named(&mut self) -> Option<&'m [u8]> {
        let count = self.number()?;
        self.take(count as usize)
    }
}

fn write_number(out: &mut Vec<u8>, mut value: usize) {
    while 0x7F < value {
        out.push(value as u8 & 0x7F | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn write_named(out: &mut Vec<u8>, bytes: &[u8]) {
    write_number(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Module and script with short names; `None` where the module is not as expected.
pub fn shortened(module: &[u8], script: &str) -> Option<(Vec<u8>, String)> {
    let mut out = module.get(..HEAD)?.to_vec();
    let mut reader = Reader { rest: &module[HEAD..] };
    let mut short = BTreeMap::new();
    while !reader.rest.is_empty() {
        let number = reader.byte()?;
        let section = reader.named()?;
        out.push(number);
        if number == IMPORTS {
            write_named(&mut out, &renamed(section, script, &mut short)?);
        } else {
            write_named(&mut out, section);
        }
    }
    let script = words(script).map(|word| short.get(word).map_or(word, String::as_str)).collect();
    Some((out, script))
}

/// The import section with short names, which are noted.
fn renamed(section: &[u8], script: &str, short: &mut BTreeMap<String, String>) -> Option<Vec<u8>> {
    let mut spelled: BTreeMap<&str, u32> = BTreeMap::new();
    words(script).for_each(|word| *spelled.entry(word).or_default() += 1);
    let mut reader = Reader { rest: section };
    let count = reader.number()?;
    let mut out = Vec::new();
    write_number(&mut out, count as usize);
    for import in 0..count {
        write_named(&mut out, reader.named()?);
        let name = std::str::from_utf8(reader.named()?).ok()?;
        if spelled.get(name) == Some(&1) {
            short.insert(name.to_owned(), format!("_{import:x}"));
        }
        write_named(&mut out, short.get(name).map_or(name, String::as_str).as_bytes());
        if reader.byte()? != FUNCTION {
            return None;
        }
        out.push(FUNCTION);
        write_number(&mut out, reader.number()? as usize);
    }
    Some(out)
}

/// The text as names and what stands between them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_$".contains(letter);
    let mut rest = text;
    std::iter::from_fn(move || {
        let kind = is_letter(rest.chars().next()?);
        let end = rest.find(|letter| is_letter(letter) != kind).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "const imports = { __wbg_now_0123456789abcdef: function() { return now_0123; }, \
        __wbindgen_throw: f };\nwasm.__wbindgen_throw();";

    /// A module that imports functions of these names and ends with a section of 200 bytes.
    fn module(names: &[&str], kind: u8) -> Vec<u8> {
        let mut imports = vec![names.len() as u8];
        for name in names {
            write_named(&mut imports, b"./app_bg.js");
            write_named(&mut imports, name.as_bytes());
            imports.extend([kind, 3]);
        }
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.push(IMPORTS);
        write_named(&mut module, &imports);
        module.push(10);
        write_named(&mut module, &[7; 200]);
        module
    }

    #[test]
    fn a_name_that_the_script_spells_once_is_short_in_both() {
        let names = ["__wbg_now_0123456789abcdef", "__wbindgen_throw", "absent"];
        let (out, script) = shortened(&module(&names, FUNCTION), SCRIPT).expect("it is a module");
        assert_eq!(out, module(&["_0", "__wbindgen_throw", "absent"], FUNCTION));
        assert_eq!(script, SCRIPT.replace("__wbg_now_0123456789abcdef", "_0"));
    }

    #[test]
    fn what_is_not_understood_stays() {
        let whole = module(&["a"], FUNCTION);
        assert!(shortened(&whole, SCRIPT).is_some());
        for end in [0, 5, HEAD + 1, HEAD + 4, whole.len() - 1] {
            assert_eq!(shortened(&whole[..end], SCRIPT), None, "{end} bytes");
        }
        assert_eq!(shortened(&module(&["a"], 1), SCRIPT), None, "a table");
        assert_eq!(shortened(&[&whole[..HEAD], &[1, 0x80, 0x80, 0x80, 0x80, 0x80, 1]].concat(), SCRIPT), None);
    }
}
