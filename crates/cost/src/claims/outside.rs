//! What was said and cannot be checked here.
//!
//! In: nothing.  Out: the folded list under the claims, without a computed column.
//! Invariant: nothing here is judged, and nothing here is advice.
//! Source: story.md, the paragraph under the claims table.

use crate::Text;

/// Topics of the podcast that a page cannot check.
pub const OUTSIDE: [Text; 5] = [
    Text::of("公司的估值", "valuations of companies"),
    Text::of("開發者人數", "counts of developers"),
    Text::of("推論在某家雲端業者所佔的比例", "the share of inference at a cloud provider"),
    Text::of("其他廠商的晶片", "other makers' chips"),
    Text::of("誰創辦了什麼", "who founded what"),
];
