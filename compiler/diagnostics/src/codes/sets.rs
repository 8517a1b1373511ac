//! Codes of selectors, labels, namespaces, addresses, ports, name patterns, limits (NPL04xx).

codes! {
    BAD_LABEL_KEY = "NPL0401" "bad-label-key" Error "a label key that Kubernetes refuses";
    BAD_LABEL_VALUE = "NPL0402" "bad-label-value" Error "a label value that Kubernetes refuses";
    DUPLICATE_LABEL = "NPL0403" "duplicate-label" Error "one requirement on a label key twice";
    UNSATISFIABLE_SELECTOR = "NPL0404" "unsatisfiable-selector" Error
        "a selector that no pod can meet";
    NO_NAMESPACE = "NPL0405" "no-namespace" Error
        "a workload, a service or a pod without a namespace";
    BAD_NAMESPACE = "NPL0406" "bad-namespace" Error "a namespace that Kubernetes refuses";
    BAD_ACCOUNT = "NPL0407" "bad-account" Error "a service account that Kubernetes refuses";
    BAD_SERVICE_NAME = "NPL0408" "bad-service-name" Error "a Service name that Kubernetes refuses";
    SERVICE_NAMESPACE = "NPL0409" "service-namespace" Error
        "a service that is not in exactly one namespace";
    BAD_NAME = "NPL0410" "bad-name" Error "a text that is no DNS name";
    ADDRESS_AS_NAME = "NPL0411" "address-as-name" Error "an address where a DNS name must stand";
    LOOSE_PATTERN = "NPL0412" "loose-pattern" Warning
        "a pattern that admits more names than it seems to";
    NAME_IN_CLUSTER = "NPL0413" "name-in-cluster" Warning
        "an external that names something inside the cluster";
    EXCEPT_OUTSIDE = "NPL0414" "except-outside" Error "an exception that lies outside its network";
    IPV4_ONLY = "NPL0415" "ipv4-only" Warning "a network of every IPv4 address and no IPv6 address";
    EMPTY_SET = "NPL0416" "empty-set" Error "an `except` that leaves nothing";
    SET_TOO_LARGE = "NPL0417" "set-too-large" Error "a set of too many alternatives";
    TOO_MANY = "NPL0418" "too-many" Error "more of something than one item may hold";
    BAD_PATH = "NPL0419" "bad-path" Error "a text that is no path pattern";
    BAD_METHOD = "NPL0420" "bad-method" Error "a word that is no HTTP method";
    EMPTY_BLOCK = "NPL0421" "empty-block" Error "a block without entries";
    BAD_GRPC = "NPL0422" "bad-grpc" Error "a text that names no gRPC method";
}
