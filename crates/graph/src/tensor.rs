//! Values: a shape and its elements, and where the external ones come from.
//!
//! In: elements in row-major order.  Out: tensors whose element count is their shape's.
//! Invariant: `elements.len() == shape.elements()`, kept by construction.
//! Method: one vector per element type; f16 elements are kept as their bits; sharing is by `Arc<Tensor>`.

use crate::half::f16_to_f32;
use crate::{DType, Shape, TensorId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Elements in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// IEEE binary32.
    F32(Vec<f32>),
    /// Bits of IEEE binary16.
    F16(Vec<u16>),
    /// Two's complement, 32 bits.
    I32(Vec<i32>),
    /// Two's complement, 8 bits.
    I8(Vec<i8>),
    /// Two's complement, 16 bits.
    I16(Vec<i16>),
    /// 0 to 255.
    U8(Vec<u8>),
}

/// A value: extents and elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Shape,
    elements: Elements,
}

/// An external tensor could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tensor {tensor} cannot be loaded: {reason}")]
pub struct LoadError {
    /// Which one.
    pub tensor: TensorId,
    /// What was expected, what was found, and where.
    pub reason: String,
}

/// Source of the external tensors of a graph. An evaluator asks once for each.
pub trait TensorData {
    /// The elements of tensor `id`, of the type and shape its `TensorInfo` states.
    ///
    /// Errors: `LoadError` when the source has no such tensor or cannot read it.
    fn load(&self, id: TensorId) -> Result<Arc<Tensor>, LoadError>;
}

/// A table of tensors is a source; the empty one serves graphs without external tensors.
impl TensorData for BTreeMap<TensorId, Arc<Tensor>> {
    fn load(&self, id: TensorId) -> Result<Arc<Tensor>, LoadError> {
        let missing = || LoadError { tensor: id, reason: format!("the table holds {} others", self.len()) };
        self.get(&id).cloned().ok_or_else(missing)
    }
}

impl Elements {
    /// No elements of a type yet, with room for `count`.
    pub fn with_capacity(dtype: DType, count: usize) -> Elements {
        match dtype {
            DType::F32 => Elements::F32(Vec::with_capacity(count)),
            DType::F16 => Elements::F16(Vec::with_capacity(count)),
            DType::I32 => Elements::I32(Vec::with_capacity(count)),
            DType::I8 => Elements::I8(Vec::with_capacity(count)),
            DType::I16 => Elements::I16(Vec::with_capacity(count)),
            DType::U8 => Elements::U8(Vec::with_capacity(count)),
        }
    }

    /// The elements of these bits: the inverse of [`Elements::bits`].
    pub fn from_bits(dtype: DType, bits: &[u32]) -> Elements {
        let mut elements = Elements::with_capacity(dtype, bits.len());
        elements.append_bits(bits);
        elements
    }

