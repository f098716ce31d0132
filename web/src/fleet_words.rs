//! What is said of hundreds of chips, in both languages.
//!
//! In: numbers, places, what was compiled.  Out: sentences.
//! Invariant: a sentence exists in both languages; its numbers are those it is given.

use crate::fleet::Note;
use crate::i18n::{Lang, counted};
use study::Stage;

impl Lang {
    /// `3 of 20 programs`, as far as the stage has come.
    pub fn fleet_done(self, stage: Stage, done: u32, of: u32) -> String {
        let programs = of.saturating_sub(1);
        match (self, stage) {
            (_, Stage::Import) => String::new(),
            (Lang::Zh, _) if programs <= done => "最後一步：節點之間".to_owned(),
            (Lang::En, _) if programs <= done => "last: what travels between nodes".to_owned(),
            (Lang::Zh, _) => format!("{done} / {programs} 支程式"),
            (Lang::En, _) => format!("{done} of {programs} programs"),
        }
    }

    /// `Llama-2-70B on 576 chips`
    pub fn fleet(self, model: &str, chips: u32) -> String {
        match self {
            Lang::Zh => format!("{model}，{chips} 顆晶片"),
            Lang::En => format!("{model} on {chips} chips"),
        }
    }

    /// `72 users`
    pub fn users(self, users: u64) -> String {
        match self {
            Lang::Zh => format!("{users} 位使用者"),
            Lang::En => counted(users, "user"),
        }
    }

    /// `node 17`
    pub fn place(self, place: frame::Place) -> String {
        match (self, place) {
            (Lang::Zh, frame::Place::All) => "所有機架".to_owned(),
            (Lang::En, frame::Place::All) => "all racks".to_owned(),
            (Lang::Zh, frame::Place::Rack(rack)) => format!("機架 {}", rack + 1),
            (Lang::En, frame::Place::Rack(rack)) => format!("rack {}", rack + 1),
            (Lang::Zh, frame::Place::Node(node)) => format!("節點 {node}"),
            (Lang::En, frame::Place::Node(node)) => format!("node {node}"),
            (Lang::Zh, frame::Place::Link { chip, link, .. }) => format!("晶片 {chip} 的連線 {link}"),
            (Lang::En, frame::Place::Link { chip, link, .. }) => format!("link {link} of chip {chip}"),
        }
    }

    /// `cycle 874 613 of 1 749 227: 972 µs on the chip`
    pub fn moment(self, cycle: u64, of: u64, hertz: u64) -> String {
        let micros = cycle as f64 * 1e6 / hertz as f64;
        let (cycle, of) = (frame::grouped(cycle), frame::grouped(of));
        match self {
            Lang::Zh => format!("週期 {cycle} / {of}：晶片時間 {micros:.1} 微秒"),
            Lang::En => format!("cycle {cycle} of {of}: {micros:.1} µs of chip time"),
        }
    }

    /// `Node 17, the 16th of 72 on its way, has the token: `
    pub fn has_token(self, seat: u32, seats: u32, node: u16) -> String {
        match self {
            Lang::Zh => format!("token 在節點 {node}（路上的第 {} / {seats} 個）：", seat + 1),
            Lang::En => format!("The token is at node {node}, number {} of {seats} on its way: ", seat + 1),
        }
    }

    /// `node 3 chip 1 → chip 5`
    pub fn ride(self, from: (u16, u16), to: (u16, u16)) -> String {
        let end = |(node, chip): (u16, u16), is_short: bool| match (self, is_short) {
            (Lang::Zh, true) => format!("晶片 {chip}"),
            (Lang::Zh, false) => format!("節點 {node} 晶片 {chip}"),
            (Lang::En, true) => format!("chip {chip}"),
            (Lang::En, false) => format!("node {node} chip {chip}"),
        };
        format!("{} → {}", end(from, false), end(to, from.0 == to.0))
    }

    /// `Compiled in this browser in 4.1 s and judged in 0.9 s: 19 programs and what travels between, 1 234 567 instructions, no violation.`
    pub fn fleet_judged(self, note: &Note) -> String {
        let (compiled, judged) = (note.millis.0 / 1e3, note.millis.1 / 1e3);
        let (programs, issues) = (note.judged.0, frame::grouped(note.judged.1));
        match self {
            Lang::Zh => format!(
                "在這個瀏覽器裡編譯 {compiled:.1} 秒、驗證 {judged:.1} 秒：{programs} 支程式，{issues} 道指令，沒有違規。"
            ),
            Lang::En => format!(
                "Compiled in this browser in {compiled:.1} s, judged in {judged:.1} s: {programs} programs, {issues} instructions, no violation."
            ),
        }
    }

    /// `514 tokens a second for one user, ...`
    pub fn fleet_rate(self, note: &Note) -> String {
        let (one, users, all) = (note.per_second, note.users, note.per_second_all);
        let (formats, context) = (&note.formats, note.context);
        match self {
            Lang::Zh => format!(
                "模擬的晶片：{formats}，{context} 個位置，一位使用者每秒 {one:.0} 個 token，{users} 位一起每秒 {all:.0} 個。"
            ),
            Lang::En => format!(
                "The simulated chips: {formats}, {context} positions, {one:.0} tokens a second for one user, {all:.0} for {users} at once."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is_counts_programs_and_names_the_last_step() {
        let said = |lang: Lang, stage, done| lang.fleet_done(stage, done, 20);
        assert_eq!(said(Lang::En, Stage::Import, 0), "");
        assert_eq!(said(Lang::En, Stage::Compile, 3), "3 of 19 programs");
        assert_eq!(said(Lang::Zh, Stage::Verify, 3), "3 / 19 支程式");
        assert_eq!(said(Lang::En, Stage::Compile, 19), "last: what travels between nodes");
        assert_eq!(said(Lang::Zh, Stage::Compile, 20), "最後一步：節點之間");
    }
}
