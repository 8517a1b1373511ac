//! Codes of the Kubernetes target (NPL11xx).

codes! {
    UNKNOWN_KUBERNETES_SETTING = "NPL1101" "unknown-kubernetes-setting" Error
        "a key of `[target.kubernetes]` that the target does not know";
    KUBERNETES_SETTING_VALUE = "NPL1102" "kubernetes-setting-value" Error
        "a key of `[target.kubernetes]` with a value that it does not take";
    VIA_NOT_IN_KUBERNETES = "NPL1103" "via-not-in-kubernetes" Error
        "a `via`, which no NetworkPolicy can say";
    EXTERNAL_NOT_IN_KUBERNETES = "NPL1104" "external-not-in-kubernetes" Error
        "an external, which no NetworkPolicy can name";
    ENTITY_NOT_IN_KUBERNETES = "NPL1105" "entity-not-in-kubernetes" Error
        "an entity that no NetworkPolicy can select";
    ACCOUNT_NOT_IN_KUBERNETES = "NPL1106" "account-not-in-kubernetes" Error
        "pods by service account, which no NetworkPolicy can select";
    PROTOCOL_NOT_IN_KUBERNETES = "NPL1107" "protocol-not-in-kubernetes" Error
        "ICMP, of which no NetworkPolicy can speak";
    IP_BLOCK_HOLDS_PODS = "NPL1108" "ip-block-holds-pods" Error
        "a network whose addresses may be those of pods or nodes";
    NAMESPACES_NOT_NAMED = "NPL1109" "namespaces-not-named" Error
        "pods of namespaces that are not named, which no NetworkPolicy can seal";
    DENY_NOT_EXACT = "NPL1110" "deny-not-exact" Error
        "a deny that cannot be taken out of the allows";
    DENY_OF_OPEN_DIRECTION = "NPL1111" "deny-of-open-direction" Error
        "a deny at pods that nothing seals";
    NODE_ALWAYS_REACHES = "NPL1112" "node-always-reaches" Error
        "a deny of the pod's own node";
    KUBERNETES_TOO_LARGE = "NPL1113" "kubernetes-too-large" Error
        "a predicate that falls into too many selectors";
}
