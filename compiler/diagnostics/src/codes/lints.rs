//! Codes of findings about programs that are valid (NPL06xx).

codes! {}
