//! What the planes of the matrix unit hold, superlane by superlane.
//!
//! In: a cycle.  Out: stripes for the columns in the array, brighter ones for those in the weight buffer.
//! Invariant: superlane k shows the plane k cycles earlier, because loads and installs climb like every instruction.
//! Method: runs of equal groups of 16 columns are one shape.

use super::Context;
use crate::selection::Selection;
use crate::shape::{Area, Colour, Kind, Layer, Part, Shape};
use arch::Hemisphere;

/// Columns of a group.
const GROUP_COLUMNS: u16 = 16;
/// Opacity of the array.
const ARRAY: u8 = 130;
/// Opacity of the buffer.
const BUFFER: u8 = 240;
/// Part of a row's height that the buffer takes.
const BUFFER_HEIGHT: f32 = 0.35;

pub(crate) fn planes(context: &Context) -> Layer {
    let mut layer = Layer::new(Part::Planes, context.die.area());
    let chip = context.timeline.chip();
    for hemisphere in Hemisphere::BOTH {
        for plane in 0..chip.planes {
            for superlane in 0..chip.superlanes {
                row(context, &mut layer, hemisphere, plane, superlane);
            }
        }
    }
    layer
}

fn row(context: &Context, layer: &mut Layer, hemisphere: Hemisphere, plane: u8, superlane: u32) {
    let Some(cycle) = context.cycle.checked_sub(u64::from(superlane)) else { return };
    let Some(fill) = context.timeline.plane(hemisphere, plane, cycle) else { return };
    let groups = context.timeline.chip().lanes() / u32::from(GROUP_COLUMNS);
    let (top, bottom) = context.die.row(i64::from(superlane));
    let target = Selection::Plane { hemisphere, plane };
    let split = bottom - (bottom - top) * BUFFER_HEIGHT;
    for (bits, level, y0, y1) in [(fill.installed, ARRAY, top, split - 1.0), (fill.loaded, BUFFER, split, bottom)] {
        for (first, last) in runs(bits, groups) {
            let part = |group: u32| group as f32 / groups as f32;
            let (x0, x1) = context.die.plane_part(hemisphere, plane, part(first), part(last));
            let area = Area::new(x0, y0, x1, y1);
            if context.shows(&area) {
                let kind = Kind::Columns { count: (last - first) as u16 };
                layer.shapes.push(Shape::still(kind, Colour::Mxm, context.dim(level), area).showing(target));
            }
        }
    }
}

/// Runs of set bits: first, and one past the last.
fn runs(bits: u32, count: u32) -> Vec<(u32, u32)> {
    let is_set = |bit: u32| bit < count && bits >> bit & 1 == 1;
    let starts = (0..count).filter(|&bit| is_set(bit) && (bit == 0 || !is_set(bit - 1)));
    starts.map(|start| (start, (start..=count).find(|&bit| !is_set(bit)).unwrap_or(count))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_bits() {
        assert_eq!(runs(0b1101, 20), [(0, 1), (2, 4)]);
        assert_eq!(runs(0xf_ffff, 20), [(0, 20)]);
        assert_eq!(runs(0, 20), []);
    }
}
