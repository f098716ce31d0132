//! Bytes of foreign model formats to graph, or a diagnostic with a position; never opens a file.
