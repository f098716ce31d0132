//! The artefact: queues without cycles, residencies, templates and instances; apart from it the witness.
