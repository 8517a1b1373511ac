//! From the parser's events to the tree, without recursion.

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use npl_diagnostics::{Diagnostic, FileId, Place, TextRange, codes::import as codes};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{Documents, Entry, Node, Value, limits, scalar};

/// Maps with more keys than this look duplicates up in a set.
const LINEAR_KEYS: usize = 12;

pub(super) struct Builder<'a> {
    file: FileId,
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: FxHashMap<usize, Anchored>,
    nodes: usize,
    copied: usize,
    /// What readers differ on in the document, which is then none.
    faults: Vec<Diagnostic<Place>>,
    /// Where the document before this one ends.
    ended: u32,
    /// Holds `{{` outside quotes and comments: maybe a template that nobody rendered.
    braces: bool,
    out: Documents,
}

/// A value that an alias may copy.
struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

struct Frame {
    kind: Kind,
    start: u32,
    end: u32,
    anchor: usize,
    /// Values inside, this one included.
    nodes: usize,
    height: usize,
}

enum Kind {
    Seq(Vec<Node>),
    Map(MapFrame),
}

#[derive(Default)]
struct MapFrame {
    entries: Vec<Entry>,
    key: Option<(SmolStr, TextRange)>,
    seen: FxHashSet<SmolStr>,
    /// Each with how many keys stand before it.
    merges: Vec<(usize, Node)>,
}

/// Why a document is given up; the finding is already written down where there is one.
enum Stop {
    /// Go on with the next document.
    Document(Box<Diagnostic<Place>>),
    /// The file is not worth reading on.
    File(Box<Diagnostic<Place>>),
}

type Step<T = ()> = Result<T, Stop>;

impl<'a> Builder<'a> {
    pub(super) fn new(file: FileId, text: &'a str) -> Self {
        let options = granit_parser::options! {
            emit_comments: false,
            flow_nesting_limit: limits::MAX_DEPTH,
            block_nesting_limit: limits::MAX_DEPTH,
        };
        Self {
            file,
            text,
            parser: Parser::new_from_str_with_options(text, options),
            stack: Vec::new(),
            root: None,
            anchors: FxHashMap::default(),
            nodes: 0,
            copied: 0,
            faults: Vec::new(),
            ended: 0,
            braces: has_bare_braces(text),
            out: Documents::default(),
        }
    }

    pub(super) fn run(mut self) -> Documents {
        while let Some(next) = self.parser.next_event() {
            let step = match next {
                Ok((Event::StreamEnd, _)) => break,
                Ok((event, span)) => self.event(event, span),
                Err(error) => Err(self.broken(&error)),
            };
            match step {
                Ok(()) => {}
                Err(Stop::Document(finding)) => {
                    self.out.diagnostics.append(&mut self.faults);
                    self.out.diagnostics.push(*finding);
                    self.forget();
                    if !matches!(self.parser.proceed_next_document(), Ok(true)) {
                        break;
                    }
                }
                Err(Stop::File(finding)) => {
                    self.out.diagnostics.append(&mut self.faults);
                    self.out.diagnostics.push(*finding);
                    break;
                }
            }
        }
        self.out
    }

    fn forget(&mut self) {
        self.stack.clear();
        self.anchors.clear();
        self.root = None;
    }

    fn place(&self, start: u32, end: u32) -> Place {
        Place::in_file(self.file, TextRange::new(start, end.max(start)))
    }

    fn node(&self, value: Value, start: u32, end: u32) -> Node {
        Node::new(value, self.file, TextRange::new(start, end.max(start)))
    }

    fn range(span: Span) -> (u32, u32) {
        let range = span.byte_range().unwrap_or(0..0);
        let short = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        (short(range.start), short(range.end))
    }

