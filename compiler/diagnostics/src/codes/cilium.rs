//! Codes of the Cilium target (NPL07xx).

codes! {
    UNKNOWN_TARGET_SETTING = "NPL0701" "unknown-target-setting" Error
        "a key of `[target.cilium]` that the target does not know";
    TARGET_SETTING_VALUE = "NPL0702" "target-setting-value" Error
        "a key of `[target.cilium]` with a value that it does not take";
    VERSION_TOO_OLD = "NPL0703" "version-too-old" Error
        "a version of Cilium older than the oldest that is supported";
}
