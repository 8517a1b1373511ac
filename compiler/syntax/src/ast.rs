//! The tree of one item. Every range counts from the start of its item (its first byte, doc
//! comments included), so that an edit above an item leaves its tree as it was.
//!
//! The tree holds literals as they were read: `PortLit`, `AddrLit` … are checked values, or `None`
//! where the text was wrong (and reported once).

use ipnet::IpNet;
use npl_diagnostics::TextRange;
use smol_str::SmolStr;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    pub node: T,
    pub span: TextRange,
}

pub type Name = Spanned<SmolStr>;
/// A string literal with its escapes undone; the span includes the quotes.
pub type Str = Spanned<SmolStr>;

/// `a.b.c`; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    pub segments: Vec<Name>,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// The `///` lines before it, without the slashes and one leading blank, joined by `\n`.
    pub doc: Option<SmolStr>,
    pub kind: ItemKind,
    /// From the keyword to the last token.
    pub span: TextRange,
    /// No mistake took any of its text away: the tree says all that was written.
    pub whole: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    Namespace(Str),
    Use(Use),
    Workload(Workload),
    External {
        name: Name,
        set: Set,
    },
    Network {
        name: Name,
        set: Set,
    },
    Group {
        name: Name,
        set: Set,
    },
    Service {
        name: Name,
        service: Str,
        namespace: Option<NsClause>,
    },
    Port {
        name: Name,
        ports: Ports,
    },
    Param {
        name: Name,
        kind: Kind,
        default: Option<Arg>,
    },
    Template {
        name: Name,
        formals: Vec<Formal>,
        body: Vec<Item>,
    },
    Apply {
        path: Path,
        args: Vec<Arg>,
    },
    Rule(Rule),
    Assert(Claim),
    Test {
        name: Str,
        flows: Vec<Flow>,
    },
    /// Nothing could be made of it; reported.
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Use {
    pub path: Path,
    pub what: UseWhat,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UseWhat {
    /// `use a.b` brings in `b`.
    Last,
    /// `use a.b as c`.
    As(Name),
    /// `use a.{b, c}`.
    Names(Vec<Name>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Workload {
    pub foreign: bool,
    pub name: Name,
    pub labels: Labels,
    pub clauses: Vec<Clause>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Labels {
    pub labels: Vec<Label>,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    pub key: Str,
    pub op: LabelOp,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LabelOp {
    Is(Str),
    In(Vec<Str>),
    NotIn(Vec<Str>),
    Exists,
    Absent,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Clause {
    Namespace(NsClause),
    Account(Str),
    Open(Vec<Spanned<Dir>>, TextRange),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NsClause {
    pub what: NsWhat,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NsWhat {
    Named(Vec<Str>),
    Labels(Labels),
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dir {
    Ingress,
    Egress,
}

/// `union except union`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Set {
    pub union: Vec<Prim>,
    pub except: Option<Vec<Prim>>,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Prim {
    Path(Path),
    Str(Str),
    Addr(AddrLit),
    Paren(Box<Set>),
}

/// An address or CIDR literal. A bare address is a prefix of full length with `is_net` false.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AddrLit {
    /// `None` where the text is wrong.
    pub net: Option<IpNet>,
    pub is_net: bool,
    /// With its brackets, where it has some.
    pub brackets: Option<TextRange>,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dest {
    pub prim: Prim,
    pub ports: Option<Ports>,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ports {
    pub ports: Vec<Port>,
    pub braced: bool,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    Lit(PortLit),
    Path(Path),
}

/// `443`, `443/udp`, `8000-8100`, `*/tcp`, `*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PortLit {
    /// `None` where the text is wrong.
    pub value: Option<PortValue>,
    pub span: TextRange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortValue {
    /// 0..=65535 for `*`.
    pub low: u16,
    pub high: u16,
    pub proto: PortProto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PortProto {
    Tcp,
    Udp,
    Sctp,
    /// TCP, UDP and SCTP.
    Any,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    pub deny: bool,
    pub dir: Option<Spanned<Dir>>,
    pub source: Set,
    pub dest: Dest,
    pub via: Option<Via>,
    pub until: Option<Spanned<Option<Date>>>,
    pub because: Option<Str>,
}

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

/// `via PATH NAMES? BLOCK?`; what the path may be is decided by sema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Via {
    pub clause: Path,
    pub names: Vec<NameArg>,
    pub block: Option<Block>,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NameArg {
    Str(Str),
    Path(Path),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    pub entries: Vec<BlockEntry>,
    pub span: TextRange,
}

/// `GET "/path"` or `"/path"`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlockEntry {
    pub method: Option<Name>,
    pub text: Str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Formal {
    pub name: Name,
    pub kind: Kind,
}

/// A kind as it was written (`workload`, `string` …); sema knows which exist.
pub type Kind = Name;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Arg {
    Set(Set),
    Port(PortLit),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    CannotReach {
        from: Set,
        to: Dest,
        hops: Option<Hops>,
    },
    CanReach {
        from: Set,
        to: Dest,
    },
    OnlyCanReach {
        from: Set,
        to: Dest,
    },
    Breach {
        of: Set,
        within: Vec<Set>,
        hops: Option<Hops>,
    },
    Disjoint {
        left: Set,
        right: Set,
    },
}

/// `within N hops`; `count` is `None` where the number was wrong (1..=16).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hops {
    pub count: Option<u8>,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    pub from: End,
    pub to: End,
    pub port: Option<Port>,
    pub facts: Vec<Fact>,
    /// `allowed` or `denied`; sema checks.
    pub expect: Name,
    pub span: TextRange,
}

/// A flow without a verdict: what the command line asks about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FlowEdge {
    pub from: End,
    pub to: End,
    pub port: Option<Port>,
    pub facts: Vec<Fact>,
    pub span: TextRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum End {
    Path(Path),
    Str(Str),
    Addr(AddrLit),
    Pod {
        labels: Labels,
        namespace: Option<Str>,
        span: TextRange,
    },
}

/// `sni "a"`, `http GET "/p"`, `host "h"`, `dns "n"`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fact {
    pub key: Name,
    pub method: Option<Name>,
    pub value: Str,
    pub span: TextRange,
}

impl Prim {
    pub fn span(&self) -> TextRange {
        match self {
            Prim::Path(path) => path.span,
            Prim::Str(text) => text.span,
            Prim::Addr(addr) => addr.span,
            Prim::Paren(set) => set.span,
        }
    }
}

impl Port {
    pub fn span(&self) -> TextRange {
        match self {
            Port::Lit(lit) => lit.span,
            Port::Path(path) => path.span,
        }
    }
}

impl End {
    pub fn span(&self) -> TextRange {
        match self {
            End::Path(path) => path.span,
            End::Str(text) => text.span,
            End::Addr(addr) => addr.span,
            End::Pod { span, .. } => *span,
        }
    }
}

impl Arg {
    pub fn span(&self) -> TextRange {
        match self {
            Arg::Set(set) => set.span,
            Arg::Port(port) => port.span,
        }
    }
}
