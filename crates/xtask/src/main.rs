//! `cargo xtask`: the repository's chores, two of which are all a newcomer needs: `serve` and `test`.
//!
//! In: a command word and its options.  Out: exit status 0, or 1 with one message that says what to do next.
//! Invariant: every chore is safe to repeat; nothing is installed outside `.tools/` without being named on the terminal.
//! Method: plain argument matching; each chore is one module with one public function.

mod bench;
mod browser;
mod e2e;
mod memory;
mod models;
mod page;
mod serve;
mod setup;
mod step;
mod suite;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a chore returns: a message for the terminal when it fails.
pub type Outcome<T> = Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  serve [--port N]   set up what is missing, build the page, serve it (default port 8080) and print the address
  test               set up what is missing, run every test: native, then the page in headless Chromium
  test --page WORD   only the page's tests whose name holds WORD
  setup              only the set-up: wasm target, wasm-bindgen, trunk, wasm-opt, Chromium, a font with Chinese
  bench [--json] [--seeks N]
                     measure the whole line on the models at hand: compile, verify, token, seek
  bench page         measure the page in Chromium: first picture, live chip, seeks, memory, a flight over 576 chips
  models             fetch the real model (98 MB) into models/
  build              build the page into dist/";

const PORT_DEFAULT: u16 = 8080;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["serve"] => serve_page(PORT_DEFAULT),
        ["serve", "--port", port] => match port.parse() {
            Ok(port) => serve_page(port),
            Err(_) => Err(format!("--port takes a number from 0 to 65535, not `{port}`")),
        },
        ["test"] => suite::run(),
        ["test", "--page", word] => suite::run_page(word),
        ["setup"] => setup::run(setup::Purpose::Tests).map(drop),
        ["bench", "page"] => bench::run_page(),
        ["bench", options @ ..] => bench::run(options),
        ["models"] => models::fetch(),
        ["build"] => setup::run(setup::Purpose::Page).and_then(page::build),
        [] | ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => Err(format!("`{}` is not a chore\n\n{USAGE}", words.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn serve_page(port: u16) -> Outcome<()> {
    let models = std::thread::spawn(models::fetch);
    setup::run(setup::Purpose::Page).and_then(page::build)?;
    let server = serve::Server::bind(port, serve::Folders::of_repository())?;
    println!("\nGreenwave is at {}   (Ctrl+C ends it)", server.address());
    if models.is_finished()
        && let Ok(Err(message)) = models.join()
    {
        eprintln!("note: the page runs with its own small model only: {message}");
    }
    server.run();
    Ok(())
}

/// The repository's root folder.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("crates/xtask lies two folders below the root").to_path_buf()
}
