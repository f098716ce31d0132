// Starts the page's wasm. A file of its own, because the page's policy allows no inline script.
const tag = document.querySelector("script[data-wasm]");
const app = await import(new URL(tag.dataset.js, document.baseURI));
await app.default({ module_or_path: new URL(tag.dataset.wasm, document.baseURI) });
