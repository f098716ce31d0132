//! The machine as data: slices, streams, queues, latencies and their standing.
