//! Weights that are not those that a program was compiled for.
//!
//! In: `lane_sum`, whose blocks of ones serve both halves.  Out: one case per fault of `check_weights`.
//! Invariant: nothing but the fault of the case is found, in words of both languages.
//! Method: one thing is changed: in the bytes, in the hashes, or in both alike.

mod hand;
mod language;

use graph::{DType, Elements, Graph, Shape, Tensor, TensorId};
use language::foreign;
use program::{Program, WeightRange, weight_ranges};
use std::collections::BTreeMap;
use std::sync::Arc;
use verify::{WeightFault, check_weights};

type Tables = BTreeMap<TensorId, Arc<Tensor>>;

/// The program, ones for all of its tensors, and their hashes.
fn given() -> (Program, Tables, Vec<WeightRange>) {
    let program = hand::matrix::lane_sum();
    let tables = ones(&program.lowered);
    let ranges = weight_ranges(&program.executable, &program.lowered, &tables).expect("all are there");
    assert!(!ranges.is_empty(), "it has weights");
    assert_eq!(check_weights(&program, &ranges, &tables), []);
    (program, tables, ranges)
}

fn ones(graph: &Graph) -> Tables {
    let tensor = |shape: &Shape, dtype| {
        let count = shape.elements() as usize;
        let elements = match dtype {
            DType::F16 => Elements::F16(vec![0x3c00; count]),
            DType::F32 => Elements::F32(vec![1.0; count]),
            _ => Elements::I8(vec![1; count]),
        };
        Arc::new(Tensor::new(*shape, elements))
    };
    graph.tensors.iter().map(|(id, info)| (id, tensor(&info.shape, info.dtype))).collect()
}

/// The elements of a tensor of f16 with one changed.
fn with(tensor: &Tensor, at: usize, bits: u16) -> Arc<Tensor> {
    let Elements::F16(values) = tensor.elements() else { panic!("its weights are f16") };
    let mut values = values.clone();
    values[at] = bits;
    Arc::new(Tensor::new(*tensor.shape(), Elements::F16(values)))
}

fn expect(faults: &[WeightFault], wanted: fn(&WeightFault) -> bool) {
    assert!(!faults.is_empty() && faults.iter().all(wanted), "{faults:?}");
    for fault in faults {
        let text = fault.text();
        assert_eq!(foreign(&text.zh), Vec::<&str>::new(), "English in: {}", text.zh);
        assert!(text.en.contains("; ") && !text.zh.is_empty(), "a remedy follows: {}", text.en);
    }
}

#[test]
fn a_changed_element_is_found_in_its_rows() {
    let (program, mut tables, ranges) = given();
    let range = ranges[0];
    let tensor = tables[&range.tensor].clone();
    tables.insert(range.tensor, with(&tensor, 0, 0x3c01));
    let faults = check_weights(&program, &ranges, &tables);
    let changed: Vec<WeightFault> =
        faults.into_iter().filter(|one| !matches!(one, WeightFault::Halves { .. })).collect();
    expect(&changed, |fault| matches!(fault, WeightFault::Changed { rows, .. } if rows.start == 0));
    assert_eq!(changed.len(), 1, "in one range");
}

#[test]
fn a_row_without_a_hash_and_hashes_out_of_place() {
    let (program, tables, ranges) = given();
    let missing = check_weights(&program, &[], &tables);
    expect(&missing, |fault| matches!(fault, WeightFault::Unnamed { .. }));
    let mut twice = ranges.clone();
    twice.insert(0, ranges[0]);
    expect(&check_weights(&program, &twice, &tables), |fault| matches!(fault, WeightFault::Range { place: 1 }));
    let mut beyond = ranges.clone();
    beyond.push(WeightRange { tensor: TensorId::new(99), ..ranges[0] });
    let place = ranges.len();
    assert_eq!(check_weights(&program, &beyond, &tables), [WeightFault::Range { place }]);
}

#[test]
fn a_tensor_that_is_missing_or_another() {
    let (program, mut tables, ranges) = given();
    let tensor = tables.remove(&ranges[0].tensor).expect("it was there");
    expect(&check_weights(&program, &ranges, &tables), |fault| matches!(fault, WeightFault::Missing(_)));
    let count = tensor.shape().elements() as usize;
    tables.insert(ranges[0].tensor, Arc::new(Tensor::new(*tensor.shape(), Elements::I16(vec![1; count]))));
    expect(&check_weights(&program, &ranges, &tables), |fault| matches!(fault, WeightFault::Other { .. }));
}

/// The hashes are those of the bytes, and still a word cannot serve both halves.
#[test]
fn a_row_for_either_half_has_equal_halves() {
    let (program, mut tables, _) = given();
    let graph = &program.lowered;
    let (tensor, _) = graph.tensors.iter().find(|(_, info)| info.dtype == DType::F16).expect("its ones are f16");
    let uneven = with(&tables[&tensor], 9, 0x4000);
    tables.insert(tensor, uneven);
    let ranges = weight_ranges(&program.executable, graph, &tables).expect("all are there");
    let faults = check_weights(&program, &ranges, &tables);
    expect(&faults, |fault| matches!(fault, WeightFault::Halves { row: 0, lane: 1, .. }));
}
