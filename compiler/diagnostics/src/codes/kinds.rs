//! Codes of kinds of ends, rules, `via`, templates, parameters (NPL03xx).

codes! {}
