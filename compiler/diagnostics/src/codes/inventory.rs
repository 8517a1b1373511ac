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
}
