//! How much memory a browser's pages hold.
//!
//! In: the number of the browser's process.  Out: bytes, or nothing where the system does not say.
//! Invariant: memory that processes share is counted once, by parts (the proportional set size).
//! Method: Linux's `/proc`: the renderers among the descendants of the process.

use std::fs;

/// Bytes that the renderers of this browser hold.
pub fn of_pages(browser: u32) -> Option<u64> {
    let all: Vec<(u32, u32)> =
        fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| parent(entry.file_name().to_str()?)).collect();
    let mut family = vec![browser];
    let mut next = 0;
    while let Some(&one) = family.get(next) {
        family.extend(all.iter().filter(|(_, parent)| *parent == one).map(|(child, _)| *child));
        next += 1;
    }
    let pages: Vec<u64> = family.into_iter().filter(|process| is_page(*process)).filter_map(held).collect();
    (!pages.is_empty()).then(|| pages.iter().sum())
}

/// A process and its parent; the name in brackets may hold anything, so what follows the last bracket is read.
fn parent(name: &str) -> Option<(u32, u32)> {
    let process = name.parse().ok()?;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    Some((process, parent))
}

fn is_page(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/cmdline")).is_ok_and(|line| line.contains("--type=renderer"))
}

fn held(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kilo| kilo * 1024)
}
