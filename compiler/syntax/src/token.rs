//! The kinds of tokens. Literals are permissive on purpose: `443/tpc` and `10.0.0.0/33` are one
//! token each, so that what is wrong with them is one error inside one literal.

use logos::Logos;

/// Reserved words that open an item.
pub(crate) const ITEM_WORDS: [&str; 16] = [
    "namespace",
    "use",
    "workload",
    "foreign",
    "external",
    "network",
    "group",
    "service",
    "port",
    "param",
    "template",
    "apply",
    "allow",
    "deny",
    "assert",
    "test",
];

/// Reserved words inside of items.
pub(crate) const CLAUSE_WORDS: [&str; 14] = [
    "via", "in", "except", "open", "not", "as", "is", "can", "cannot", "within", "until",
    "because", "only", "breach",
];

/// Whether a text is a word that is never a name (grammar.md §1).
pub fn is_reserved(text: &str) -> bool {
    ITEM_WORDS.contains(&text) || CLAUSE_WORDS.contains(&text)
}

/// What a token is. Its text is a slice of the source.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[logos(extras = Seen)]
#[repr(u8)]
pub enum TokenKind {
    #[regex(r"[ \t\r\n]+")]
    Space,
    /// `//`, to the end of the line.
    #[regex(r"//[^\n]*", allow_greedy = true)]
    Comment,
    /// `///`; told from a comment after lexing, as is `//!`.
    DocComment,
    /// `//!`.
    FileDoc,

    #[regex(r"[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*")]
    Ident,
    #[regex(r#""([^"\\\r\n]|\\[^\r\n])*""#)]
    Str,
    #[regex(r"[0-9]+", priority = 4)]
    Int,
    #[regex(r"[0-9]+-[0-9]+(/[A-Za-z0-9]+)?")]
    #[regex(r"[0-9]+/[A-Za-z0-9]+")]
    #[regex(r"\*(/[A-Za-z0-9]+)?")]
    Port,
    #[regex(r"[0-9]+-[0-9]+-[0-9]+")]
    Date,
    #[regex(r"[0-9]+(\.[0-9]+)+(/[0-9A-Za-z]*)?")]
    #[regex(r"::[0-9a-fA-F:.]*(%[0-9A-Za-z]+)?(/[0-9A-Za-z]*)?")]
    #[regex(r"([0-9a-fA-F]{1,4}:){1,7}:[0-9a-fA-F:.]*(%[0-9A-Za-z]+)?(/[0-9A-Za-z]*)?")]
    #[regex(r"([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(%[0-9A-Za-z]+)?(/[0-9A-Za-z]*)?")]
    Addr,

    #[token("->")]
    Arrow,
    #[token(":")]
    Colon,
    #[token(",")]
    Comma,
    #[token(".")]
    Dot,
    #[token("|")]
    Pipe,
    #[token("!")]
    Bang,
    #[token("=")]
    Equals,
    #[token("{")]
    LBrace,
    #[token("}")]
    RBrace,
    #[token("(")]
    LParen,
    #[token(")")]
    RParen,
    #[token("[")]
    LBracket,
    #[token("]")]
    RBracket,

    // Reserved words that open an item.
    #[token("namespace")]
    Namespace,
    #[token("use")]
    Use,
    #[token("workload")]
    Workload,
    #[token("foreign")]
    Foreign,
    #[token("external")]
    External,
    #[token("network")]
    Network,
    #[token("group")]
    Group,
    #[token("service")]
    Service,
    #[token("port")]
    PortWord,
    #[token("param")]
    Param,
    #[token("template")]
    Template,
    #[token("apply")]
    Apply,
    #[token("allow")]
    Allow,
    #[token("deny")]
    Deny,
    #[token("assert")]
    Assert,
    #[token("test")]
    Test,

    // Reserved words inside items.
    #[token("via")]
    Via,
    #[token("in")]
    In,
    #[token("except")]
    Except,
    #[token("open")]
    Open,
    #[token("not")]
    Not,
    #[token("as")]
    As,
    #[token("is")]
    Is,
    #[token("can")]
    Can,
    #[token("cannot")]
    Cannot,
    #[token("within")]
    Within,
    #[token("until")]
    Until,
    #[token("because")]
    Because,
    #[token("only")]
    Only,
    #[token("breach")]
    Breach,

