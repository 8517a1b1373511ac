//! Codes of the inventory and services (NPL08xx).

codes! {
    SELECTS_NOTHING_TODAY = "NPL0801" "selects-nothing-today" Warning
        "a workload that selects no pod of the inventory";
    HOST_NETWORK_WORKLOAD = "NPL0802" "host-network-workload" Error
        "a workload that selects a pod on the host network";
    NETWORK_COVERS_CLUSTER = "NPL0803" "network-covers-cluster" Warning
        "a network that holds addresses of pods, nodes or Services";
    SERVICE_PORT_NOT_POD_PORT = "NPL0804" "service-port-not-pod-port" Error
        "the port of a Service where the port of its pods is meant";
    ENTERS_ELSEWHERE = "NPL0805" "enters-elsewhere" Warning
        "traffic from outside that comes from a node, not from `world`";
    MANIFEST_REFUSED = "NPL0820" "manifest-refused" Error
        "a manifest that lacks what its kind needs";
    MANIFEST_TWICE = "NPL0821" "manifest-twice" Warning
        "two manifests of one object";
    SERVICE_NEEDS_INVENTORY = "NPL0850" "service-needs-inventory" Error
        "a service without an inventory to resolve it";
    UNKNOWN_SERVICE = "NPL0851" "unknown-service" Error
        "a service that the inventory does not hold";
    EXTERNAL_NAME_SERVICE = "NPL0852" "external-name-service" Error
        "a service that is only another name";
    SERVICE_PORT_UNKNOWN = "NPL0853" "service-port-unknown" Error
        "a port that the service does not have";
    SERVICE_TARGET_UNCLEAR = "NPL0854" "service-target-unclear" Error
        "a service whose named target port is not one number";
    SERVICE_WITHOUT_BACKENDS = "NPL0855" "service-without-backends" Warning
        "a service with nothing behind it";
    SERVICE_WITHOUT_SELECTOR = "NPL0856" "service-without-selector" Warning
        "a service whose addresses are written by hand";
    SERVICE_ON_HOST_NETWORK = "NPL0857" "service-on-host-network" Error
        "a service that leads to pods on the host network";
    SERVICE_MOVED = "NPL0858" "service-moved" Warning
        "an object that was built when its Service led to another port";
}
