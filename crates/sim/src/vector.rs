//! Loops compiled for the vectors that the machine has.
//!
//! In: a kernel: a loop over lanes, written plainly.  Out: what it computes.
//! Invariant: the instructions used never change a bit: no fused steps, no reordered sums, no approximations; tests compare.
//! Method: the same source is compiled for the baseline and for wider vectors, and the widest that the processor has is run. On wasm there
//!     is one version, for 128-bit vectors.

/// A loop over lanes. `run` must be inlined always, so that it is compiled once for each kind of vectors.
pub(crate) trait Kernel {
    /// What it computes.
    type Output;

    /// Computes it.
    fn run(self) -> Self::Output;
}

/// Runs a kernel on the widest vectors at hand.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the only way to run code that a processor may lack; each call follows its test")]
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    if std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512dq")
        && std::arch::is_x86_feature_detected!("avx512vl")
    {
        // SAFETY: the processor has just been found to have these instructions.
        return unsafe { run_512(kernel) };
    }
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: as above.
        return unsafe { run_256(kernel) };
    }
    kernel.run()
}

/// Runs a kernel; the compiler's target has the vectors.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512bw,avx512dq,avx512vl")]
fn run_512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_256<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}