    fn event(&mut self, event: Event<'a>, span: Span) -> Step {
        let (start, end) = Self::range(span);
        match event {
            Event::DocumentStart(explicit, _) => {
                self.forget();
                let unsent = self.unsent(explicit, start);
                self.faults.extend(unsent);
            }
            Event::DocumentEnd => {
                self.ended = self.root.as_ref().map_or(end, |root| root.range.end);
                let root = self.root.take().filter(|r| r.value != Value::Null);
                if self.faults.is_empty() {
                    self.out.documents.extend(root);
                }
                self.out.diagnostics.append(&mut self.faults);
                self.forget();
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(&text, style, tag.as_deref(), (start, end))?;
                let empty = matches!(value, Value::Null) && start == end;
                let node = self.node(value, start, end);
                self.keep(anchor, &node, 1, 0)?;
                self.value(node, 1, 0, !empty)?;
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(Kind::Seq(Vec::new()), anchor, start)?
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(Kind::Map(MapFrame::default()), anchor, start)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(end, start < end)?,
            Event::Alias(id) => self.alias(id, start, end)?,
            _ => {}
        }
        Ok(())
    }

    /// What `kubectl` never sends: it cuts a file at lines that are `---` and nothing else, and
    /// reads the first document of each piece (apimachinery, `YAMLReader`).
    fn unsent(&self, explicit: bool, start: u32) -> Option<Diagnostic<Place>> {
        let line = self.text.get(start as usize..)?.lines().next()?;
        let before = self.text.get(self.ended as usize..start as usize);
        let (message, help) = if explicit {
            let rest = line.strip_prefix("---")?.trim();
            let bare = rest.is_empty() || rest.starts_with('#');
            if bare && self.ended == 0 {
                // Such a line is a piece of its own then, and no document.
                let line = before?.lines().find(|line| line.starts_with('%'))?;
                let message = format!("`kubectl` refuses the directive `{line}` before `---`");
                let at = self.place(start, start.saturating_add(3));
                let finding = Diagnostic::new(&codes::YAML_SYNTAX, at, message);
                return Some(finding.help("remove the directive"));
            }
            if bare {
                return None;
            }
            let message = "`kubectl` refuses a document that begins on the line of its `---`";
            (message, "begin the document on the next line")
        } else {
            before?.lines().find(|line| line.starts_with("..."))?;
            let message = "`kubectl` drops what stands behind `...` without a line `---`";
            (message, "write `---` above the document")
        };
        let end = start.saturating_add(u32::try_from(line.trim_end().len()).ok()?);
        let finding = Diagnostic::new(&codes::YAML_SYNTAX, self.place(start, end), message);
        Some(finding.help(help))
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: (u32, u32),
    ) -> Step<Value> {
        let Some(tag) = tag else {
            return Ok(match style {
                ScalarStyle::Plain => scalar::resolve(text),
                _ => Value::Str(SmolStr::new(text)),
            });
        };
        let Some(core) = tag.core_suffix() else {
            return Ok(Value::Str(SmolStr::new(text)));
        };
        scalar::tagged(text, core).ok_or_else(|| {
            let message = format!("`{text}` is not a `{core}`, which its tag says it is");
            Stop::Document(Box::new(self.syntax(at, message)))
        })
    }

    fn open(&mut self, kind: Kind, anchor: usize, start: u32) -> Step {
        if self.stack.len() >= limits::MAX_DEPTH {
            return Err(self.too_deep(start));
        }
        self.stack.push(Frame {
            kind,
            start,
            end: start,
            anchor,
            nodes: 1,
            height: 0,
        });
        Ok(())
    }

    /// Ends the innermost list or map. A block collection ends where its last value ends; a flow
    /// collection has a closing token of its own.
    fn close(&mut self, end: u32, has_closer: bool) -> Step {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let end = if has_closer { end } else { frame.end };
        // Most lists and maps are small, and a file has millions of them: room for more than they
        // hold would be most of what a large file takes.
        let value = match frame.kind {
            Kind::Seq(items) => Value::Seq(items.into_boxed_slice()),
            Kind::Map(map) => Value::Map(self.merged(map)?.into_boxed_slice()),
        };
        let node = self.node(value, frame.start, end);
        self.keep(frame.anchor, &node, frame.nodes, frame.height + 1)?;
        // What is inside was counted when it was read.
        self.nodes = (self.nodes + 1).saturating_sub(frame.nodes);
        self.value(node, frame.nodes, frame.height + 1, true)
    }

    /// Merge keys, as the reader of `kubectl` follows them: in the order of the file, so that a
    /// merge replaces the keys before it, and the keys behind it replace what it brought. Of the
    /// maps of one list the first counts.
    fn merged(&mut self, mut map: MapFrame) -> Step<Vec<Entry>> {
        if map.merges.is_empty() {
            return Ok(map.entries);
        }
        let own = map.entries.len();
        let all = map.entries.iter().enumerate();
        let mut have: FxHashMap<SmolStr, usize> =
            all.map(|(at, entry)| (entry.key.clone(), at)).collect();
        for (before, merge) in std::mem::take(&mut map.merges) {
            let at = merge.place();
            let mut replaced: Vec<(SmolStr, Place)> = Vec::new();
            let mut brought: FxHashSet<SmolStr> = FxHashSet::default();
            for entry in self.sources(merge)? {
                if !brought.insert(entry.key.clone()) {
                    continue;
                }
                let Some(known) = have.get(&entry.key).copied() else {
                    have.insert(entry.key.clone(), map.entries.len());
                    map.entries.push(entry);
                    continue;
                };
                let behind = (before..own).contains(&known);
                let Some(old) = map.entries.get_mut(known).filter(|_| !behind) else {
                    continue;
                };
                if !same(&old.value, &entry.value) {
                    replaced.push((old.key.clone(), old.key_place()));
                }
                old.value = entry.value;
            }
            self.faults.extend(overwritten(at, &replaced));
        }
        Ok(map.entries)
    }

    /// What one merge key brings.
    fn sources(&self, merge: Node) -> Step<Vec<Entry>> {
        let sources = match merge.value {
            Value::Seq(items) => items,
            value => Box::new([Node { value, ..merge }]),
        };
        let mut out = Vec::new();
        for source in sources {
            let Value::Map(entries) = source.value else {
                let range = (source.range.start, source.range.end);
                let message = "a merge key `<<` needs a map".to_owned();
                return Err(Stop::Document(Box::new(self.syntax(range, message))));
            };
            out.extend(entries);
        }
        Ok(out)
    }

    /// Remembers a value that has an anchor. The copy counts: anchors inside anchors multiply too.
    fn keep(&mut self, anchor: usize, node: &Node, nodes: usize, height: usize) -> Step {
        if anchor == 0 {
            return Ok(());
        }
        self.copy(nodes, node.place())?;
        let node = node.clone();
        self.anchors.insert(
            anchor,
            Anchored {
                node,
                nodes,
                height,
            },
        );
        Ok(())
    }

    fn copy(&mut self, nodes: usize, at: Place) -> Step {
        self.copied += nodes;
        if self.copied <= limits::MAX_ALIASED_NODES {
            return Ok(());
        }
        let limit = limits::MAX_ALIASED_NODES;
        let message = format!("anchors and aliases of this file copy more than {limit} values");
        let finding = Diagnostic::new(&codes::YAML_LIMIT, at, message)
            .help("write the values out instead of repeating them by alias");
        Err(Stop::File(Box::new(finding)))
    }

    fn alias(&mut self, id: usize, start: u32, end: u32) -> Step {
        let place = self.place(start, end);
        let Some((nodes, height)) = self.anchors.get(&id).map(|a| (a.nodes, a.height)) else {
            let message = "an alias stands inside the value that it names".to_owned();
            let finding = self.syntax((start, end), message);
            return Err(Stop::Document(Box::new(finding)));
        };
        self.copy(nodes, place)?;
        if self.stack.len() + height > limits::MAX_DEPTH {
            return Err(self.too_deep(start));
        }
        let Some(mut node) = self.anchors.get(&id).map(|a| a.node.clone()) else {
            return Ok(());
        };
        node.range = place.range;
        self.value(node, nodes, height, true)
    }

    /// Puts a finished value where it belongs. `written` is false for a value that has no text.
    fn value(&mut self, node: Node, nodes: usize, height: usize, written: bool) -> Step {
        self.nodes += nodes;
        if self.nodes > limits::MAX_NODES {
            let message = format!("a YAML file holds more than {} values", limits::MAX_NODES);
            let finding =
                Diagnostic::new(&codes::YAML_LIMIT, node.place(), message).help("split the file");
            return Err(Stop::File(Box::new(finding)));
        }
        let Some(mut frame) = self.stack.pop() else {
            self.root = Some(node);
            return Ok(());
        };
        if written {
            frame.end = frame.end.max(node.range.end);
        }
        frame.nodes += nodes;
        frame.height = frame.height.max(height);
        let step = match &mut frame.kind {
            Kind::Seq(items) => {
                items.push(node);
                Ok(())
            }
            Kind::Map(map) => self.put_in_map(map, node),
        };
        self.stack.push(frame);
        step
    }

    fn put_in_map(&mut self, map: &mut MapFrame, node: Node) -> Step {
        let Some((key, key_range)) = map.key.take() else {
            map.key = Some((self.key(&node)?, node.range));
            return Ok(());
        };
        if key == "<<" && self.is_plain_merge(key_range) {
            map.merges.push((map.entries.len(), node));
            return Ok(());
        }
        let known = if map.entries.len() < LINEAR_KEYS {
            map.entries.iter().any(|entry| entry.key == key)
        } else {
            if map.seen.is_empty() {
                map.seen = map.entries.iter().map(|e| e.key.clone()).collect();
            }
            !map.seen.insert(key.clone())
        };
        if known {
            let finding = Diagnostic::new(
                &codes::YAML_DUPLICATE_KEY,
                Place::in_file(self.file, key_range),
                format!("the key `{key}` stands twice in one map"),
            )
            .help("remove one of the two: which one counts differs between readers");
            let first = map.entries.iter().find(|entry| entry.key == key);
            let finding = match first {
                Some(first) => finding.also(first.key_place(), "the first one"),
                None => finding,
            };
            self.faults.push(finding);
            return Ok(());
        }
        map.entries.push(Entry {
            key,
            key_range,
            value: node,
        });
        Ok(())
    }

    fn is_plain_merge(&self, at: TextRange) -> bool {
        self.text.get(at.as_usize()) == Some("<<")
    }

    /// Keys become strings, as in JSON.
    fn key(&self, node: &Node) -> Step<SmolStr> {
        let text = match &node.value {
            Value::Str(text) => text.clone(),
            Value::Bool(true) => SmolStr::new_static("true"),
            Value::Bool(false) => SmolStr::new_static("false"),
            Value::Int(n) => SmolStr::new(n.get().to_string()),
            Value::Float(n) => SmolStr::new(n.to_string()),
            Value::Null | Value::Seq(_) | Value::Map(_) => {
                let range = (node.range.start, node.range.end);
                let message = format!("a key of a map is {}, not a word", node.kind());
                return Err(self.stop(self.syntax(range, message)));
            }
        };
        Ok(text)
    }

    fn broken(&self, error: &ScanError) -> Stop {
        let at = error.marker().byte_offset().unwrap_or(0);
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let at = at.min(end);
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return self.too_deep(at);
        }
        let message = format!("this is not YAML: {}", error.info());
        self.stop(self.syntax((at, at), message))
    }

