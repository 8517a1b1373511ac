//! Codes of claims and tests (NPL05xx).

codes! {}
