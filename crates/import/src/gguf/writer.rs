//! Writes small files for tests.
//!
//! In: metadata and tensors.  Out: the bytes of a valid file, which tests then spoil.
//! Invariant: what it writes, [`Header::parse`](super::Header::parse) accepts.
//! Method: append; offsets are assigned in order.

const ALIGNMENT: usize = 32;

/// Collects the parts of a file.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    entries: Vec<Vec<u8>>,
    directory: Vec<Vec<u8>>,
    data: Vec<u8>,
}

fn text(value: &str) -> Vec<u8> {
    [(value.len() as u64).to_le_bytes().as_slice(), value.as_bytes()].concat()
}

impl Writer {
    fn entry(&mut self, key: &str, code: u32, value: &[u8]) -> &mut Self {
        self.entries.push([text(key).as_slice(), &code.to_le_bytes(), value].concat());
        self
    }

    pub fn u32(&mut self, key: &str, value: u32) -> &mut Self {
        self.entry(key, 4, &value.to_le_bytes())
    }

    pub fn f32(&mut self, key: &str, value: f32) -> &mut Self {
        self.entry(key, 6, &value.to_le_bytes())
    }

    pub fn bool(&mut self, key: &str, value: bool) -> &mut Self {
        self.entry(key, 7, &[u8::from(value)])
    }

    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.entry(key, 8, &text(value))
    }

    pub fn texts<T: AsRef<str>>(&mut self, key: &str, values: &[T]) -> &mut Self {
        let elements: Vec<u8> = values.iter().flat_map(|value| text(value.as_ref())).collect();
        self.array(key, 8, values.len(), &elements)
    }

    pub fn i32s(&mut self, key: &str, values: &[i32]) -> &mut Self {
        let elements: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array(key, 5, values.len(), &elements)
    }

    fn array(&mut self, key: &str, code: u32, count: usize, elements: &[u8]) -> &mut Self {
        let head = [code.to_le_bytes().as_slice(), &(count as u64).to_le_bytes()].concat();
        self.entry(key, 9, &[head.as_slice(), elements].concat())
    }

    /// A tensor of type `code` with extents as the file lists them, innermost first.
    pub fn tensor(&mut self, name: &str, extents: &[u64], code: u32, bytes: &[u8]) -> &mut Self {
        let offset = self.data.len() as u64;
        let mut entry = text(name);
        entry.extend((extents.len() as u32).to_le_bytes());
        entry.extend(extents.iter().flat_map(|extent| extent.to_le_bytes()));
        entry.extend(code.to_le_bytes());
        entry.extend(offset.to_le_bytes());
        self.directory.push(entry);
        self.data.extend_from_slice(bytes);
        self.data.resize(self.data.len().next_multiple_of(ALIGNMENT), 0);
        self
    }

    /// An f32 tensor.
    pub fn f32_tensor(&mut self, name: &str, extents: &[u64], values: &[f32]) -> &mut Self {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, extents, 0, &bytes)
    }

    /// The file.
    pub fn file(&self) -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(3u32.to_le_bytes());
        file.extend((self.directory.len() as u64).to_le_bytes());
        file.extend((self.entries.len() as u64).to_le_bytes());
        self.entries.iter().chain(&self.directory).for_each(|part| file.extend_from_slice(part));
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        file.extend_from_slice(&self.data);
        file
    }
}
