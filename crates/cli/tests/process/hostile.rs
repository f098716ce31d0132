//! Model files that lie: each is refused with a position, before anything is allocated for the lie.
//!
//! In: the committed model, spoiled.  Out: exit code 2, one line.
//! Invariant: refusals hold in little memory, whatever the file claims.
//! Method: where a shell can limit memory, each refusal is repeated under that limit; a sparse file claims to be large.

use crate::tool::{Folder, Said, TINY, check_refusal, greenwave, refused};
use std::fs::File;
use std::process::Command;
use units::Rng;

/// Kilobytes of address space: enough for the program itself, far less than the lies below.
#[cfg(target_os = "linux")]
const MEMORY: u32 = 200_000;

/// Refused, in little memory too.
fn lies(folder: &Folder, bytes: &[u8], parts: &[&str]) {
    let path = folder.file("lies.gguf", bytes);
    refused(&["compile", &path], &["lies.gguf: ", "byte "]);
    check_refusal(&limited(&path), parts);
}

#[cfg(target_os = "linux")]
fn limited(path: &str) -> Said {
    let script = format!("ulimit -v {MEMORY} && exec \"$0\" compile \"$1\"");
    let words = ["-c", &script, env!("CARGO_BIN_EXE_greenwave"), path];
    Command::new("sh").args(words).output().expect("it starts").into()
}

#[cfg(not(target_os = "linux"))]
fn limited(path: &str) -> Said {
    Command::new(env!("CARGO_BIN_EXE_greenwave")).args(["compile", path]).output().expect("it starts").into()
}

/// Position of the first `text` in the model.
fn position(text: &str) -> usize {
    TINY.windows(text.len()).position(|window| window == text.as_bytes()).expect("the model has it")
}

fn patched(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = TINY.to_vec();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn truncated_files() {
    let folder = Folder::new("truncated");
    let mut lengths: Vec<usize> = vec![1, 3, 4, 7, 8, 15, 16, 23, 24, 31, TINY.len() - 1];
    let mut rng = Rng::new(5);
    lengths.extend((0..40).map(|_| rng.below(TINY.len() as u64) as usize));
    for length in lengths {
        lies(&folder, &TINY[..length], &[]);
    }
}

#[test]
fn lying_counts_offsets_lengths() {
    let folder = Folder::new("lying");
    lies(&folder, &patched(8, &u64::MAX.to_le_bytes()), &["byte 8: header: expected a tensor count of at most"]);
    lies(
        &folder,
        &patched(16, &(1u64 << 40).to_le_bytes()),
        &["byte 16: header: expected a metadata count of at most"],
    );
    lies(&folder, &patched(24, &(1u64 << 62).to_le_bytes()), &["byte 24: "]);
    let tokens = position("tokenizer.ggml.tokens") + "tokenizer.ggml.tokens".len();
    lies(&folder, &patched(tokens + 8, &(1u64 << 50).to_le_bytes()), &["an array length of at most"]);
    lies(&folder, &patched(tokens + 16, &(1u64 << 50).to_le_bytes()), &["a text"]);
    let name = "blk.0.attn_q.weight";
    let tensor = position(name) + name.len();
    lies(&folder, &patched(tensor, &77u32.to_le_bytes()), &["expected 1 to 4, found 77"]);
    lies(&folder, &patched(tensor + 4, &(1u64 << 62).to_le_bytes()), &["blk.0.attn_q.weight"]);
    lies(&folder, &patched(tensor + 20, &99u32.to_le_bytes()), &["found 99"]);
    lies(&folder, &patched(tensor + 24, &(1u64 << 60).to_le_bytes()), &["inside the file"]);
}

#[test]
fn a_large_empty_file_and_a_large_tail() {
    let folder = Folder::new("large");
    let path = folder.path("large.gguf");
    let file = File::create(&path).expect("the target folder can be written");
    if file.set_len(1 << 40).is_err() {
        println!("this disk has no sparse files: nothing checked");
        return;
    }
    check_refusal(&limited(&path), &["byte 0: header"]);
    check_refusal(&greenwave(&["verify", &path]), &["byte 0: header"]);
    // With sound counts, the lie is in one of them: the file is large enough to justify it, memory is not.
    let mut head = TINY[..24].to_vec();
    head[8..16].copy_from_slice(&(1u64 << 32).to_le_bytes());
    std::fs::write(&path, head).expect("the target folder can be written");
    File::options().write(true).open(&path).and_then(|file| file.set_len(1 << 40)).expect("sparse");
    check_refusal(&limited(&path), &["byte "]);
}

#[test]
fn deep_nesting() {
    let folder = Folder::new("nesting");
    let mut file = b"GGUF".to_vec();
    file.extend(3u32.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.extend(1u64.to_le_bytes());
    file.extend(4u64.to_le_bytes());
    file.extend(b"deep");
    file.extend(9u32.to_le_bytes());
    for _ in 0..100_000 {
        file.extend(9u32.to_le_bytes());
        file.extend(1u64.to_le_bytes());
    }
    lies(&folder, &file, &["arrays in arrays at most"]);
}

#[test]
fn other_magic_family_type_and_tokenizer() {
    let folder = Folder::new("foreign");
    lies(&folder, &patched(0, b"GGML"), &["expected `GGUF`, found `GGML`"]);
    lies(&folder, &patched(4, &1u32.to_le_bytes()), &["GGUF 2, GGUF 3"]);
    let family = position("general.architecture") + "general.architecture".len() + 12;
    assert_eq!(&TINY[family..family + 5], b"llama");
    lies(&folder, &patched(family, b"mamba"), &["`mamba`", "choose a model of the plain Llama family"]);
    let tensor = position("blk.0.attn_q.weight") + "blk.0.attn_q.weight".len();
    // 16 is IQ2_XXS: known, not decoded here.
    lies(&folder, &patched(tensor + 20, &16u32.to_le_bytes()), &["blk.0.attn_q.weight"]);
    let tokenizer = position("tokenizer.ggml.model") + "tokenizer.ggml.model".len() + 12;
    lies(&folder, &patched(tokenizer, b"bert"), &["`bert`", "byte-level BPE"]);
}

#[test]
fn a_model_that_does_not_fit_says_what_would_and_that_fits() {
    let folder = Folder::new("unfit");
    let key = position("llama.context_length") + "llama.context_length".len() + 4;
    let path = folder.file("long.gguf", &patched(key, &65_535u32.to_le_bytes()));
    let mut context = "65535".to_owned();
    // A refusal before placement knows a bound; one after it knows the number.
    for _ in 0..3 {
        let said = greenwave(&["compile", &path, "--context", &context]);
        if said.code == 0 {
            return;
        }
        assert!(said.code == 2 && said.out.is_empty() && said.err.lines().count() == 1, "{said:?}");
        assert!(said.err.contains(" words of each slice are needed"), "{said:?}");
        context =
            said.err.trim_end().rsplit_once("use a context of at most ").expect("the remedy has a number").1.to_owned();
    }
    panic!("the remedy does not help: {context}");
}
