// Starts the worker's wasm. A classic script, so that one built into a single file starts from a double click too.
importScripts("../worker.js");
wasm_bindgen({ module_or_path: new URL("../worker_bg.wasm", self.location.href) });
