//! Codes of lexing, literals, parsing (NPL00xx, NPL01xx).

codes! {}
