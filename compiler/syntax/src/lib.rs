//! NPL text: lexer, item cutter, grammar, tree, formatter.
//!
//! A file is lexed, cut into items, and each item parsed by itself: nothing that stands in one item
//! can spoil another, and an item's tree depends on the item's text alone. What this crate refuses
//! is form; what names mean, and whether they exist, is for the crates behind it.

pub mod ast;
mod cut;
mod fmt;
mod lexer;
pub mod limits;
mod parse;
mod token;

pub use cut::{ItemWord, RawItem, cut, file_doc};
pub use fmt::{format, one_line};
pub use lexer::{Token, Tokens, lex};
pub use parse::{Parsed, ParsedFile, mistyped_word, parse_arg, parse_file, parse_flow, parse_item};
pub use token::{TokenKind, is_reserved};
