//! A closed-form estimate of a layer's cycles, written down before the scheduler as its sanity band.
