//! A static server for the built page and the models beside it.
//!
//! In: two folders and a port of this machine.  Out: files, or an honest 404.
//! Invariant: nothing outside the two folders is ever read; the policy forbids every script but the page's own files.
//! Method: a few threads share one listener; compressed neighbours (`.br`, `.gz`) are sent where the browser takes them.

use crate::models::files_ending;
use crate::page::with_suffix;
use crate::{Outcome, root};
use std::fs::File;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use tiny_http::{Header, Method, Request, Response};

const THREADS: usize = 4;
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
     connect-src 'self'; worker-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
const MODEL_LIST: &str = "models/index.json";

/// What is served: the page at `/`, model files at `/models/`.
#[derive(Clone)]
pub struct Folders {
    /// The built page.
    pub page: PathBuf,
    /// Model files; may be missing.
    pub models: PathBuf,
}

impl Folders {
    /// `dist/` and `models/` of this repository.
    pub fn of_repository() -> Self {
        Folders { page: root().join("dist"), models: root().join("models") }
    }
}

/// A bound listener.
pub struct Server {
    http: Arc<tiny_http::Server>,
    folders: Folders,
}

impl Server {
    /// Listens on this machine only; port 0 takes any free one.
    pub fn bind(port: u16, folders: Folders) -> Outcome<Self> {
        let http = tiny_http::Server::http(("127.0.0.1", port))
            .map_err(|error| format!("cannot listen on port {port}: {error}; choose another with --port"))?;
        Ok(Server { http: Arc::new(http), folders })
    }

    /// The address to open.
    pub fn address(&self) -> String {
        format!("http://{}/", self.http.server_addr())
    }

    /// Answers until the process ends.
    pub fn run(self) {
        let threads: Vec<_> = (0..THREADS).map(|_| self.thread()).collect();
        for thread in threads {
            // A thread ends only when the listener does.
            let _ = thread.join();
        }
    }

    /// Answers in the background until the process ends.
    pub fn start(&self) {
        (0..THREADS).for_each(|_| drop(self.thread()));
    }

    fn thread(&self) -> std::thread::JoinHandle<()> {
        let (http, folders) = (Arc::clone(&self.http), self.folders.clone());
        std::thread::spawn(move || {
            while let Ok(request) = http.recv() {
                // A browser that went away in the middle of an answer is its own business.
                let _ = answer(request, &folders);
            }
        })
    }
}

fn answer(request: Request, folders: &Folders) -> std::io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(text(405, "only GET and HEAD"));
    }
    let path = request.url().split(['?', '#']).next().unwrap_or_default().trim_start_matches('/').to_owned();
    if path == MODEL_LIST {
        return request.respond(with_common(Response::from_string(model_list(&folders.models)), "json"));
    }
    let Some(file) = locate(&path, folders) else { return request.respond(text(404, "no such file")) };
    let accepts = |coding: &str| {
        let mut headers = request.headers().iter().filter(|header| header.field.equiv("Accept-Encoding"));
        headers.any(|header| header.value.as_str().split(',').any(|item| item.trim().split(';').next() == Some(coding)))
    };
    for (coding, suffix) in [("br", "br"), ("gzip", "gz")] {
        let packed = with_suffix(&file, suffix);
        if accepts(coding) && packed.is_file() {
            let response = with_common(Response::from_file(File::open(packed)?), ending(&file));
            return request.respond(response.with_header(header("Content-Encoding", coding)));
        }
    }
    request.respond(with_common(Response::from_file(File::open(&file)?), ending(&file)))
}

/// The file behind a request path, if it lies inside the served folders.
fn locate(path: &str, folders: &Folders) -> Option<PathBuf> {
    let path = if path.is_empty() { "index.html".to_owned() } else { decode(path)? };
    let plain = Path::new(&path).components().all(|part| matches!(part, Component::Normal(_)));
    let file = match path.strip_prefix("models/") {
        Some(model) => folders.models.join(model),
        None => folders.page.join(&path),
    };
    (plain && file.is_file()).then_some(file)
}

/// Undoes percent encoding; `None` for broken escapes.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => u8::from_str_radix(&format!("{}{}", rest.next()? as char, rest.next()? as char), 16).ok()?,
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Which models can be fetched from `/models/`, so that the page needs no guess that ends in a 404.
fn model_list(folder: &Path) -> String {
    let entry = |path: PathBuf| {
        let bytes = path.metadata().ok()?.len();
        Some(serde_json::json!({ "name": path.file_name()?.to_string_lossy(), "bytes": bytes }))
    };
    serde_json::Value::Array(files_ending(folder, ".gguf").into_iter().filter_map(entry).collect()).to_string()
}

fn ending(path: &Path) -> &str {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default()
}

fn mime(ending: &str) -> &'static str {
    match ending {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn with_common<R: std::io::Read>(response: Response<R>, ending: &str) -> Response<R> {
    // Small answers would otherwise go out in chunks without a length, and progress could not be shown.
    let response = response.with_chunked_threshold(usize::MAX);
    [
        ("Content-Type", mime(ending)),
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept-Encoding"),
    ]
    .into_iter()
    .fold(response, |response, (name, value)| response.with_header(header(name, value)))
}

fn text(status: u16, message: &str) -> Response<std::io::Cursor<Vec<u8>>> {
    with_common(Response::from_string(message).with_status_code(status), "txt")
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("every header here is plain ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    fn ask(request: &str) -> String {
        let folder = std::env::temp_dir().join(format!(
            "greenwave-serve-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::create_dir_all(folder.join("models")).unwrap();
        std::fs::write(folder.join("index.html"), "<p>page").unwrap();
        std::fs::write(folder.join("app.wasm"), "plain").unwrap();
        std::fs::write(folder.join("app.wasm.br"), "packed").unwrap();
        std::fs::write(folder.join("models/a.gguf"), "GGUF").unwrap();
        let folders = Folders { page: folder.clone(), models: folder.join("models") };
        let server = Server::bind(0, folders).unwrap();
        server.start();
        let mut stream = TcpStream::connect(server.http.server_addr().to_ip().unwrap()).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br;q=1, gzip\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        reply
    }

    #[test]
    fn the_root_is_the_page_under_the_policy() {
        let reply = ask("GET /");
        assert!(reply.starts_with("HTTP/1.1 200") && reply.ends_with("<p>page"), "{reply}");
        assert!(reply.contains("script-src 'self' 'wasm-unsafe-eval';"), "{reply}");
    }

    #[test]
    fn packed_wasm_is_sent_with_its_own_type() {
        let reply = ask("GET /app.wasm?v=1");
        assert!(reply.contains("Content-Encoding: br") && reply.contains("application/wasm"), "{reply}");
        assert!(reply.ends_with("packed"), "{reply}");
    }

    #[test]
    fn a_missing_file_is_not_found_and_no_path_leaves_the_folders() {
        for path in
            ["/none.wasm", "/models/none.gguf", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/models/../../x", "/%zz"]
        {
            let reply = ask(&format!("GET {path}"));
            assert!(reply.starts_with("HTTP/1.1 404"), "{path}: {reply}");
        }
        assert!(ask("POST /").starts_with("HTTP/1.1 405"));
    }

    #[test]
    fn models_are_listed_with_their_sizes() {
        assert!(ask("GET /models/index.json").ends_with(r#"[{"bytes":4,"name":"a.gguf"}]"#));
    }
}
