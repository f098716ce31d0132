//! Element types and shapes.
//!
//! In: sizes.  Out: shapes whose element count is known not to overflow.
//! Invariant: no extent is zero, the element count is at most 2^48, rank is at most 4; also for a shape read back by serde.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DType {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// Two's complement, 32 bits.
    I32,
    /// Two's complement, 8 bits.
    I8,
    /// Two's complement, 16 bits.
    I16,
    /// 0 to 255.
    U8,
}

impl DType {
    /// Every element type once.
    pub const ALL: [DType; 6] = [DType::F32, DType::F16, DType::I32, DType::I16, DType::I8, DType::U8];

    /// Bytes per element.
    pub fn bytes(self) -> u64 {
        match self {
            DType::F32 | DType::I32 => 4,
            DType::F16 | DType::I16 => 2,
            DType::I8 | DType::U8 => 1,
        }
    }

    /// Name in the text form.
    pub fn name(self) -> &'static str {
        match self {
            DType::F32 => "f32",
            DType::F16 => "f16",
            DType::I32 => "i32",
            DType::I8 => "i8",
            DType::I16 => "i16",
            DType::U8 => "u8",
        }
    }
}

/// Extents of a tensor, outermost first; the last axis is the one that lies on the lanes of a chip. Zeros, which no extent is, fill it up,
/// so that the order is that of the extents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<u32>", into = "Vec<u32>")]
pub struct Shape([u32; Shape::RANK_MAX]);

/// Element type and extents of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TensorType {
    /// Element type.
    pub dtype: DType,
    /// Extents, outermost first.
    pub shape: Shape,
}

impl Shape {
    /// Greatest supported rank.
    pub const RANK_MAX: usize = 4;

    /// A shape, or `None` when the rank is over 4, an extent is zero, or there are more than 2^48 elements.
    pub fn new(extents: &[u32]) -> Option<Self> {
        let elements = extents.iter().try_fold(1u64, |product, &extent| product.checked_mul(u64::from(extent)));
        let legal = !extents.contains(&0) && elements.is_some_and(|count| count <= 1 << 48);
        let mut all = [0; Self::RANK_MAX];
        all.get_mut(..extents.len()).filter(|_| legal)?.copy_from_slice(extents);
        Some(Shape(all))
    }

    /// All extents, outermost first.
    pub fn extents(&self) -> &[u32] {
        &self.0[..self.rank()]
    }

    /// The same extents but for axis `axis`; `None` when there is no such axis or the result is no legal shape.
    pub fn with_extent(&self, axis: usize, extent: u32) -> Option<Self> {
        let mut all = *self;
        *all.0[..self.rank()].get_mut(axis)? = extent;
        Shape::new(&all.0[..self.rank()])
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.0.iter().position(|&extent| extent == 0).unwrap_or(Self::RANK_MAX)
    }

    /// Number of elements.
    pub fn elements(&self) -> u64 {
        self.extents().iter().map(|&extent| u64::from(extent)).product()
    }

    /// Extent of the last axis, 1 for a scalar.
    pub fn lanes(&self) -> u32 {
        self.extents().last().copied().unwrap_or(1)
    }

    /// Product of all extents but the last: the number of vectors.
    pub fn rows(&self) -> u64 {
        self.elements() / u64::from(self.lanes())
    }
}

impl TryFrom<Vec<u32>> for Shape {
    type Error = String;
    fn try_from(extents: Vec<u32>) -> Result<Self, String> {
        let expected = "rank at most 4, extents above 0, at most 2^48 elements";
        Shape::new(&extents).ok_or_else(|| format!("expected {expected}; found {extents:?}"))
    }
}

impl From<Shape> for Vec<u32> {
    fn from(shape: Shape) -> Self {
        shape.extents().to_vec()
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shape").field(&self.extents()).finish()
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.dtype.name(), self.shape)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[")?;
        for (axis, extent) in self.extents().iter().enumerate() {
            let separator = if axis == 0 { "" } else { "," };
            write!(f, "{separator}{extent}")?;
        }
        write!(f, "]")
    }
}
