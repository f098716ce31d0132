//! The tokenizer as a whole: merging order, special tokens, round trips.
//!
//! In: small vocabularies made here.  Out: ids and bytes.
//! Invariant: any Unicode text comes back byte for byte.
//! Method: a naive merger, which searches the whole piece for each merge, is the second opinion.

use super::bytes::byte_of;
use super::*;
use units::Rng;

/// The 256 characters of the byte alphabet, by byte.
fn alphabet() -> Vec<String> {
    let mut characters: Vec<char> = (0..0x400).filter_map(char::from_u32).filter(|&c| byte_of(c).is_some()).collect();
    characters.sort_by_key(|&character| byte_of(character));
    characters.into_iter().map(String::from).collect()
}

/// Bytes, then the results of `merges` in order, then special tokens.
fn vocabulary(merges: &[String], special: &[&str]) -> (Vec<String>, Vec<TokenKind>) {
    let mut tokens = alphabet();
    for merge in merges {
        let merged = merge.replace(' ', "");
        if !tokens.contains(&merged) {
            tokens.push(merged);
        }
    }
    let mut kinds = vec![TokenKind::Normal; tokens.len()];
    tokens.extend(special.iter().map(|&name| name.to_owned()));
    kinds.resize(tokens.len(), TokenKind::Control);
    (tokens, kinds)
}

fn tokenizer(merges: &[String], special: &[&str], pre: PreTokenizer) -> Tokenizer {
    let (tokens, kinds) = vocabulary(merges, special);
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let merges: Vec<&str> = merges.iter().map(String::as_str).collect();
    let spec = Spec { tokens, kinds, merges, pre, bos: None, eos: None, add_bos: false };
    Tokenizer::new(&spec).unwrap()
}

fn check(merges: &[&str], text: &str, expected: &[&str]) {
    let merges: Vec<String> = merges.iter().map(|&merge| merge.to_owned()).collect();
    let tokenizer = tokenizer(&merges, &["<|im_start|>", "<|im_start|>x", "<|end|>"], PreTokenizer::Gpt2);
    let ids = tokenizer.encode(text).unwrap();
    let labels: Vec<String> = ids.iter().map(|&id| tokenizer.label(id)).collect();
    assert_eq!(labels, expected, "{text:?}");
}

#[test]
fn the_most_urgent_merge_goes_first_and_the_leftmost_among_equals() {
    check(&["b c", "a b", "a bc"], "abc", &["abc"]);
    check(&["a b", "b c"], "abc", &["ab", "c"]);
    check(&["a a"], "aaaaa", &["aa", "aa", "a"]);
    check(&["a a", "aa aa"], "aaaaaaa", &["aaaa", "aa", "a"]);
    check(&["Ġ t", "Ġt o"], "to to", &["t", "o", " to"]);
}

#[test]
fn special_tokens_are_never_split_and_the_longest_wins() {
    check(&[], "a<|im_start|>b", &["a", "<|im_start|>", "b"]);
    check(&[], "<|im_start|>x<|end|>", &["<|im_start|>x", "<|end|>"]);
    check(&[], "<|end", &["<", "|", "e", "n", "d"]);
}

#[test]
fn incomplete_characters_have_labels() {
    check(&["å ¥"], "好", &["<0xE5><0xA5>", "<0xBD>"]);
}

#[test]
fn the_start_token_is_added_where_asked() {
    let (tokens, kinds) = vocabulary(&[], &["<s>"]);
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let spec =
        Spec { tokens, kinds, merges: vec![], pre: PreTokenizer::Gpt2, bos: Some(256), eos: None, add_bos: true };
    let tokenizer = Tokenizer::new(&spec).unwrap();
    assert_eq!(tokenizer.encode("a"), Ok(vec![256, u32::from(b'a')]));
    assert_eq!(tokenizer.special("<s>"), tokenizer.bos());
}

