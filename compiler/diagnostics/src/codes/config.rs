//! Codes of `npl.toml`, suppressions, the command line's own findings (NPL09xx).

codes! {
    MANIFEST_SYNTAX = "NPL0901" "manifest-syntax" Error "`npl.toml` is not valid TOML";
    UNKNOWN_KEY = "NPL0902" "unknown-key" Error "a key of `npl.toml` that means nothing";
    WRONG_VALUE = "NPL0903" "wrong-value" Error "a value of `npl.toml` that its key does not take";
    MISSING_KEY = "NPL0904" "missing-key" Error "`npl.toml` lacks a key that it must have";
    UNKNOWN_LINT = "NPL0905" "unknown-lint" Error "a level or an ignore for a lint that does not exist";
    NOT_A_LINT = "NPL0906" "not-a-lint" Error "an attempt to silence an error";
    IGNORE_WITHOUT_REASON = "NPL0907" "ignore-without-reason" Error
        "a `// nplc: ignore` without a reason, or written in another way";
    UNUSED_IGNORE = "NPL0908" "unused-ignore" Warning "a `// nplc: ignore` that silences nothing";
    MISSING_PATH = "NPL0909" "missing-path" Error "a path of `npl.toml` that leads to nothing";
    PACKAGE_CYCLE = "NPL0910" "package-cycle" Error "a package that depends on itself";
    UNKNOWN_PARAM = "NPL0911" "unknown-param" Error
        "an environment's value for a parameter that nothing declares";
    UNKNOWN_OBSERVED = "NPL0912" "unknown-observed" Error
        "`[stage] observe` names a workload that is not owned";
}