    fn syntax(&self, (start, end): (u32, u32), message: String) -> Diagnostic<Place> {
        Diagnostic::new(&codes::YAML_SYNTAX, self.place(start, end), message)
    }

    /// A template that nobody rendered gives one finding for the file, not one for each brace.
    fn stop(&self, finding: Diagnostic<Place>) -> Stop {
        if !self.braces {
            return Stop::Document(Box::new(finding));
        }
        let message = "this is a template, not YAML yet".to_owned();
        let at = finding.at;
        let finding = Diagnostic::new(&codes::YAML_SYNTAX, at, message)
            .note(finding.message)
            .help("render it first (`helm template`, `kustomize build`) and read the result");
        Stop::File(Box::new(finding))
    }

    fn too_deep(&self, start: u32) -> Stop {
        let message = format!("values are nested deeper than {}", limits::MAX_DEPTH);
        let at = self.place(start, start);
        Stop::Document(Box::new(Diagnostic::new(&codes::YAML_LIMIT, at, message)))
    }
}

/// Quotes are looked for on the same line: texts over several lines are rare, and this only says
/// what a file that is not YAML may be.
fn has_bare_braces(text: &str) -> bool {
    text.match_indices("{{").any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let within = |quote: char| line.matches(quote).count() % 2 == 1;
        let comment = line.trim_start().starts_with('#') || line.contains(" #");
        !(comment || within('"') || within('\''))
    })
}

/// Whether two values say the same, wherever they stand.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Seq(a), Value::Seq(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            let (a, b) = (by_key(a), by_key(b));
            let pair = |(a, b): (&&Entry, &&Entry)| a.key == b.key && same(&a.value, &b.value);
            a.len() == b.len() && a.iter().zip(&b).all(pair)
        }
        (a, b) => a == b,
    }
}

fn by_key(entries: &[Entry]) -> Vec<&Entry> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    sorted
}

/// Readers of newer YAML keep the key that is written out, wherever the merge stands.
fn overwritten(merge: Place, keys: &[(SmolStr, Place)]) -> Option<Diagnostic<Place>> {
    let (_, first) = keys.first()?;
    let names: Vec<String> = keys.iter().map(|(key, _)| format!("`{key}`")).collect();
    let names = names.join(", ");
    let message = format!("a merge key brings another {names} than stands before it");
    let finding = Diagnostic::new(&codes::YAML_DUPLICATE_KEY, merge, message)
        .also(*first, "`kubectl` drops this one, and `kustomize` keeps it");
    Some(finding.help("write `<<` in front of the other keys: they count for every reader then"))
}
