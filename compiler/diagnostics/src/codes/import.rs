//! Codes of existing YAML as a source (NPL10xx).

codes! {}
