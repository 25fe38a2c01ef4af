//! Rich text as a safe document: a JSON tree in ProseMirror's shape, judged against an allow-list
//! and rebuilt from what was allowed, never HTML (T18). Pure.
//!
//! An unknown node or mark, a link with a foreign scheme or a wrong nesting is refused; unknown
//! attributes (editors add their own) are left out of the rebuilt tree. So what is stored holds
//! nothing that this file does not name.

use serde_json::{Map, Value, json};
use unicode_normalization::UnicodeNormalization as _;

/// Most bytes of a document, as written out.
pub const MAX_BYTES: usize = 200 * 1024;
/// Deepest nesting; the root counts as 1.
pub const MAX_DEPTH: usize = 12;
/// Longest address of a link, in bytes.
const MAX_HREF: usize = 2048;
/// Longest formula, characters.
const MAX_LATEX: usize = 2000;
/// Longest words for a picture, characters.
const MAX_ALT: usize = 500;
/// Widest and highest picture, pixels.
const MAX_SIDE: u64 = 10_000;
/// Words read in a minute: the measure of a text lesson's duration.
const WORDS_A_MINUTE: u64 = 200;

/// A document that holds only what is allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

/// Why a document was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// More than [`MAX_BYTES`].
    #[error("the text is longer than 200 KiB")]
    TooLarge,
    /// Deeper than [`MAX_DEPTH`].
    #[error("the text is nested deeper than 12 levels")]
    TooDeep,
    /// The node at this place is not allowed, not there or not anywhere.
    #[error("{at}: “{kind}” is not allowed here")]
    Node {
        /// Path to the node, such as `content[2].content[0]`.
        at: String,
        /// What stood there, shortened.
        kind: String,
    },
    /// The mark is not allowed there.
    #[error("{at}: the mark “{kind}” is not allowed here")]
    Mark {
        /// Path to the text.
        at: String,
        /// What stood there, shortened.
        kind: String,
    },
    /// An attribute has a value outside its range.
    #[error("{at}: the attribute “{name}” is not valid")]
    Attribute {
        /// Path to the node.
        at: String,
        /// Name of the attribute.
        name: &'static str,
    },
    /// The tree is not of the shape of a document.
    #[error("{at}: this is not a document")]
    Shape {
        /// Path to the place.
        at: String,
    },
}

/// What may stand inside a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Blocks,
    Items,
    Inline,
    PlainText,
    Nothing,
}

impl Document {
    /// Judges `value` and rebuilds it from its allowed parts.
    pub fn parse(value: &Value) -> Result<Self, DocumentError> {
        if depth_exceeds(value, MAX_DEPTH) {
            return Err(DocumentError::TooDeep);
        }
        if value.get("type").and_then(Value::as_str) != Some("doc") {
            return Err(DocumentError::Shape { at: "$".into() });
        }
        let content = children(value, "$", Content::Blocks)?;
        let document = Self(json!({"type": "doc", "content": content}));
        // Measured after the rebuilding: what is stored is what counts.
        if document.0.to_string().len() > MAX_BYTES {
            return Err(DocumentError::TooLarge);
        }
        Ok(document)
    }

    /// The tree, for the database and for readers.
    pub fn into_value(self) -> Value {
        self.0
    }
}

/// Whether there is nothing to see in the tree.
pub fn is_blank(tree: &Value) -> bool {
    let mut blank = !has_picture(tree);
    each_text(tree, &mut |text| blank &= text.trim().is_empty());
    blank
}

/// Time that reading the tree takes at 200 words a minute, milliseconds; whole seconds.
pub fn reading_ms(tree: &Value) -> i64 {
    let mut words = 0_u64;
    each_text(tree, &mut |text| words += text.split_whitespace().count() as u64);
    i64::try_from((words * 60).div_ceil(WORDS_A_MINUTE) * 1000).unwrap_or(i64::MAX)
}

