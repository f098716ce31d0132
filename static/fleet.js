// Starts the wasm of the worker for hundreds of chips. A classic script, like engine.js.
importScripts("../fleet.js");
wasm_bindgen({ module_or_path: new URL("../fleet_bg.wasm", self.location.href) });
