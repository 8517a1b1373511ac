//! Codes of modules, `use`, scopes, packages (NPL02xx).

codes! {}