/// The first `limit` characters of the text without its structure, for descriptions.
pub fn plain_text(tree: &Value, limit: usize) -> String {
    let mut plain = String::new();
    each_text(tree, &mut |text| {
        for word in text.split_whitespace() {
            if !plain.is_empty() {
                plain.push(' ');
            }
            plain.push_str(word);
        }
    });
    match plain.char_indices().nth(limit) {
        None => plain,
        Some((end, _)) => {
            let cut = plain.get(..end).unwrap_or_default();
            let whole = cut.rfind(' ').and_then(|space| cut.get(..space)).unwrap_or(cut);
            format!("{whole}…")
        }
    }
}

fn has_picture(node: &Value) -> bool {
    node.get("type").and_then(Value::as_str) == Some("image")
        || node.get("content").and_then(Value::as_array).into_iter().flatten().any(has_picture)
}

/// Words, formulas as they are written, and what pictures say to those who do not see them.
fn each_text(node: &Value, visit: &mut dyn FnMut(&str)) {
    let words = [node.get("text"), node.pointer("/attrs/latex"), node.pointer("/attrs/alt")];
    for text in words.into_iter().flatten().filter_map(Value::as_str) {
        visit(text);
    }
    for child in node.get("content").and_then(Value::as_array).into_iter().flatten() {
        each_text(child, visit);
    }
}

/// Counts nodes down the `content` arrays only: attributes and marks are flat by construction.
fn depth_exceeds(node: &Value, left: usize) -> bool {
    let Some(left) = left.checked_sub(1) else { return true };
    node.get("content")
        .and_then(Value::as_array)
        .is_some_and(|content| content.iter().any(|child| depth_exceeds(child, left)))
}

fn children(node: &Value, at: &str, allowed: Content) -> Result<Vec<Value>, DocumentError> {
    let content = match node.get("content") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(content)) => content,
        Some(_) => return Err(DocumentError::Shape { at: at.into() }),
    };
    content
        .iter()
        .enumerate()
        .map(|(index, child)| rebuild(child, &format!("{at}.content[{index}]"), allowed))
        .collect()
}

fn rebuild(node: &Value, at: &str, allowed: Content) -> Result<Value, DocumentError> {
    let shape = || DocumentError::Shape { at: at.into() };
    let kind = node.get("type").and_then(Value::as_str).ok_or_else(shape)?;
    let refused = || DocumentError::Node { at: at.into(), kind: kind.chars().take(40).collect() };

    let (place, inside) = match kind {
        "paragraph" | "heading" => (Content::Blocks, Content::Inline),
        "bulletList" | "orderedList" => (Content::Blocks, Content::Items),
        "blockquote" => (Content::Blocks, Content::Blocks),
        "codeBlock" => (Content::Blocks, Content::PlainText),
        "horizontalRule" | "math_block" | "image" => (Content::Blocks, Content::Nothing),
        "listItem" => (Content::Items, Content::Blocks),
        "hardBreak" | "text" | "math_inline" => (Content::Inline, Content::Nothing),
        _ => return Err(refused()),
    };
    let fits = allowed == place || (allowed == Content::PlainText && kind == "text");
    if !fits {
        return Err(refused());
    }
    if kind == "text" {
        return text(node, at, allowed);
    }

    let mut rebuilt = Map::new();
    rebuilt.insert("type".into(), kind.into());
    if let Some(attrs) = attributes(kind, node.get("attrs"), at)? {
        rebuilt.insert("attrs".into(), attrs);
    }
    let content = children(node, at, inside)?;
    if inside == Content::Nothing && !content.is_empty() {
        return Err(shape());
    }
    // These three are not valid without anything in them, and editors refuse to open them so.
    if content.is_empty()
        && matches!(kind, "bulletList" | "orderedList" | "listItem" | "blockquote")
    {
        return Err(shape());
    }
    if !content.is_empty() {
        rebuilt.insert("content".into(), content.into());
    }
    Ok(rebuilt.into())
}

