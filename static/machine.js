// Starts the wasm of the worker that reads machines. A classic script, like engine.js.
importScripts("../machine.js");
wasm_bindgen({ module_or_path: new URL("../machine_bg.wasm", self.location.href) });
