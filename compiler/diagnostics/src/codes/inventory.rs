//! Codes of the inventory and services (NPL08xx).

codes! {}
