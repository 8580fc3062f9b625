//! Writes `data/*.toml` as JSON. People edit TOML, but parsing it at run time took a
//! fifth of the time of a short report.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use serde_json::{Map, Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=data");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for entry in fs::read_dir("data")? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        let mut tree: Map<String, Value> = toml::from_str(&text)?;
        let json = match tree.remove("variant") {
            Some(variants) => json!({"base": tree, "variants": variants}),
            None if tree.contains_key("build") => json!({"base": tree, "variants": []}),
            None => Value::Object(tree),
        };
        let name = path.with_extension("json");
        let name = name.file_name().ok_or("a file without a name")?;
        fs::write(out.join(name), json.to_string())?;
    }
    Ok(())
}
