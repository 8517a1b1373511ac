//! Codes of selectors, labels, namespaces, addresses, ports, name patterns, limits (NPL04xx).

codes! {}
