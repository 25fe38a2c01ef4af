//! What a file is called: by what it is, whatever it was called. Pure.

/// Endings of texts and source code that are kept. What a system would run at a double click is not
/// among them.
const TEXTS: [&str; 64] = [
    "txt", "md", "csv", "tsv", "json", "yml", "yaml", "toml", "ini", "log", "tex", "bib", "srt",
    "vtt", "py", "ipynb", "rs", "c", "h", "cc", "cpp", "cxx", "hpp", "cs", "java", "kt", "kts",
    "go", "rb", "php", "pl", "pm", "pas", "pp", "dpr", "fs", "ml", "hs", "lua", "swift", "scala",
    "clj", "ex", "erl", "sql", "ts", "tsx", "jsx", "vue", "css", "scss", "less", "r", "m", "jl",
    "f90", "for", "asm", "s", "v", "vhd", "diff", "patch", "dart",
];
/// Characters of a name at most.
const NAME_MAX: usize = 255;

/// The endings that go with a media type; the first is given where none of them is there.
fn endings(content_type: &str) -> &'static [&'static str] {
    match content_type {
        "image/webp" => &["webp"],
        "application/pdf" => &["pdf"],
        "application/zip" => &["zip", "odt", "ods", "odp"],
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => &["docx"],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => &["xlsx"],
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => &["pptx"],
        _ => &["txt"],
    }
}

/// The name under which a file of this type is shown and saved. Pictures change theirs, because they
/// were made anew; a file with a name that lies gets the true ending behind it.
pub fn true_name(name: &str, content_type: &str) -> String {
    let fitting = endings(content_type);
    let is_text = content_type.starts_with("text/");
    let first = fitting.first().copied().unwrap_or("txt");
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let fits =
        ending.as_deref().is_some_and(|e| fitting.contains(&e) || (is_text && TEXTS.contains(&e)));
    if fits {
        return cut(name, "");
    }
    let stem = match (content_type, name.rsplit_once('.')) {
        ("image/webp", Some((stem, e)))
            if ["jpg", "jpeg", "png", "gif"].contains(&e.to_lowercase().as_str()) =>
        {
            stem
        }
        _ => name,
    };
    cut(stem, &format!(".{first}"))
}

fn cut(stem: &str, ending: &str) -> String {
    let room = NAME_MAX - ending.chars().count();
    let mut name: String = stem.chars().take(room).collect();
    name.push_str(ending);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MSG-06
    #[test]
    fn a_file_is_called_what_it_is() {
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        for (name, content_type, wanted) in [
            ("plan.pdf", "application/pdf", "plan.pdf"),
            ("invoice.exe", "application/pdf", "invoice.exe.pdf"),
            ("photo.JPG", "image/webp", "photo.webp"),
            ("photo.pdf", "image/webp", "photo.pdf.webp"),
            ("a.docx", docx, "a.docx"),
            ("a.docx", "application/zip", "a.docx.zip"),
            ("main.rs", "text/plain; charset=utf-8", "main.rs"),
            ("page.html", "text/plain; charset=utf-8", "page.html.txt"),
            ("run.bat", "text/plain; charset=utf-8", "run.bat.txt"),
            ("Makefile", "text/plain; charset=utf-8", "Makefile.txt"),
        ] {
            assert_eq!(true_name(name, content_type), wanted);
        }
        assert_eq!(true_name(&"я".repeat(300), "application/pdf").chars().count(), 255);
    }
}