    /// Appends the elements of these bits; those that the type does not have are left out.
    pub fn append_bits(&mut self, bits: &[u32]) {
        match self {
            Elements::F32(values) => values.extend(bits.iter().map(|&bits| f32::from_bits(bits))),
            Elements::F16(values) => values.extend(bits.iter().map(|&bits| bits as u16)),
            Elements::I32(values) => values.extend(bits.iter().map(|&bits| bits as i32)),
            Elements::I8(values) => values.extend(bits.iter().map(|&bits| bits as i8)),
            Elements::I16(values) => values.extend(bits.iter().map(|&bits| bits as i16)),
            Elements::U8(values) => values.extend(bits.iter().map(|&bits| bits as u8)),
        }
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        match self {
            Elements::F32(_) => DType::F32,
            Elements::F16(_) => DType::F16,
            Elements::I32(_) => DType::I32,
            Elements::I8(_) => DType::I8,
            Elements::I16(_) => DType::I16,
            Elements::U8(_) => DType::U8,
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Elements::F32(values) => values.len(),
            Elements::F16(values) => values.len(),
            Elements::I32(values) => values.len(),
            Elements::I8(values) => values.len(),
            Elements::I16(values) => values.len(),
            Elements::U8(values) => values.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bits of element `index` in 32: f16 and u8 zero extended, i16 and i8 sign extended.
    pub fn bits(&self, index: usize) -> u32 {
        match self {
            Elements::F32(values) => values[index].to_bits(),
            Elements::F16(values) => u32::from(values[index]),
            Elements::I32(values) => values[index] as u32,
            Elements::I8(values) => i32::from(values[index]) as u32,
            Elements::I16(values) => i32::from(values[index]) as u32,
            Elements::U8(values) => u32::from(values[index]),
        }
    }
}

impl Tensor {
    /// A tensor; panics when the number of elements is not the shape's.
    pub fn new(shape: Shape, elements: Elements) -> Self {
        assert_eq!(shape.elements(), elements.len() as u64, "a tensor {shape} holds as many elements as its shape");
        Tensor { shape, elements }
    }

    /// An f32 tensor; panics when the extents are illegal or the count of values differs from theirs.
    pub fn f32(extents: &[u32], values: Vec<f32>) -> Self {
        Tensor::new(legal(extents), Elements::F32(values))
    }

    /// An f16 tensor from bits; panics as [`Tensor::f32`].
    pub fn f16(extents: &[u32], bits: Vec<u16>) -> Self {
        Tensor::new(legal(extents), Elements::F16(bits))
    }

    /// An i32 tensor; panics as [`Tensor::f32`].
    pub fn i32(extents: &[u32], values: Vec<i32>) -> Self {
        Tensor::new(legal(extents), Elements::I32(values))
    }

    /// An i8 tensor; panics as [`Tensor::f32`].
    pub fn i8(extents: &[u32], values: Vec<i8>) -> Self {
        Tensor::new(legal(extents), Elements::I8(values))
    }

    /// All zeros (+0.0 for the real types).
    pub fn zeros(dtype: DType, shape: Shape) -> Self {
        let count = usize::try_from(shape.elements()).expect("a value fits the memory of this machine");
        let elements = match dtype {
            DType::F32 => Elements::F32(vec![0.0; count]),
            DType::F16 => Elements::F16(vec![0; count]),
            DType::I32 => Elements::I32(vec![0; count]),
            DType::I8 => Elements::I8(vec![0; count]),
            DType::I16 => Elements::I16(vec![0; count]),
            DType::U8 => Elements::U8(vec![0; count]),
        };
        Tensor::new(shape, elements)
    }

    /// Extents, outermost first.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.elements.dtype()
    }

    /// Elements in row-major order.
    pub fn elements(&self) -> &Elements {
        &self.elements
    }

    /// The elements, giving up the shape.
    pub fn into_elements(self) -> Elements {
        self.elements
    }

    /// The elements, if they are f32.
    pub fn as_f32(&self) -> Option<&[f32]> {
        if let Elements::F32(values) = &self.elements { Some(values) } else { None }
    }

    /// The bits of the elements, if they are f16.
    pub fn as_f16(&self) -> Option<&[u16]> {
        if let Elements::F16(values) = &self.elements { Some(values) } else { None }
    }

    /// The elements, if they are i32.
    pub fn as_i32(&self) -> Option<&[i32]> {
        if let Elements::I32(values) = &self.elements { Some(values) } else { None }
    }

    /// The elements, if they are i8.
    pub fn as_i8(&self) -> Option<&[i8]> {
        if let Elements::I8(values) = &self.elements { Some(values) } else { None }
    }

    /// Element `index` as a real number, exact for every type.
    pub fn real(&self, index: usize) -> f64 {
        match &self.elements {
            Elements::F32(values) => f64::from(values[index]),
            Elements::F16(values) => f64::from(f16_to_f32(values[index])),
            Elements::I32(values) => f64::from(values[index]),
            Elements::I8(values) => f64::from(values[index]),
            Elements::I16(values) => f64::from(values[index]),
            Elements::U8(values) => f64::from(values[index]),
        }
    }

    /// Whether type, shape and every bit agree; unlike `==` a NaN equals itself and -0.0 differs from +0.0.
    pub fn same_bits(&self, other: &Tensor) -> bool {
        self.dtype() == other.dtype() && self.shape == other.shape && self.first_difference(other).is_none()
    }

    /// Index of the first element whose bits differ. Both tensors have the same number of elements.
    pub fn first_difference(&self, other: &Tensor) -> Option<usize> {
        let count = self.elements.len();
        assert_eq!(count, other.elements.len(), "tensors of different sizes are not compared element by element");
        (0..count).find(|&index| self.elements.bits(index) != other.elements.bits(index))
    }
}

/// The shape with these extents; panics where `Shape::new` refuses.
pub(crate) fn legal(extents: &[u32]) -> Shape {
    Shape::new(extents)
        .unwrap_or_else(|| panic!("rank at most 4, extents above 0, at most 2^48 elements; found {extents:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_tell_zeros_apart_and_a_nan_equals_itself() {
        let nan = Tensor::f32(&[2], vec![f32::NAN, 0.0]);
        assert!(nan != nan.clone() && nan.same_bits(&nan.clone()));
        let negative = Tensor::f32(&[2], vec![f32::NAN, -0.0]);
        assert_eq!(nan.first_difference(&negative), Some(1));
        assert_eq!(Tensor::i8(&[1], vec![-1]).elements().bits(0), u32::MAX);
    }

    #[test]
    fn elements_are_made_of_the_bits_that_they_give() {
        for tensor in
            [Tensor::f16(&[2], vec![0x8000, 1]), Tensor::i8(&[2], vec![-1, 3]), Tensor::f32(&[2], vec![-1.5, 2.0])]
        {
            let bits: Vec<u32> = (0..2).map(|index| tensor.elements().bits(index)).collect();
            assert_eq!(Elements::from_bits(tensor.dtype(), &bits), *tensor.elements());
        }
        assert_eq!(Elements::from_bits(DType::U8, &[0x1ff]), Elements::U8(vec![255]));
    }

    #[test]
    fn a_table_is_a_source_and_says_what_it_lacks() {
        let table = BTreeMap::from([(TensorId::new(3), Arc::new(Tensor::zeros(DType::F16, legal(&[2, 2]))))]);
        assert_eq!(table.load(TensorId::new(3)).map(|tensor| tensor.as_f16() == Some(&[0; 4][..])), Ok(true));
        assert_eq!(table.load(TensorId::new(0)).map_err(|error| error.tensor), Err(TensorId::new(0)));
    }
}
