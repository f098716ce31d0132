// Starts the second worker's wasm, and says how much of it has come, or why it does not come. A classic script, like engine.js.
async function start() {
  importScripts("../rival.js");
  const answer = await fetch(new URL("../rival_bg.wasm", self.location.href));
  if (!answer.ok) throw new Error(`rival_bg.wasm: HTTP ${answer.status}`);
  const parts = [];
  let bytes = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    bytes += value.length;
    self.postMessage(bytes);
  }
  await wasm_bindgen({ module_or_path: await new Blob(parts).arrayBuffer() });
}
start().catch((error) => self.postMessage(String(error.message ?? error)));
