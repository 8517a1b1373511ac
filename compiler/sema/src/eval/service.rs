//! `service`: a Kubernetes Service by name, in exactly one namespace.

use std::sync::Arc;

use npl_diagnostics::codes::sets;
use npl_syntax::ast::{self, NsWhat};
use smol_str::SmolStr;

use crate::{
    eval::{cx::Cx, kube},
    value::{ServiceValue, Value},
};

impl Cx<'_> {
    pub(crate) fn service(
        &mut self,
        name: &ast::Name,
        service: &ast::Str,
        clause: Option<&ast::NsClause>,
    ) -> Value {
        let mut fine = true;
        if let Err(why) = kube::dns_label(&service.node) {
            let message = format!("`{}` is no Service name: {why}", service.node);
            let found = self.found(&sets::BAD_SERVICE_NAME, service.span, message);
            self.report(found.help("write the name as `kubectl get services` shows it"));
            fine = false;
        }
        let namespace = match clause {
            Some(clause) => self.one_namespace(name, clause),
            None => {
                let end = service.span.end;
                self.default_namespace("service", &name.node, name.span, end)
            }
        };
        let (Some(namespace), true) = (namespace, fine) else {
            return Value::Error;
        };
        Value::Service(Arc::new(ServiceValue {
            name: self.scope.qualified(&name.node),
            short: name.node.clone(),
            namespace,
            service: service.node.clone(),
            place: self.at(name.span),
        }))
    }

    fn one_namespace(&mut self, name: &ast::Name, clause: &ast::NsClause) -> Option<SmolStr> {
        if let NsWhat::Named(names) = &clause.what
            && let [one] = names.as_slice()
        {
            return self
                .namespace_name(&one.node, one.span)
                .then(|| one.node.clone());
        }
        let message = format!(
            "the service `{}` is not in exactly one namespace",
            name.node
        );
        let found = self.found(&sets::SERVICE_NAMESPACE, clause.span, message);
        self.report(found.help("name one namespace: `in namespace …`"));
        None
    }
}
