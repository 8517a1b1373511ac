//! Codes of `npl.toml`, suppressions, the command line's own findings (NPL09xx).

codes! {}
