//! Codes of claims and tests (NPL05xx).

codes! {
    CLAIM_FAILED = "NPL0501" "claim-failed" Error "a claim that does not hold";
    CLAIM_NOT_CHECKED = "NPL0502" "claim-not-checked" Warning "a claim that this version cannot decide";
    CLAIM_NOTHING_ENFORCES = "NPL0503" "claim-nothing-enforces" Error "a claim about ends that nothing enforces";
    CLAIM_VACUOUS = "NPL0504" "claim-vacuous" Error "a claim about nothing";
    CLAIM_TOO_LARGE = "NPL0505" "claim-too-large" Error "a claim whose proof takes too many steps";
    CLAIM_ASSUMES = "NPL0506" "claim-holds-assuming" Note "a claim that holds under assumptions";
    CLAIM_HOLDS_HERE = "NPL0507" "claim-holds-in-inventory" Note "a claim that holds for the pods of the inventory only";
    DISJOINT_CONTRADICTED = "NPL0508" "disjoint-contradicted" Error "two sets that are said to be disjoint and are not";
    FLOW_END = "NPL0520" "flow-end" Error "an end of a flow that stands for many";
    FLOW_LABELS = "NPL0521" "flow-labels" Error "a pod of a flow with a selector instead of labels";
    FLOW_PORT = "NPL0522" "flow-port" Error "a flow to more than one port";
    UNKNOWN_VERDICT = "NPL0523" "unknown-verdict" Error
        "a verdict that is neither `allowed` nor `denied`";
    UNKNOWN_FACT = "NPL0524" "unknown-fact" Error "a fact of a flow that does not exist";
    BAD_FACT = "NPL0525" "bad-fact" Error "a fact of a flow with a value that no flow has";
    FACTS_CONFLICT = "NPL0526" "facts-conflict" Error "a flow that is TLS and HTTP at once";
}