#[test]
fn a_byte_without_token_is_an_error_with_its_place() {
    let tokens = vec!["a", "å"];
    let spec =
        Spec { tokens, kinds: vec![], merges: vec![], pre: PreTokenizer::Gpt2, bos: None, eos: None, add_bos: false };
    let error = Tokenizer::new(&spec).unwrap().encode("aa好").unwrap_err();
    assert_eq!(error, EncodeError { at: 3, byte: 0xa5, character: '好' });
}

/// Seeded merges over what exists so far, so that they chain.
fn random_merges(rng: &mut Rng, count: usize) -> Vec<String> {
    let mut parts: Vec<String> = ["a", "b", "c", "Ġ", "å", "¥", "½", "Ċ"].map(String::from).to_vec();
    let mut merges = Vec::new();
    for _ in 0..count {
        let left = parts[rng.below(parts.len() as u64) as usize].clone();
        let right = parts[rng.below(parts.len() as u64) as usize].clone();
        merges.push(format!("{left} {right}"));
        parts.push(left + &right);
    }
    merges
}

fn random_text(rng: &mut Rng) -> String {
    let special = ["abc", "a b", "好好", "<|end|>", "\n", "  ", "\u{10FFFF}", "\0", "é", "'s", "12"];
    let any = |rng: &mut Rng| char::from_u32(rng.below(0x11_0000) as u32).map(String::from).unwrap_or_default();
    (0..rng.below(30))
        .map(|_| match rng.below(3) {
            0 => any(rng),
            _ => special[rng.below(special.len() as u64) as usize].to_owned(),
        })
        .collect()
}

/// Merges by searching for the most urgent pair again and again.
fn naive(piece: &str, merges: &[String], alphabet: &[String]) -> Vec<String> {
    let mut parts: Vec<String> = piece.bytes().map(|byte| alphabet[usize::from(byte)].clone()).collect();
    loop {
        let pairs = parts.windows(2).map(|pair| format!("{} {}", pair[0], pair[1]));
        let ranks =
            pairs.enumerate().filter_map(|(at, pair)| Some((merges.iter().position(|merge| *merge == pair)?, at)));
        let Some((_, at)) = ranks.min() else { return parts };
        let right = parts.remove(at + 1);
        parts[at].push_str(&right);
    }
}

#[test]
fn random_texts_come_back_and_agree_with_the_naive_merger() {
    let alphabet = alphabet();
    for seed in 0..400 {
        let mut rng = Rng::new(seed);
        let merges = random_merges(&mut rng, 40);
        let pre = [PreTokenizer::Gpt2, PreTokenizer::SmolLm, PreTokenizer::Qwen2][seed as usize % 3];
        let tokenizer = tokenizer(&merges, &["<|end|>"], pre);
        let text = random_text(&mut rng);
        let ids = tokenizer.encode(&text).unwrap();
        assert_eq!(tokenizer.decode(&ids), text.as_bytes(), "seed {seed}");
        let plain = text.replace("<|end|>", "");
        let expected: Vec<String> =
            pre.pieces(&plain).into_iter().flat_map(|piece| naive(piece, &merges, &alphabet)).collect();
        let found = tokenizer.encode(&plain).unwrap();
        let found: Vec<Vec<u8>> = found.iter().map(|&id| tokenizer.token_bytes(id).to_vec()).collect();
        let bytes_of = |token: &String| token.chars().filter_map(byte_of).collect::<Vec<u8>>();
        assert_eq!(found, expected.iter().map(bytes_of).collect::<Vec<_>>(), "seed {seed}");
    }
}

#[test]
fn a_long_run_takes_no_quadratic_time() {
    let merges: Vec<String> =
        (0..12).map(|power| "a".repeat(1 << power)).map(|half| format!("{half} {half}")).collect();
    let tokenizer = tokenizer(&merges, &[], PreTokenizer::Gpt2);
    let ids = tokenizer.encode(&"a".repeat(1 << 20)).unwrap();
    assert_eq!(ids.len(), 1 << 8);
}