    // Words that mean something in some places and are names everywhere else.
    #[token("ingress")]
    Ingress,
    #[token("egress")]
    Egress,
    #[token("of")]
    Of,
    #[token("reach")]
    Reach,
    #[token("stays")]
    Stays,
    #[token("hops")]
    Hops,
    #[token("disjoint")]
    Disjoint,
    #[token("account")]
    Account,
    #[token("any")]
    Any,

    /// A run of characters that belong to no token.
    Bad,
    /// A string that its line does not close: reaches to the end of the line.
    #[regex(r#""([^"\\\r\n]|\\[^\r\n])*\\?"#, priority = 1)]
    OpenStr,
    /// `'text'`: not a string of NPL, but plainly meant as one.
    #[regex(r"'[^'\r\n]*'")]
    SingleQuoted,
    /// `#`, to the end of the line: not a comment of NPL, but plainly meant as one.
    #[regex(r"#[^\n]*", allow_greedy = true)]
    HashComment,

    /// `=>`: plainly meant as `->`.
    #[token("=>")]
    FatArrow,
    /// `/*`, to `*/` if there is one: not a comment of NPL, but plainly meant as one.
    #[token("/*", block)]
    BlockComment,

    // Never lexed: the first token that the parser is given says what is to be parsed.
    StartItem,
    StartFlow,
    StartEdge,
    StartArg,
}

/// What the lexer has seen of the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// No `*/` follows: to look for one again would cost the rest of the text each time.
    no_block_end: bool,
}

fn block(lexer: &mut logos::Lexer<'_, TokenKind>) {
    if lexer.extras.no_block_end {
        return;
    }
    match lexer.remainder().find("*/") {
        Some(at) => lexer.bump(at + 2),
        None => lexer.extras.no_block_end = true,
    }
}

impl TokenKind {
    /// White space and comments.
    pub const fn is_trivia(self) -> bool {
        matches!(
            self,
            Self::Space | Self::Comment | Self::DocComment | Self::FileDoc
        )
    }

    /// What no program may hold.
    pub const fn is_bad(self) -> bool {
        matches!(
            self,
            Self::Bad
                | Self::OpenStr
                | Self::SingleQuoted
                | Self::HashComment
                | Self::FatArrow
                | Self::BlockComment
        )
    }

    /// A reserved word that opens an item.
    pub const fn is_item_word(self) -> bool {
        self as u8 >= Self::Namespace as u8 && self as u8 <= Self::Test as u8
    }

    /// Never a name, except of a label.
    pub const fn is_reserved(self) -> bool {
        self as u8 >= Self::Namespace as u8 && self as u8 <= Self::Breach as u8
    }

    /// A name anywhere a name is expected.
    pub const fn is_contextual(self) -> bool {
        self as u8 >= Self::Ingress as u8 && self as u8 <= Self::Any as u8
    }

    /// May stand where the grammar says `ident`.
    pub const fn is_name(self) -> bool {
        matches!(self, Self::Ident) || self.is_contextual()
    }

    /// Any word at all.
    pub const fn is_word(self) -> bool {
        self.is_name() || self.is_reserved()
    }

    pub const fn is_opener(self) -> bool {
        matches!(self, Self::LBrace | Self::LParen | Self::LBracket)
    }

    pub const fn is_closer(self) -> bool {
        matches!(self, Self::RBrace | Self::RParen | Self::RBracket)
    }

    /// The closer of an opener.
    pub(crate) const fn closer(self) -> Option<Self> {
        match self {
            Self::LBrace => Some(Self::RBrace),
            Self::LParen => Some(Self::RParen),
            Self::LBracket => Some(Self::RBracket),
            _ => None,
        }
    }

    /// The text of a token that has one spelling among punctuation.
    pub(crate) const fn punctuation(self) -> Option<&'static str> {
        Some(match self {
            Self::Arrow => "->",
            Self::Colon => ":",
            Self::Comma => ",",
            Self::Dot => ".",
            Self::Pipe => "|",
            Self::Bang => "!",
            Self::Equals => "=",
            Self::LBrace => "{",
            Self::RBrace => "}",
            Self::LParen => "(",
            Self::RParen => ")",
            Self::LBracket => "[",
            Self::RBracket => "]",
            _ => return None,
        })
    }
}
