//! What cannot run is refused with the arithmetic and what would do, in both languages.
//!
//! In: impossible cases.  Out: sentences.

use gpu::{Case, Engine, Format, Gpu, GpuError, Named, Rival, Tensor};
use graph::{Builder, DType};
use import::Builtin;

fn refusal(model: &str, case: Case) -> GpuError {
    let graph = Builtin::find(model).expect("built in").decode_step(8);
    match Rival::new(&graph, case) {
        Err(error) => error,
        Ok(_) => panic!("{model} was taken"),
    }
}

#[test]
fn a_model_that_does_not_fit_is_refused_with_the_sum_and_the_number_that_fits() {
    let error = refusal("70B", Case::new(Gpu::a100(), Tensor::One));
    let english = "1 x A100-80 SXM do not hold the model: each needs 138.0 GB of weights + 0.0 GB of cache + 2.0 GB of programs \
                   = 140.0 GB, and has 80.0 GB; use 2 GPUs";
    assert_eq!(error.to_string(), english);
    let chinese = error.chinese();
    assert!(["138.0", "140.0", "80.0", "請用 2 張 GPU"].iter().all(|part| chinese.contains(part)), "{chinese}");
}

#[test]
fn the_number_that_is_named_fits_and_the_one_below_does_not() {
    let graph = Builtin::find("mixtral").expect("built in").decode_step(8);
    let case = Case { batch: 64, context: 8000, ..Case::new(Gpu::h100(), Tensor::One) };
    let Err(GpuError::Memory(shortage)) = Rival::new(&graph, case.clone()) else { panic!("160 GB do not fit") };
    let least = shortage.fits.expect("eight are enough");
    for tensor in Tensor::ALL {
        let does = Rival::new(&graph, Case { tensor, ..case.clone() }).is_ok();
        assert_eq!(does, least <= tensor, "{tensor:?}, named {least:?}");
    }
}

#[test]
fn what_is_divided_and_what_is_whole_is_counted_so() {
    let case = Case { batch: 4096, context: 30_000, ..Case::new(Gpu::h100(), Tensor::Two) };
    let GpuError::Memory(shortage) = refusal("mixtral", case) else { panic!("another reason") };
    // Embedding, 65 gains and 32 routers lie on both, the rest is halved; two bytes each.
    let whole = 32_000.0 * 4096.0 + 65.0 * 4096.0 + 32.0 * 8.0 * 4096.0;
    assert_eq!(shortage.weights, 2.0 * (whole + (46_702_792_704.0 - whole) / 2.0));
    assert_eq!(shortage.cache, 4096.0 * 30_000.0 * 131_072.0 / 2.0);
}

#[test]
fn where_nothing_fits_the_remedy_is_another() {
    let case = Case { batch: 1, context: 9_600_000, ..Case::new(Gpu::h100(), Tensor::Eight) };
    let error = refusal("7B", case);
    assert!(error.to_string().contains("not even 8 do: shorten the context"), "{error}");
    assert!(error.chinese().contains("縮短上下文"), "{}", error.chinese());
}

#[test]
fn where_fewer_users_fit_it_says_how_many() {
    let graph = import::Builtin::find("7B").expect("built in").decode_step(128);
    let case = |batch, tensor| Case { batch, context: 4000, ..Case::new(Gpu::h100(), tensor) };
    for (tensor, words) in [(Tensor::Eight, "or a shorter context"), (Tensor::Four, "or 8 GPUs")] {
        let asked = if tensor == Tensor::Four { 200 } else { 4096 };
        let Err(GpuError::Memory(shortage)) = Rival::new(&graph, case(asked, tensor)) else {
            panic!("it does not fit")
        };
        let most = shortage.most;
        assert!(Rival::new(&graph, case(most, tensor)).is_ok() && Rival::new(&graph, case(most + 1, tensor)).is_err());
        let error = GpuError::Memory(shortage);
        assert!(error.to_string().contains(&format!("take at most {most} users at once, {words}")), "{error}");
        assert!(error.chinese().contains(&format!("請減到同時 {most} 人")), "{}", error.chinese());
    }
}

#[test]
fn wrong_choices_are_named() {
    let fp8 = refusal("7B", Case { format: Format::Fp8, ..Case::new(Gpu::a100(), Tensor::One) });
    assert!(fp8.to_string().contains("A100-80 SXM has no units for fp8"), "{fp8}");
    let batch = refusal("7B", Case { batch: 0, ..Case::new(Gpu::a100(), Tensor::One) });
    assert_eq!(batch.to_string(), "batch: expected at least 1, found 0; choose a larger number");
    assert_eq!(Tensor::of(8), Ok(Tensor::Eight));
    let three = Tensor::of(3).expect_err("no power of two");
    assert_eq!(three.to_string(), "expected 1, 2, 4 or 8 GPUs, found 3; choose one of these numbers");
    let format = Format::find("fp4").expect_err("not modelled");
    assert_eq!(
        format.to_string(),
        "expected a format of weights (bf16, fp8, int8, int4), found `fp4`; name one of them"
    );
    let engine = Engine::find("llama.cpp").expect_err("not modelled");
    assert!(
        engine.to_string().starts_with("expected an engine (modern, gpt-fast, TensorRT-LLM v0.5, eager)"),
        "{engine}"
    );
    assert!(Named::Format.names().into_iter().all(|name| Format::find(name).is_ok()));
    assert!(Named::Engine.names().into_iter().all(|name| Engine::find(name).is_ok()));
    assert!(Named::Gpu.names().into_iter().all(|name| Gpu::find(name).is_ok()));
    for error in [fp8, batch, three, format, engine] {
        assert!(!error.chinese().is_ascii());
    }
}

#[test]
fn a_graph_with_an_unknown_part_is_refused_by_its_key() {
    let mut builder = Builder::new();
    builder.set_origin(Some(0), "convolution");
    let x = builder.input("x", DType::F32, &[1, 8]);
    let square = builder.mul(x, x);
    builder.output("y", square);
    let error = Rival::new(&builder.finish(), Case::new(Gpu::a100(), Tensor::One)).expect_err("no such kernel");
    assert!(error.to_string().contains("`convolution`"), "{error}");
}
