//! What the rules need of a `Cargo.toml`: name, description, dependencies.
//!
//! In: the text of a manifest in the form that this workspace uses.  Out: names.
//! Invariant: a dependency in any table of dependencies is seen, whatever the target it is for.
//! Method: line by line; a key ends at `.`, `=` or a space. Continuation lines of an array or inline table are skipped.

/// One package's manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Path from the repository's root.
    pub path: String,
    /// Name of the package.
    pub name: String,
    /// Its one sentence.
    pub description: String,
    /// Names under `[dependencies]`, build and target tables included.
    pub dependencies: Vec<String>,
    /// Names under `[dev-dependencies]`.
    pub dev_dependencies: Vec<String>,
}

impl Manifest {
    /// Reads a manifest; unknown tables and keys are passed over.
    pub fn parse(path: &str, text: &str) -> Self {
        let (name, description) = (String::new(), String::new());
        let (dependencies, dev_dependencies) = (Vec::new(), Vec::new());
        let mut manifest = Manifest { path: path.to_owned(), name, description, dependencies, dev_dependencies };
        let (mut table, mut depth) = (String::new(), 0i32);
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if depth == 0 && line.starts_with('[') {
                table = line.trim_matches(['[', ']']).to_owned();
                if let Some((parent, name)) = table.rsplit_once("dependencies.") {
                    manifest.list(&format!("{parent}dependencies")).push(name.to_owned());
                }
                continue;
            }
            if depth == 0 && !line.is_empty() {
                manifest.key(&table, line);
            }
            depth += line.matches(['[', '{']).count() as i32 - line.matches([']', '}']).count() as i32;
        }
        manifest
    }

    fn key(&mut self, table: &str, line: &str) {
        let key = line.split(['.', '=', ' ']).next().unwrap_or("").trim_matches('"').to_owned();
        let value = line.split_once('=').map_or("", |(_, value)| value).trim().trim_matches('"');
        match (table, key.as_str()) {
            ("package", "name") => value.clone_into(&mut self.name),
            ("package", "description") => value.clone_into(&mut self.description),
            _ if table.ends_with("dependencies") => self.list(table).push(key),
            _ => {}
        }
    }

    fn list(&mut self, table: &str) -> &mut Vec<String> {
        if table.ends_with("dev-dependencies") { &mut self.dev_dependencies } else { &mut self.dependencies }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_dependency_is_seen() {
        let text = "[package]\nname = \"a\"\ndescription = \"B c.\"\n[dependencies]\nunits.workspace = true\n# x = 1\nw = { version = \"1\", features = [\n \"F\",\n] }\n\
                    [target.'cfg(x)'.dependencies]\nyew = \"1\"\n[dev-dependencies]\nsim = { path = \"..\" }\n[dependencies.graph]\nversion = \"1\"\n";
        let manifest = Manifest::parse("p", text);
        assert_eq!((manifest.name.as_str(), manifest.description.as_str()), ("a", "B c."));
        assert_eq!(manifest.dependencies, ["units", "w", "yew", "graph"]);
        assert_eq!(manifest.dev_dependencies, ["sim"]);
    }
}
