//! Inputs that belong to one contestant: what its run would count, set by hand, and by which names.
//!
//! In: ids as `gpu.use.batch` or `lpu.use.tokens_per_second`, numbers.  Out: what decoding uses on that side, and who an id belongs to.
//! Invariant: an amount of a run reaches the side that its name says, and no other; a bare `use.` name is refused with both new ones.
//! Method: a table of the amounts; what follows from fields of the case is changed there, and says so.

use super::contest::Setting;
use super::curves::Who;
use super::file::Case;
use cost::{Bounds, Kind, Use};
use units::{Standing, Text};

/// What a run counts, with the least and the greatest that can be set.
const AMOUNTS: [(&str, f64, f64); 7] = [
    ("tokens_per_second", 1e-3, 1e9),
    ("batch", 1.0, 4096.0),
    ("weight_gb", 0.0, 1e5),
    ("stored_gb", 0.0, 1e5),
    ("kv_bytes", 1.0, 1e9),
    ("macs_g", 0.0, 1e5),
    ("link_bits", 0.0, 1e15),
];
/// Those that differ from load to load: along a curve each point has its own.
const OF_A_LOAD: [&str; 3] = ["tokens_per_second", "batch", "weight_gb"];

impl Who {
    /// Both contestants.
    pub const ALL: [Who; 2] = [Who::Gpu, Who::Lpu];

    fn prefix(self) -> &'static str {
        match self {
            Who::Gpu => "gpu",
            Who::Lpu => "lpu",
        }
    }

    /// The name under which this side's input `id` is changed: an amount of its run has the side before it.
    pub fn field(self, id: &str) -> String {
        let is_amount = id.strip_prefix("use.").is_some_and(|name| amount(name).is_some());
        if is_amount { format!("{}.{id}", self.prefix()) } else { id.to_owned() }
    }
}

fn amount(name: &str) -> Option<&'static (&'static str, f64, f64)> {
    AMOUNTS.iter().find(|(known, ..)| *known == name)
}

/// The side and the amount that `id` names.
fn of_side(id: &str) -> Option<(Who, &str)> {
    let named = |who: Who| Some((who, id.strip_prefix(who.prefix())?.strip_prefix(".use.")?));
    Who::ALL.into_iter().find_map(named).filter(|(_, name)| amount(name).is_some())
}

/// What the field of a side's amount accepts; nothing for any other id.
pub(super) fn bounds(id: &str) -> Option<Bounds> {
    let (_, least, most) = *amount(of_side(id)?.1)?;
    Some(Bounds { least, most, kind: Kind::Real })
}

/// Puts the amounts of `who` that are set by hand into `usage`.
pub(super) fn overrule(usage: &mut Use, who: Who, setting: &Setting) {
    let Use { tokens_per_second, batch, weight_gb, stored_gb, kv_bytes, macs_g, link_bits, context: _ } = usage;
    let slots = [tokens_per_second, batch, weight_gb, stored_gb, kv_bytes, macs_g, link_bits];
    for ((name, least, most), slot) in AMOUNTS.into_iter().zip(slots) {
        let id = who.field(&format!("use.{name}"));
        let value: Option<f64> = setting.edits.get(&id).and_then(|text| text.trim().parse().ok());
        let Some(value) = value.filter(|value| (least..=most).contains(value)) else { continue };
        (slot.value, slot.low, slot.high) = (value, value, value);
        (slot.standing, slot.source) = (Standing::Assumed, format!("set by hand: {id}"));
    }
}

impl Setting {
    /// The setting without amounts that differ from load to load.
    pub(super) fn of_any_load(&self) -> Setting {
        let is_kept = |id: &str| of_side(id).is_none_or(|(_, name)| !OF_A_LOAD.contains(&name));
        let edits = self.edits.iter().filter(|(id, _)| is_kept(id)).map(|(id, text)| (id.clone(), text.clone()));
        Setting { users: self.users, edits: edits.collect() }
    }

    /// The setting without amounts of one side: what a sheet of either takes.
    pub(super) fn of_both(&self) -> impl Iterator<Item = (&String, &String)> {
        self.edits.iter().filter(|(id, _)| of_side(id).is_none())
    }
}

/// What to change instead of `id`, where it had a name that belongs to nobody or follows from a field of the case.
pub(super) fn instead(id: &str, case: &Case) -> Option<Text> {
    let bare = Who::ALL.into_iter().find_map(|who| id.strip_prefix(who.prefix())?.strip_prefix('.')).unwrap_or(id);
    match bare {
        "use.context" | "case.context" => Some(Text::new(
            format!("兩邊的上下文相同：請改用 context（題目裡是 {}）", case.context),
            format!("both sides look back equally far: change `context`, which is {} in the case", case.context),
        )),
        "hardware.chips" | "hardware.servers" => Some(Text::new(
            format!("請改用 gpu.count（現在是 {}）或 lpu.chips（現在是 {}）", case.gpu.count, case.lpu.chips),
            format!("change `gpu.count`, which is {}, or `lpu.chips`, which is {}", case.gpu.count, case.lpu.chips),
        )),
        _ => {
            amount(bare.strip_prefix("use.")?)?;
            let [gpu, lpu] = Who::ALL.map(|who| who.field(bare));
            Some(Text::new(
                format!("這個輸入只屬於一邊：請改用 {gpu} 或 {lpu}"),
                format!("it belongs to one side: write `{gpu}` or `{lpu}`"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_its_side_in_its_name_and_everything_else_keeps_its_name() {
        assert_eq!(Who::Gpu.field("use.batch"), "gpu.use.batch");
        assert_eq!([Who::Lpu.field("use.context"), Who::Lpu.field("money.kwh")], ["use.context", "money.kwh"]);
        assert_eq!(of_side("lpu.use.kv_bytes"), Some((Who::Lpu, "kv_bytes")));
        assert_eq!([of_side("use.batch"), of_side("lpu.use.context"), of_side("gpu.ramp")], [None, None, None]);
        assert!(AMOUNTS.iter().all(|(name, least, most)| least < most && bounds(&format!("gpu.use.{name}")).is_some()));
        assert!(OF_A_LOAD.iter().all(|name| amount(name).is_some()));
    }

    #[test]
    fn a_name_that_belongs_to_nobody_is_told_the_new_ones() {
        let case = Case::find("llama-2-70b").expect("a case of this build");
        let says = |id: &str| instead(id, &case).map(|text| text.en).unwrap_or_default();
        assert!(says("use.batch").contains("`gpu.use.batch` or `lpu.use.batch`"));
        assert!(says("lpu.hardware.chips").contains("`lpu.chips`, which is 576"));
        assert!(says("case.context").contains("`context`, which is 1024"));
        assert_eq!(says("money.kwh"), "");
    }
}
