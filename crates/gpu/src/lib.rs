//! The rival: a decode step and serving load of a GPU, computed from the graph alone.
