//! Codes of the Cilium target (NPL07xx).

codes! {}
