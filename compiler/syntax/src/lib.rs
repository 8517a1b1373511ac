//! NPL text: lexer, item cutter, grammar, tree, formatter.

pub mod ast;
