//! Codes of the Cilium target (NPL07xx).

codes! {
    UNKNOWN_TARGET_SETTING = "NPL0701" "unknown-target-setting" Error
        "a key of `[target.cilium]` that the target does not know";
    TARGET_SETTING_VALUE = "NPL0702" "target-setting-value" Error
        "a key of `[target.cilium]` with a value that it does not take";
    VERSION_TOO_OLD = "NPL0703" "version-too-old" Error
        "a version of Cilium older than the oldest that is supported";
    NEEDS_VERSION = "NPL0704" "needs-version" Error
        "a pattern that the named version of Cilium reads in another way";
    LABEL_NOT_IN_IDENTITY = "NPL0705" "label-not-in-identity" Error
        "a label that Cilium keeps out of a pod's identity";
    NOT_EXPRESSIBLE = "NPL0706" "not-expressible" Error
        "something that no Cilium policy can say";
    OBJECT_NAME_CLASH = "NPL0707" "object-name-clash" Error
        "two workloads whose policies would be one object";
    NOTHING_CHECKS_VIA = "NPL0708" "nothing-checks-via" Error
        "a `via` that no end of the rule can check";
    VIA_KINDS_CLASH = "NPL0709" "via-kinds-clash" Error
        "two kinds of `via` on one peer and port";
    VIA_UNION_INEXACT = "NPL0710" "via-union-inexact" Error
        "a `via` beside a rule without one that Cilium would merge with it";
    DNS_UNION_INEXACT = "NPL0711" "dns-union-inexact" Error
        "a `via dns` beside a rule that admits its port in another way";
    NAME_NEVER_LEARNED = "NPL0712" "name-never-learned" Error
        "an external whose addresses Cilium never learns";
    NODE_LOCAL_DNS = "NPL0713" "node-local-dns" Error
        "a `via dns` on a resolver that the node itself is";
    MESH_PEERS_NOT_COVERED = "NPL0714" "mesh-peers-not-covered" Warning
        "a cluster mesh, of which rules speak for the local cluster only";
    OWNED_TWICE = "NPL0715" "owned-twice" Warning
        "a pod that two packages own";
    HTTP_CLOSES_THE_REST = "NPL0716" "http-closes-the-rest" Warning
        "a port on which only HTTP passes, though a rule without `via` admits everything";
}