fn text(node: &Value, at: &str, allowed: Content) -> Result<Value, DocumentError> {
    let shape = || DocumentError::Shape { at: at.into() };
    let text = clean(node.get("text").and_then(Value::as_str).ok_or_else(shape)?);
    if text.is_empty() {
        return Err(shape());
    }
    let mut rebuilt = Map::new();
    rebuilt.insert("type".into(), "text".into());
    rebuilt.insert("text".into(), text.into());
    let given = match node.get("marks") {
        None | Some(Value::Null) => &Vec::new(),
        Some(Value::Array(marks)) => marks,
        Some(_) => return Err(shape()),
    };
    let mut marks: Vec<Value> = Vec::new();
    for mark in given {
        let mark = rebuild_mark(mark, at, allowed)?;
        if marks.iter().any(|other| other.get("type") == mark.get("type")) {
            return Err(shape());
        }
        marks.push(mark);
    }
    if !marks.is_empty() {
        rebuilt.insert("marks".into(), marks.into());
    }
    Ok(rebuilt.into())
}

fn rebuild_mark(mark: &Value, at: &str, allowed: Content) -> Result<Value, DocumentError> {
    let kind = mark
        .get("type")
        .and_then(Value::as_str)
        .ok_or_else(|| DocumentError::Shape { at: at.into() })?;
    let refused = || DocumentError::Mark { at: at.into(), kind: kind.chars().take(40).collect() };
    if allowed != Content::Inline {
        return Err(refused());
    }
    match kind {
        "bold" | "italic" | "strike" | "code" => Ok(json!({"type": kind})),
        "link" => {
            let href = mark.pointer("/attrs/href").and_then(Value::as_str).unwrap_or_default();
            if !is_safe_link(href) {
                return Err(DocumentError::Attribute { at: at.into(), name: "href" });
            }
            Ok(json!({"type": "link", "attrs": {"href": href}}))
        }
        _ => Err(refused()),
    }
}

fn attributes(kind: &str, attrs: Option<&Value>, at: &str) -> Result<Option<Value>, DocumentError> {
    let invalid = |name| DocumentError::Attribute { at: at.into(), name };
    let attr = |name: &str| attrs.and_then(|attrs| attrs.get(name)).filter(|v| !v.is_null());
    match kind {
        "heading" => {
            let level =
                attr("level").and_then(Value::as_u64).filter(|level| matches!(level, 2 | 3));
            Ok(Some(json!({"level": level.ok_or_else(|| invalid("level"))?})))
        }
        "orderedList" => match attr("start") {
            None => Ok(None),
            Some(start) => {
                let start = start.as_u64().filter(|start| *start <= 1_000_000);
                Ok(Some(json!({"start": start.ok_or_else(|| invalid("start"))?})))
            }
        },
        "codeBlock" => match attr("language") {
            None => Ok(None),
            Some(language) => {
                let language = language.as_str().filter(|name| {
                    !name.is_empty()
                        && name.len() <= 30
                        && name.chars().all(|c| c.is_ascii_alphanumeric() || "+-#._".contains(c))
                });
                Ok(Some(json!({"language": language.ok_or_else(|| invalid("language"))?})))
            }
        },
        "math_inline" | "math_block" => {
            let latex = attr("latex").and_then(Value::as_str).map(clean);
            let latex = latex.filter(|latex| {
                !latex.trim().is_empty()
                    && latex.chars().count() <= MAX_LATEX
                    && !defines_commands(latex)
            });
            Ok(Some(json!({"latex": latex.ok_or_else(|| invalid("latex"))?})))
        }
        "image" => image(&attr, &invalid).map(Some),
        _ => Ok(None),
    }
}

/// Commands that define others, or reach beyond their group. A few of them make a few words into
/// millions in the browser of whoever reads; it does not draw them either (`web/src/ui/texRules.ts`).
const DEFINING: [&str; 11] = [
    "def",
    "gdef",
    "edef",
    "xdef",
    "let",
    "futurelet",
    "newcommand",
    "renewcommand",
    "providecommand",
    "global",
    "long",
];

