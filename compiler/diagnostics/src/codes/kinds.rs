//! Codes of kinds of ends, rules, `via`, templates, parameters (NPL03xx).

codes! {
    NOT_AN_END = "NPL0301" "not-an-end" Error "an end of a rule that neither sends nor receives";
    EXTERNAL_AS_SOURCE = "NPL0302" "external-as-source" Error
        "an external as the source of a connection";
    SERVICE_AS_SOURCE = "NPL0303" "service-as-source" Error
        "a service as the source of a connection";
    LITERAL_AS_END = "NPL0304" "literal-as-end" Error "an address or a string as an end of a rule";
    NOTHING_ENFORCES = "NPL0305" "nothing-enforces" Error
        "a rule with no end that this package owns";
    NOT_A_PORT = "NPL0306" "not-a-port" Error "a name after the colon that is no port";
    UNKNOWN_CLAUSE = "NPL0307" "unknown-clause" Error "a `via` clause that does not exist";
    CLAUSE_SHAPE = "NPL0308" "clause-shape" Error
        "a `via` clause without what it takes, or with what it does not take";
    CLAUSE_NEEDS_PORT = "NPL0309" "clause-needs-port" Error
        "a `via` clause without the port that it needs";
    CLAUSE_NEEDS_TCP = "NPL0310" "clause-needs-tcp" Error
        "a `via` clause on a protocol that it cannot read";
    DENY_WITH_VIA = "NPL0311" "deny-with-via" Error "a deny with a `via` clause";
    DENY_EXTERNAL = "NPL0312" "deny-external" Error "a deny that names an external";
    DNS_NEEDS_OWNED_SOURCE = "NPL0313" "dns-needs-owned-source" Error
        "a `dns` clause whose source is not owned";
    EXPIRED_RULE = "NPL0314" "expired-rule" Error "a rule past its day";
    KIND_MISMATCH = "NPL0315" "kind-mismatch" Error "a value of the wrong kind";
    UNKNOWN_KIND = "NPL0316" "unknown-kind" Error "a kind that does not exist";
    WRONG_ARITY = "NPL0317" "wrong-arity" Error "an `apply` with too many or too few arguments";
    NOT_A_TEMPLATE = "NPL0318" "not-a-template" Error "an `apply` of something that is no template";
    TEMPLATE_TOO_DEEP = "NPL0319" "template-too-deep" Error
        "templates that apply one another too deep";
    TEMPLATE_TOO_LARGE = "NPL0320" "template-too-large" Error
        "an `apply` that makes too many rules";
    ITEM_IN_TEMPLATE = "NPL0321" "item-in-template" Error
        "a declaration or a test inside a template";
    DUPLICATE_FORMAL = "NPL0322" "duplicate-formal" Error "two formals of one name";
    FORMAL_SHADOWS = "NPL0323" "formal-shadows" Error "a formal that takes a name of the prelude";
    PARAM_KIND = "NPL0324" "param-kind" Error "a parameter of a kind that has no literals";
    MISSING_PARAM = "NPL0325" "missing-param" Error "a parameter without a value";
    BAD_PARAM_VALUE = "NPL0326" "bad-param-value" Error
        "an environment's value that is no literal of its kind";
    FOREIGN_OPEN = "NPL0327" "foreign-open" Error "an `open` clause on a foreign workload";
    DUPLICATE_CLAUSE = "NPL0328" "duplicate-clause" Error
        "a clause of a workload that stands twice";
    MIXED_EXCEPT = "NPL0329" "mixed-except" Error "an `except` between different kinds";
    EXTERNAL_IN_EXCEPT = "NPL0330" "external-in-except" Error "an external under `except`";
    CLAIM_NEEDS_WORKLOADS = "NPL0331" "claim-needs-workloads" Error
        "a claim about something that is no workload";
    CLAIM_PORTS = "NPL0332" "claim-ports" Error
        "a claim on a service whose pods have different ports";
}
