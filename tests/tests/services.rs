//! `toServices`, whose holes the emitter never steps into: what an inventory makes of it in existing
//! policies is what Cilium's engine makes of it, for the judge of YAML and for the lowered model.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use npl_diagnostics::FileId;
use npl_policy::interpret::{Answer, Endpoint, Flow, Interpreter};
use npl_targets::{
    import::{
        self, Judge,
        judge::{self, Cluster},
    },
    inventory,
};
use npl_tests::engine::{Engine, flow_json};
use serde_json::{Value, json};

const MANIFESTS: &str = "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {tier: front}}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: data, labels: {tier: back}}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: shop, labels: {tier: front}}
spec: {ports: [{port: 443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: outside-1, namespace: shop, labels: {kubernetes.io/service-name: outside}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.7]}]
ports: [{port: 443, protocol: TCP}]
";

const EGRESS: [&str; 9] = [
    "[{toServices: [{k8sService: {serviceName: web, namespace: shop}}]}]",
    "[{toServices: [{k8sService: {serviceName: outside, namespace: shop}}]}]",
    "[{toServices: [{k8sService: {serviceName: db}}]}]",
    "[{toServices: [{k8sServiceSelector: {selector: {matchLabels: {tier: front}}, \
     namespace: shop}}]}]",
    "[{toServices: [{k8sServiceSelector: {selector: {matchLabels: {tier: back}}}}]}]",
    "[{toServices: [{k8sService: {serviceName: gone, namespace: shop}}]}]",
    "[{toServices: [{k8sService: {serviceName: web, namespace: shop}}, {k8sService: \
     {serviceName: db, namespace: data}}]}]",
    "[{toServices: [{k8sService: {serviceName: web, namespace: shop}}], toPorts: [{ports: \
     [{port: \"8080\", protocol: TCP}]}]}]",
    // Nobody is meant, and everybody is let in.
    "[{toServices: [{k8sService: {serviceName: gone, namespace: shop}}], toPorts: [{ports: \
     [{port: \"8080\", protocol: TCP}]}]}]",
];

fn services() -> Value {
    json!([
        {"namespace": "shop", "name": "web", "labels": {"tier": "front"}, "selector": {"app": "web"}},
        {"namespace": "data", "name": "db", "labels": {"tier": "back"}, "selector": {"app": "db"}},
        {"namespace": "shop", "name": "outside", "labels": {"tier": "front"},
            "addresses": ["192.0.2.7"]},
    ])
}

fn flows() -> Vec<Flow> {
    let pod = |namespace: &str, app: &str| {
        Endpoint::Pod(npl_policy::model::Pod {
            namespace: namespace.into(),
            labels: vec![("app".into(), app.into())],
            account: "default".into(),
            ..npl_policy::model::Pod::default()
        })
    };
    let addr = |ip: &str| Endpoint::Addr {
        ip: ip.parse().unwrap(),
        names: Vec::new(),
        api_server: false,
    };
    let ends = [
        pod("shop", "web"),
        pod("data", "web"),
        pod("data", "db"),
        pod("shop", "db"),
        addr("192.0.2.7"),
        addr("192.0.2.8"),
    ];
    let ports = [80, 443, 5432, 8080].map(npl_policy::model::FlowPort::Tcp);
    let to = |end: &Endpoint| {
        ports.map(|port| Flow {
            src: pod("shop", "asks"),
            dst: end.clone(),
            port,
            facts: npl_policy::model::Facts::default(),
        })
    };
    ends.iter().flat_map(to).collect()
}

fn policy(egress: &str) -> String {
    format!(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: asks, namespace: \
         shop}}\nspec:\n  endpointSelector: {{matchLabels: {{app: asks}}}}\n  egress: {egress}\n"
    )
}

#[test]
fn services_mean_what_the_engine_makes_of_them() {
    let Some(mut engine) = Engine::start() else {
        return;
    };
    let inventory = inventory::read_all(&[(FileId(9), MANIFESTS)]).inventory;
    let cluster = Cluster::of(&inventory);
    let flows = flows();
    let asked: Vec<Value> = flows.iter().filter_map(flow_json).collect();
    let mut judged = 0;
    for egress in EGRESS {
        let text = policy(egress);
        let request = json!({"op": "judge", "documents": [text], "dns": {}, "flows": asked,
            "services": services()});
        let answer = engine.ask(&request).unwrap();
        assert_eq!(answer.documents[0].stage, "ok", "{:?}", answer.documents[0]);
        let files = [(FileId(0), text.as_str())];
        let (read, _) = import::read(&files);
        let lowered = import::lower::lower(&read, Some(&inventory), &|_| "asks.yaml".into());
        let mut refused = lowered.diagnostics.iter().filter(|found| found.is_error());
        assert_eq!(refused.next(), None, "{egress}");
        let judge = Judge::new(read);
        let interpreter = Interpreter::new(&lowered.model);
        for ((flow, asked), theirs) in flows.iter().zip(&asked).zip(&answer.verdicts) {
            let question = judge::Flow::from_json(asked).unwrap();
            let of_yaml = judge.judge(&cluster, &question).verdict;
            assert_eq!(of_yaml.as_str(), theirs.verdict, "{egress}\n{flow:?}");
            let of_model = interpreter.judge(flow).verdict;
            let word = if of_model == Answer::Allow {
                "allow"
            } else {
                "deny"
            };
            assert_eq!(word, theirs.verdict, "{egress}\n{flow:?}");
            judged += 1;
        }
    }
    println!("{judged} flows of {} policies on services", EGRESS.len());
}