/// Whether a formula defines commands of its own.
fn defines_commands(latex: &str) -> bool {
    latex.split('\\').skip(1).any(|rest| {
        let name = rest.split(|c: char| !c.is_ascii_alphabetic() && c != '@').next();
        name.is_some_and(|name| DEFINING.contains(&name))
    })
}

/// A picture of this server with words for whoever does not see it.
fn image<'a>(
    attr: &impl Fn(&str) -> Option<&'a Value>,
    invalid: &impl Fn(&'static str) -> DocumentError,
) -> Result<Value, DocumentError> {
    let src = attr("src").and_then(Value::as_str).filter(|src| is_own_picture(src));
    let alt = match attr("alt") {
        None => String::new(),
        Some(alt) => clean(alt.as_str().ok_or_else(|| invalid("alt"))?),
    };
    if alt.chars().count() > MAX_ALT {
        return Err(invalid("alt"));
    }
    let mut attrs = json!({"src": src.ok_or_else(|| invalid("src"))?, "alt": alt});
    for name in ["width", "height"] {
        if let Some(pixels) = attr(name) {
            let pixels = pixels.as_u64().filter(|pixels| (1..=MAX_SIDE).contains(pixels));
            if let Some(attrs) = attrs.as_object_mut() {
                attrs.insert(name.to_owned(), pixels.ok_or_else(|| invalid(name))?.into());
            }
        }
    }
    Ok(attrs)
}

/// Where pictures of texts lie: each under a random name of its own.
pub const PICTURES: &str = "/files/task-images/";

