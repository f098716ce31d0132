//! What is visible at (view, zoom, cycle): plain shapes, labels and text; no browser.
