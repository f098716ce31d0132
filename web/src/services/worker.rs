//! The worker's end: receives requests, sends reports.
//!
//! In: messages.  Out: messages.
//! Invariant: its first message is its version, sent once it can hear: what reached it earlier would be lost.
//! Method: one handler on the worker's global scope, alive as long as the worker is. A text is written one token at a time, each in a
//!     task of its own, so that questions about what is already there are answered in between.

use super::port::{self, Sent};
use crate::desk::{self, Desk};
use crate::protocol::{Done, Epoch, MachineRead, Offer, PROTOCOL, Programs, Report, Request, decode};
use frame::Text;
use gloo_timers::callback::Timeout;
use js_sys::{Array, JSON, Reflect, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use study::Sampling;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{File, FileReaderSync};

/// The page's own model, seen from the worker's script in `static/`.
const OWN_MODEL: &str = "models/tiny.gguf";
/// Models beside the page, and the list of them; a host that offers none has no list.
const OFFERED: &str = "../models/";
const OFFER_LIST: &str = "../models/index.json";
/// Milliseconds between tokens, for questions that wait.
const PAUSE: u32 = 4;

/// The worker's state.
struct Clerk {
    desk: RefCell<Option<Desk>>,
    /// Chips that the next model is put on.
    chips: Cell<u16>,
    /// Programs that the next model gets.
    programs: Cell<Programs>,
    writing: RefCell<Option<Timeout>>,
    /// The machine that the next model is compiled for.
    machine: RefCell<MachineRead>,
    counting: RefCell<Option<Timeout>>,
    /// How many models were asked for: one that arrives after another was asked for is not opened.
    asked: Cell<u32>,
}

/// Answers until the page ends the worker.
pub fn serve() {
    let clerk = Rc::new(Clerk {
        desk: RefCell::default(),
        chips: Cell::new(1),
        programs: Cell::default(),
        writing: RefCell::default(),
        machine: RefCell::new(desk::published()),
        counting: RefCell::default(),
        asked: Cell::new(0),
    });
    let listening = Rc::clone(&clerk);
    port::listen(move |sent| match sent {
        Sent::Message(bytes) => listening.answer(decode(&bytes)),
        Sent::Object(object) => {
            if let Ok(file) = object.dyn_into::<File>() {
                listening.open_file(&file);
            }
        }
    });
    clerk.send(&Report::Hello { protocol: PROTOCOL });
}

impl Clerk {
    fn send(&self, report: &Report) {
        port::send(report);
    }

    fn settle(&self, outcome: Result<Report, Text>) {
        self.send(&outcome.unwrap_or_else(Report::Refused));
    }

    fn answer(self: &Rc<Self>, request: Option<Request>) {
        let request = match request {
            Some(Request::Hello { protocol: PROTOCOL }) => {
                self.send(&Report::Ready);
                return self.offer();
            }
            Some(Request::Hello { .. }) | None => return self.send(&Report::Hello { protocol: PROTOCOL }),
            Some(Request::Chips(chips)) => return self.chips.set(chips),
            Some(Request::Programs(programs)) => return self.programs.set(programs),
            Some(Request::Take(read)) => return self.put_on_machine(*read),
            Some(Request::OpenOwn) => return self.open_from(OWN_MODEL.to_owned()),
            Some(Request::OpenOffered(name)) => return self.open_from(format!("{OFFERED}{name}")),
            Some(Request::Prompt(text, sampling)) => return self.prompt(&text, sampling),
            Some(Request::Line) => {
                let line = self.desk.borrow().as_ref().map_or(Report::Line(None), Desk::line);
                return self.send(&line);
            }
            Some(request) => request,
        };
        let mut slot = self.desk.borrow_mut();
        let Some(desk) = slot.as_mut() else { return };
        match request {
            Request::Shots(wanted) => self.send(&desk.shots(wanted)),
            Request::Look { on, cursor, selection } => self.send(&desk.look(on, cursor, selection)),
            Request::Plan(wanted) => self.send(&desk.plan(wanted)),
            Request::Pick { on, cursor, picture, at } => self.send(&desk.pick(on, cursor, &picture, at)),
            Request::Event { cursor, watch, direction } => self.send(&desk.event(cursor, watch, direction)),
            Request::Ride { token, start, lane } => self.settle(desk.ride(token, start, lane)),
            Request::After(pass) => self.send(&desk.after(&pass)),
            Request::Change(change) => self.send(&desk.change(change, &mut |report| self.send(&report))),
            Request::Fingerprint => self.send(&desk.fingerprint()),
            Request::Break { seed } => {
                self.settle(desk.break_one(seed, &mut |report| self.send(&report)));
                self.count_later();
            }
            Request::Harmless => self.send(&desk.harmless()),
            Request::Undo => {
                self.send(&desk.undo());
                self.write_later();
            }
            Request::Hello { .. }
            | Request::Chips(_)
            | Request::Programs(_)
            | Request::Machine(_)
            | Request::Take(_)
            | Request::Line
            | Request::OpenOwn
            | Request::OpenOffered(_)
            | Request::Prompt(..) => {}
        }
    }

    fn open(&self, bytes: Vec<u8>) {
        self.writing.borrow_mut().take();
        let epoch = self.desk.borrow().as_ref().map_or(Epoch(1), |desk| Epoch(desk.epoch().0 + 1));
        let place = (self.machine.borrow().clone(), self.chips.get(), self.programs.get());
        match Desk::open(bytes, place, epoch, port::now, &mut |report| self.send(&report)) {
            Ok(desk) => *self.desk.borrow_mut() = Some(desk),
            Err(error) => self.send(&Report::Refused(error)),
        }
    }

    fn open_from(self: &Rc<Self>, address: String) {
        let clerk = Rc::clone(self);
        self.send(&Report::Progress { stage: study::Stage::Import, done: 0, of: 1 });
        let turn = self.next_turn();
        wasm_bindgen_futures::spawn_local(async move {
            let fetched = fetched(&address).await;
            if clerk.asked.get() != turn {
                return;
            }
            match fetched {
                Some(bytes) => clerk.open(bytes),
                None => clerk.send(&Report::Refused(Text::new(
                    format!("讀不到 {address}。請確認伺服器提供這個檔案。"),
                    format!("{address} cannot be read; check that the server offers it."),
                ))),
            }
        });
    }

    fn next_turn(&self) -> u32 {
        self.asked.set(self.asked.get().wrapping_add(1));
        self.asked.get()
    }

    /// The next model is compiled for this machine.
    fn put_on_machine(&self, read: MachineRead) {
        self.send(&Report::Machine(read.note.clone()));
        *self.machine.borrow_mut() = read;
    }

    /// Counts the damage front, a chip at a time.
    fn count_later(self: &Rc<Self>) {
        let clerk = Rc::clone(self);
        let count = move || {
            let report = clerk.desk.borrow_mut().as_mut().and_then(Desk::count_front);
            if let Some(report) = report {
                clerk.send(&report);
                clerk.count_later();
            }
        };
        *self.counting.borrow_mut() = Some(Timeout::new(PAUSE, count));
    }

    /// Says which models lie beside the page; says nothing where there is no list.
    fn offer(self: &Rc<Self>) {
        let clerk = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            let Some(bytes) = fetched(OFFER_LIST).await else { return };
            if let Some(offers) = std::str::from_utf8(&bytes).ok().and_then(offers) {
                clerk.send(&Report::Offers(offers));
            }
        });
    }

    fn open_file(&self, file: &File) {
        self.next_turn();
        let bytes = FileReaderSync::new().and_then(|reader| reader.read_as_array_buffer(file));
        match bytes {
            Ok(buffer) => self.open(Uint8Array::new(&buffer).to_vec()),
            Err(_) => self.send(&Report::Refused(Text::new(
                format!("瀏覽器讀不到「{}」。", file.name()),
                format!("the browser cannot read `{}`", file.name()),
            ))),
        }
    }

    fn prompt(self: &Rc<Self>, text: &str, sampling: Sampling) {
        self.writing.borrow_mut().take();
        {
            let mut slot = self.desk.borrow_mut();
            let Some(desk) = slot.as_mut() else { return };
            if let Err(error) = desk.prompt((text, sampling), &mut |report| self.send(&report)) {
                return self.send(&Report::Refused(error));
            }
            self.send(&Report::Run(desk.run(Done::No)));
        }
        self.write_later();
    }

    fn write_later(self: &Rc<Self>) {
        let clerk = Rc::clone(self);
        *self.writing.borrow_mut() = Some(Timeout::new(PAUSE, move || clerk.write()));
    }

    fn write(self: &Rc<Self>) {
        let outcome = match self.desk.borrow_mut().as_mut() {
            Some(desk) if !desk.is_broken() => desk.write().map(|done| (done, Report::Run(desk.run(done)))),
            _ => return,
        };
        match outcome {
            Ok((done, report)) => {
                self.send(&report);
                if done == Done::No {
                    self.write_later();
                }
            }
            Err(error) => self.send(&Report::Refused(error)),
        }
    }
}

/// The list of models beside the page, read by the browser: a reader of our own would be in the first load.
fn offers(text: &str) -> Option<Vec<Offer>> {
    let list: Array = JSON::parse(text).ok()?.dyn_into().ok()?;
    let field = |item: &JsValue, name: &str| Reflect::get(item, &name.into()).ok();
    let offer = |item: JsValue| {
        let (name, bytes) = (field(&item, "name")?.as_string()?, field(&item, "bytes")?.as_f64()?);
        Some(Offer { name, bytes: bytes as u64 })
    };
    list.iter().map(offer).collect()
}

/// The bytes at an address; a server that sends a page in place of a missing file is found out by whoever reads them.
async fn fetched(address: &str) -> Option<Vec<u8>> {
    let answer = wasm_bindgen_futures::JsFuture::from(port::scope().fetch_with_str(address)).await.ok()?;
    let answer: web_sys::Response = answer.dyn_into().ok()?;
    if !answer.ok() {
        return None;
    }
    let buffer = wasm_bindgen_futures::JsFuture::from(answer.array_buffer().ok()?).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}