/// Whether the address is one that this server gives pictures of texts: nobody is led elsewhere.
fn is_own_picture(src: &str) -> bool {
    let name = src.strip_prefix(PICTURES).and_then(|name| name.strip_suffix(".webp"));
    name.is_some_and(|name| {
        name.len() == 32 && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// `https:`, `http:` and `mailto:` with something behind, and not one character that a browser
/// would skip or that could hide where the link leads.
fn is_safe_link(href: &str) -> bool {
    let scheme_and_rest =
        href.split_once(':').map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    let known = match &scheme_and_rest {
        Some((scheme, rest)) if scheme == "https" || scheme == "http" => {
            rest.strip_prefix("//").is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        }
        Some((scheme, rest)) if scheme == "mailto" => !rest.is_empty(),
        _ => false,
    };
    known
        && href.len() <= MAX_HREF
        && !href
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || is_bidi_override(c) || c == '\\')
}

/// Characters that reorder what stands around them on the screen.
fn is_bidi_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// NFC without control characters; tab and line feed stay (code has them).
fn clean(text: &str) -> String {
    text.nfc().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn doc(content: Value) -> Value {
        json!({"type": "doc", "content": content})
    }

    fn paragraph(text: &str) -> Value {
        json!({"type": "paragraph", "content": [{"type": "text", "text": text}]})
    }

    /// CRS-19 TCH-06
    #[test]
    fn a_document_of_every_allowed_kind_comes_back_as_it_was() {
        let whole = doc(json!([
            {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Индексы"}]},
            {"type": "paragraph", "content": [
                {"type": "text", "text": "see ", "marks": [{"type": "bold"}, {"type": "italic"}]},
                {"type": "text", "text": "here", "marks": [{"type": "link", "attrs": {"href": "https://www.postgresql.org/docs/"}}]},
                {"type": "hardBreak"},
                {"type": "text", "text": "x = 1", "marks": [{"type": "code"}]},
                {"type": "text", "text": "old", "marks": [{"type": "strike"}]}
            ]},
            {"type": "bulletList", "content": [{"type": "listItem", "content": [paragraph("שלום")]}]},
            {"type": "orderedList", "attrs": {"start": 3}, "content": [{"type": "listItem", "content": [paragraph("three")]}]},
            {"type": "blockquote", "content": [paragraph("quoted")]},
            {"type": "codeBlock", "attrs": {"language": "sql"}, "content": [{"type": "text", "text": "SELECT 1;\n\t-- x"}]},
            {"type": "horizontalRule"},
            {"type": "paragraph"}
        ]));
        assert_eq!(Document::parse(&whole).unwrap().into_value(), whole);
    }

    #[test]
    fn attributes_that_an_editor_adds_are_left_out() {
        let given = doc(
            json!([{"type": "paragraph", "attrs": {"onclick": "x", "textAlign": null}, "style": "x",
            "content": [{"type": "text", "text": "a", "marks": [{"type": "link",
                "attrs": {"href": "mailto:a@b.uz", "target": "_blank", "onload": "x"}}]}]}]),
        );
        let kept = Document::parse(&given).unwrap().into_value();
        assert_eq!(
            kept,
            doc(json!([{"type": "paragraph", "content": [{"type": "text", "text": "a",
                "marks": [{"type": "link", "attrs": {"href": "mailto:a@b.uz"}}]}]}]))
        );
    }

    #[test]
    fn foreign_nodes_marks_and_nesting_are_refused_with_their_place() {
        for (bad, at) in [
            (json!([{"type": "script", "content": []}]), "$.content[0]"),
            (json!([{"type": "iframe", "attrs": {"src": "x"}}]), "$.content[0]"),
            (json!([{"type": "html", "text": "<b>"}]), "$.content[0]"),
            (json!([{"type": "text", "text": "loose"}]), "$.content[0]"),
            (
                json!([{"type": "paragraph", "content": [paragraph("inside")]}]),
                "$.content[0].content[0]",
            ),
            (json!([{"type": "listItem", "content": [paragraph("no list")]}]), "$.content[0]"),
            (
                json!([{"type": "codeBlock", "content": [{"type": "hardBreak"}]}]),
                "$.content[0].content[0]",
            ),
            (json!([{"type": "doc", "content": []}]), "$.content[0]"),
        ] {
            match Document::parse(&doc(bad.clone())) {
                Err(DocumentError::Node { at: place, .. }) => assert_eq!(place, at, "{bad}"),
                other => panic!("{bad}: {other:?}"),
            }
        }
        let marked = doc(
            json!([{"type": "paragraph", "content": [{"type": "text", "text": "a", "marks": [{"type": "underline"}]}]}]),
        );
        assert!(matches!(Document::parse(&marked), Err(DocumentError::Mark { .. })));
        let code = doc(
            json!([{"type": "codeBlock", "content": [{"type": "text", "text": "a", "marks": [{"type": "bold"}]}]}]),
        );
        assert!(matches!(Document::parse(&code), Err(DocumentError::Mark { .. })));
    }

    #[test]
    fn a_link_leads_only_to_the_web_or_to_a_mailbox() {
        for href in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "java\tscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,<script>",
            "vbscript:x",
            "file:///etc/passwd",
            "//evil.example",
            "/relative",
            "",
            "https:",
            "https://",
            "https:///x",
            "https://a b",
            "https://a\u{202E}b",
            "https:\\\\evil",
            "blob:https://x",
            "mailto:",
        ] {
            let given = doc(json!([{"type": "paragraph", "content": [{"type": "text", "text": "a",
                "marks": [{"type": "link", "attrs": {"href": href}}]}]}]));
            let refused = Document::parse(&given).unwrap_err();
            assert!(matches!(refused, DocumentError::Attribute { name: "href", .. }), "{href:?}");
        }
        for href in ["https://ilm.example/ru?x=1#y", "HTTP://ilm.example", "mailto:ann@ilm.example"]
        {
            assert!(is_safe_link(href), "{href}");
        }
    }

    #[test]
    fn size_depth_and_shape_have_their_limits() {
        let long = doc(json!([paragraph(&"я".repeat(MAX_BYTES / 2))]));
        assert_eq!(Document::parse(&long), Err(DocumentError::TooLarge));
        let mut deep = paragraph("bottom");
        for _ in 0..9 {
            deep = json!({"type": "blockquote", "content": [deep]});
        }
        assert!(
            Document::parse(&doc(json!([deep]))).is_ok(),
            "doc + 9 quotes + paragraph + text = 12"
        );
        let deeper = json!({"type": "blockquote", "content": [deep]});
        assert_eq!(Document::parse(&doc(json!([deeper]))), Err(DocumentError::TooDeep));
        for bad in [
            json!(null),
            json!("text"),
            json!([]),
            json!({}),
            json!({"type": "paragraph"}),
            json!({"type": "doc", "content": "x"}),
            doc(json!([1])),
            doc(json!([{"type": 7}])),
            doc(json!([{"type": "bulletList"}])),
            doc(json!([{"type": "paragraph", "content": [{"type": "text", "text": ""}]}])),
            doc(
                json!([{"type": "paragraph", "content": [{"type": "text", "text": "a", "marks": [{"type": "bold"}, {"type": "bold"}]}]}]),
            ),
        ] {
            assert!(matches!(Document::parse(&bad), Err(DocumentError::Shape { .. })), "{bad}");
        }
        for attrs in [json!({"level": 1}), json!({"level": 7}), json!({"level": "2"}), json!({})] {
            let heading = doc(json!([{"type": "heading", "attrs": attrs}]));
            assert!(matches!(
                Document::parse(&heading),
                Err(DocumentError::Attribute { name: "level", .. })
            ));
        }
    }

    #[test]
    fn control_characters_never_reach_the_database() {
        let kept =
            Document::parse(&doc(json!([paragraph("a\u{0}b\u{1b}[31m\te\u{301}")]))).unwrap();
        assert_eq!(kept.into_value().pointer("/content/0/content/0/text").unwrap(), "ab[31m\té");
    }

    #[test]
    fn formulas_that_define_commands_are_told_from_those_that_begin_alike() {
        for command in DEFINING {
            assert!(defines_commands(&format!("x \\{command}\\a{{b}}")), "{command}");
        }
        for plain in ["\\left(x\\right)", "\\longrightarrow", "\\defx", "let x", "\\leq\\\\ let"] {
            assert!(!defines_commands(plain), "{plain}");
        }
    }

    /// LRN-17
    #[test]
    fn formulas_and_own_pictures_are_kept_and_others_refused() {
        let own = "/files/task-images/0123456789abcdef0123456789abcdef.webp";
        let kept = doc(json!([
            {"type": "paragraph", "content": [{"type": "math_inline", "attrs": {"latex": "x^2", "onload": "x"}}]},
            {"type": "math_block", "attrs": {"latex": "\\sum_n n"}},
            {"type": "image", "attrs": {"src": own, "alt": "A tree", "width": 40, "height": 20}}
        ]));
        let value = Document::parse(&kept).unwrap().into_value();
        assert_eq!(value.pointer("/content/0/content/0/attrs").unwrap(), &json!({"latex": "x^2"}));
        assert_eq!(plain_text(&value, 100), "x^2 \\sum_n n A tree");
        assert!(!is_blank(&value));
        assert!(!is_blank(&doc(json!([{"type": "image", "attrs": {"src": own}}]))));
        for (node, name) in [
            (json!({"type": "image", "attrs": {"src": "https://evil.example/p.png"}}), "src"),
            (json!({"type": "image", "attrs": {"src": "/files/task-images/../../x.webp"}}), "src"),
            (json!({"type": "image", "attrs": {"src": own, "width": 0}}), "width"),
            (json!({"type": "math_block", "attrs": {"latex": " "}}), "latex"),
            (json!({"type": "math_block", "attrs": {"latex": "x".repeat(2001)}}), "latex"),
            (json!({"type": "math_block", "attrs": {"latex": "\\def\\a{x}\\a"}}), "latex"),
            (json!({"type": "math_block", "attrs": {"latex": "\\global\\let\\a b"}}), "latex"),
            (json!({"type": "math_block"}), "latex"),
        ] {
            let error = Document::parse(&doc(json!([node]))).unwrap_err();
            assert!(
                matches!(error, DocumentError::Attribute { name: found, .. } if found == name),
                "{node}"
            );
        }
    }

    #[test]
    fn a_text_knows_whether_it_is_blank_how_long_it_reads_and_its_beginning() {
        let blank = doc(json!([{"type": "paragraph"}, paragraph("  \u{a0}")]));
        assert!(is_blank(&blank));
        assert_eq!(reading_ms(&blank), 0);
        let text = doc(json!([paragraph(&"word ".repeat(250))]));
        assert!(!is_blank(&text));
        assert_eq!(reading_ms(&text), 75_000);
        let two = doc(json!([paragraph("First part."), paragraph("Second part.")]));
        assert_eq!(plain_text(&two, 100), "First part. Second part.");
        assert_eq!(plain_text(&two, 15), "First part.…");
    }

    fn any_tree() -> impl Strategy<Value = Value> {
        let kind = prop::sample::select(vec![
            "doc",
            "paragraph",
            "heading",
            "bulletList",
            "orderedList",
            "listItem",
            "blockquote",
            "codeBlock",
            "hardBreak",
            "horizontalRule",
            "text",
            "math_inline",
            "math_block",
            "script",
            "image",
            "iframe",
        ]);
        let mark = (
            prop::sample::select(vec!["bold", "link", "underline", "code"]),
            prop::sample::select(vec!["https://a.uz", "javascript:alert(1)", "data:x", "/x"]),
        )
            .prop_map(
                |(kind, href)| json!({"type": kind, "attrs": {"href": href, "onclick": "x"}}),
            );
        let leaf = (kind.clone(), "\\PC{0,8}", prop::collection::vec(mark, 0..3), 0..5_u8)
            .prop_map(|(kind, text, marks, level)| json!({"type": kind, "text": text, "marks": marks, "attrs": {"level": level, "src": if level == 0 { "/files/task-images/0123456789abcdef0123456789abcdef.webp" } else { "x" }, "latex": "x^2"}}));
        let tree = leaf.prop_recursive(6, 64, 4, move |inner| {
            (kind.clone(), prop::collection::vec(inner, 0..4), 1..5_u8)
                .prop_map(|(kind, content, level)| json!({"type": kind, "content": content, "attrs": {"level": level}}))
        });
        prop_oneof![
            tree.clone(),
            prop::collection::vec(tree, 0..4).prop_map(|content| doc(content.into()))
        ]
    }

    fn assert_clean(node: &Value) {
        let node = node.as_object().unwrap();
        let kind = node.get("type").unwrap().as_str().unwrap();
        let known = [
            "doc",
            "paragraph",
            "heading",
            "bulletList",
            "orderedList",
            "listItem",
            "blockquote",
            "codeBlock",
            "hardBreak",
            "horizontalRule",
            "text",
            "math_inline",
            "math_block",
            "image",
        ];
        assert!(known.contains(&kind), "{kind}");
        for key in node.keys() {
            assert!(["type", "attrs", "content", "text", "marks"].contains(&key.as_str()), "{key}");
        }
        for (name, _) in node.get("attrs").and_then(Value::as_object).into_iter().flatten() {
            let known = ["level", "start", "language", "latex", "src", "alt"];
            assert!(known.contains(&name.as_str()), "{name}");
        }
        for mark in node.get("marks").and_then(Value::as_array).into_iter().flatten() {
            let kind = mark.get("type").unwrap().as_str().unwrap();
            assert!(["bold", "italic", "strike", "code", "link"].contains(&kind));
            if kind == "link" {
                assert_eq!(mark.get("attrs").unwrap(), &json!({"href": "https://a.uz"}));
            }
        }
        for child in node.get("content").and_then(Value::as_array).into_iter().flatten() {
            assert_clean(child);
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_holds_nothing_forbidden_and_is_accepted_again_unchanged(tree in any_tree()) {
            if let Ok(document) = Document::parse(&tree) {
                let value = document.into_value();
                assert_clean(&value);
                prop_assert_eq!(Document::parse(&value).unwrap().into_value(), value);
            }
        }
    }
}
