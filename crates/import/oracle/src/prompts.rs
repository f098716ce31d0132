//! Twenty beginnings of different kinds, written for this comparison.
//!
//! In: nothing.  Out: texts.
//! Invariant: none is longer than 40 tokens of SmolLM2's vocabulary.
//! Method: prose, lists, numbers, code, a conversation, other languages.

/// The prompts.
pub const PROMPTS: [&str; 20] = [
    "The capital of France is",
    "A green wave is a road on which",
    "Once upon a time, in a city full of cars,",
    "Water boils at a temperature of",
    "The three primary colours are",
    "def add(a, b):\n    return",
    "for (int i = 0; i < n; i++) {",
    "1, 2, 3, 5, 8, 13,",
    "On 14 March 1879,",
    "To make tea, first",
    "<|im_start|>user\nWhat is a traffic light?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nName two fruits.<|im_end|>\n<|im_start|>assistant\n",
    "Dear Sir or Madam,\n\nI am writing to",
    "# How computers remember\n\n",
    "The opposite of fast is",
    "La ville de Paris est",
    "綠燈亮了,車子",
    "E = mc^2 means that",
    "She opened the door and saw",
    "| Name | Age |\n|------|-----|\n| Ada |",
];
