//! Codes of findings about programs that are valid (NPL06xx).

codes! {
    BROAD_ALLOW = "NPL0601" "broad-allow" Warning
        "an allow whose destination names no port";
    REDUNDANT_RULE = "NPL0602" "redundant-rule" Warning
        "a rule that another rule of the package holds whole";
    VIA_SWALLOWED = "NPL0603" "via-swallowed" Warning
        "a clause that a rule without one, on the same ends and ports, makes void";
    ALLOW_NEVER_APPLIES = "NPL0604" "allow-never-applies" Warning
        "an allow that a deny covers whole";
    EXTERNAL_PLAINTEXT = "NPL0605" "external-plaintext" Warning
        "an external on a port that carries plain text";
    EXTERNAL_WITHOUT_SNI = "NPL0606" "external-without-sni" Warning
        "an external on a TLS port without a server name";
    REBINDING = "NPL0607" "rebinding" Warning
        "an external, and no deny that covers the metadata addresses";
    METADATA_REACHABLE = "NPL0608" "metadata-reachable" Warning
        "an allow wide enough to hold the metadata addresses, and no deny that covers them";
    QUIC_BYPASSES_SNI = "NPL0609" "quic-bypasses-sni" Warning
        "UDP is open beside a rule that checks server names";
    NOT_TLS_FIRST = "NPL0610" "not-tls-first" Warning
        "a server name on a port whose protocol does not begin with TLS";
    NO_EFFECT_WHILE_OPEN = "NPL0611" "no-effect-while-open" Warning
        "an allow at a workload that is open in that direction";
    NOTHING_OWNED = "NPL0612" "nothing-owned" Error
        "a rule on `all` where no owned workload could enforce it";
    DENY_STOPS_NO_POD = "NPL0613" "deny-stops-no-pod" Warning
        "a deny on private addresses, which stops no pod and no node";
    NODE_LOCAL_ADDRESS = "NPL0614" "node-local-address" Warning
        "a network with an address that the node itself answers";
    SAME_SELECTOR = "NPL0616" "same-selector" Warning
        "two workloads that select exactly the same pods";
    WORLD_REACHES_APISERVER = "NPL0617" "world-reaches-apiserver" Warning
        "an allow wide enough to hold the API server, and no deny that covers it";
    BREAKS_PROBES = "NPL0618" "breaks-probes" Warning
        "a deny that keeps the kubelet's probes from a workload";
    ONLY_DENIED = "NPL0619" "only-denied" Warning
        "a workload that denies speak of and no allow, which closes it";
}
