//! Codes of modules, `use`, scopes, packages (NPL02xx).

codes! {
    UNKNOWN_NAME = "NPL0201" "unknown-name" Error "a name that nothing declares";
    DUPLICATE_NAME = "NPL0202" "duplicate-name" Error "a name that a file declares or imports twice";
    CONFUSABLE_NAMES = "NPL0203" "confusable-names" Error
        "two names that differ only in case, or in `-` against `_`";
    SHADOWS_PRELUDE = "NPL0204" "shadows-prelude" Error
        "a declaration that takes a name of the prelude";
    UNKNOWN_MODULE = "NPL0205" "unknown-module" Error "a `use` path that leads to no module";
    MODULE_AS_NAME = "NPL0206" "module-as-name" Error
        "a `use` that names a module instead of a declaration";
    UNUSED_IMPORT = "NPL0207" "unused-import" Warning "an import that its file does not use";
    UNUSED_DECLARATION = "NPL0208" "unused-declaration" Warning
        "a declaration that its package does not use";
    CYCLIC_DECLARATION = "NPL0209" "cyclic-declaration" Error
        "a declaration that stands for itself";
    NESTING_TOO_DEEP = "NPL0210" "chain-too-long" Error
        "a chain of declarations longer than the limit";
    MISPLACED_NAMESPACE = "NPL0211" "misplaced-namespace" Error
        "a second `namespace` item, or one below a declaration";
    MODULE_NAME = "NPL0212" "module-name" Error "a file whose path gives no module name";
    MODULE_CLASH = "NPL0213" "module-clash" Error "two files, or a file and a dependency, with one name";
}
