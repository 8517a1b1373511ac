//! Codes of existing YAML as a source (NPL10xx).

codes! {
    YAML_SYNTAX = "NPL1001" "yaml-syntax" Error "a file that is not YAML";
    YAML_DUPLICATE_KEY = "NPL1002" "yaml-duplicate-key" Error "a key that stands twice in one map";
    YAML_LIMIT = "NPL1003" "yaml-limit" Error "YAML that is too large or nested too deep";
    POLICY_WRONG_TYPE = "NPL1004" "policy-wrong-type" Error "a field of a policy with a type that Kubernetes refuses";
    POLICY_UNKNOWN_FIELD = "NPL1005" "policy-unknown-field" Warning "a field that the kind does not have";
    POLICY_MISSING_FIELD = "NPL1006" "policy-missing-field" Error "a policy without a field that it needs";
    POLICY_WRONG_VERSION = "NPL1007" "policy-wrong-version" Error "an API version that the kind does not have";
    POLICY_NO_RULES = "NPL1008" "policy-no-rules" Error "a policy that has no rule";
    POLICY_BAD_SUBJECT = "NPL1009" "policy-bad-subject" Error "a policy that does not say whom it selects, or says it twice";
    POLICY_BAD_SELECTOR = "NPL1010" "policy-bad-selector" Error "a label selector that Kubernetes refuses";
    POLICY_MIXED_PEERS = "NPL1011" "policy-mixed-peers" Error "two kinds of peers in one rule";
    POLICY_NEEDS_AGENT_FLAG = "NPL1012" "policy-needs-agent-flag" Error "a policy that needs a flag of the agent";
    POLICY_BAD_ENTITY = "NPL1013" "policy-bad-entity" Error "an entity that does not exist";
    POLICY_BAD_NETWORK = "NPL1014" "policy-bad-network" Error "a network that Cilium refuses";
    POLICY_BAD_PORT = "NPL1015" "policy-bad-port" Error "a port or protocol that Cilium refuses";
    POLICY_BAD_L7 = "NPL1016" "policy-bad-l7" Error "rules above the port that Cilium refuses";
    POLICY_BAD_NAME = "NPL1017" "policy-bad-name" Error "a name or pattern that Cilium refuses";
    POLICY_BAD_ICMP = "NPL1018" "policy-bad-icmp" Error "an ICMP rule that Cilium refuses";
    POLICY_REMOVED_FIELD = "NPL1019" "policy-removed-field" Error "a field that Cilium has removed";
    POLICY_EMPTY_PEERS = "NPL1020" "policy-empty-peers" Warning "a peer list that is empty";
    POLICY_PORT_RANGE_IGNORED = "NPL1021" "policy-port-range-ignored" Warning "an `endPort` that has no effect";
    POLICY_SERVICE_HOLE = "NPL1022" "policy-service-hole" Warning "a rule on services that opens or closes more than it says";
    POLICY_DUPLICATE = "NPL1023" "policy-duplicate" Error "two policies with one name";
    IMPORT_NODE_POLICY = "NPL1040" "import-node-policy" Error "a policy of nodes, which no workload is";
    IMPORT_TLS_INTERCEPTION = "NPL1041" "import-tls-interception" Error "a rule that has the proxy open TLS";
    IMPORT_HEADER_MATCH = "NPL1042" "import-header-match" Error "a rule on the headers of a request";
    IMPORT_AUTHENTICATION = "NPL1043" "import-authentication" Error "a rule that asks for mutual authentication";
    IMPORT_LISTENER = "NPL1044" "import-listener" Error "a rule that hands its traffic to a listener";
    IMPORT_CLOUD_GROUP = "NPL1045" "import-cloud-group" Error "peers that only a cloud knows";
    IMPORT_ENTITY = "NPL1046" "import-entity" Error "an endpoint of Cilium's that no entity is";
    IMPORT_OTHER_CLUSTER = "NPL1047" "import-other-cluster" Error "a selector that speaks of another cluster";
    IMPORT_EXPRESSION = "NPL1048" "import-expression" Error "a regular expression that no pattern says";
    IMPORT_NAME = "NPL1049" "import-name" Error "a name pattern that is none of the language";
    IMPORT_PROTOCOL = "NPL1050" "import-protocol" Error "a protocol or port that no rule says";
    IMPORT_NEEDS_INVENTORY = "NPL1051" "import-needs-inventory" Error "a rule that means what the cluster holds";
    IMPORT_GROUP_MISSING = "NPL1052" "import-group-missing" Error "a CIDR group that is not among the sources";
    IMPORT_CIDR_GROUP_SELECTOR = "NPL1053" "import-cidr-group-selector" Error "a selector of CIDR groups that joins labels";
    IMPORT_CLAUSE_CLASH = "NPL1054" "import-clause-clash" Error "rules above the port that Cilium cannot join";
    IMPORT_NAMES_REQUIRED = "NPL1055" "import-names-required" Warning "a rule that server names of another one swallow";
    IMPORT_NAMES_CLOSE = "NPL1056" "import-names-close" Warning "server names on more than TCP";
    IMPORT_HTTP_LISTENER = "NPL1057" "import-http-listener" Warning "a rule that opens a port of an HTTP rule";
    IMPORT_SELECTS_NOBODY = "NPL1058" "import-selects-nobody" Warning "a subject that no pod meets";
    IMPORT_BARE_ENDPOINTS = "NPL1059" "import-bare-endpoints" Warning "a subject that holds endpoints of Cilium's own";
    IMPORT_TIERED_POLICY = "NPL1060" "import-tiered-policy" Error "a policy with a tier and an order";
}
