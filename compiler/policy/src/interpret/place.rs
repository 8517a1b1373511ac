//! Where the API server may be (language.md §5.11).

use super::{Endpoint, Interpreter, atoms};
use crate::model::ControlPlane;

impl Interpreter<'_> {
    /// The endpoint itself; of an API server without a place, every place that the settings leave
    /// to it: nodes (the own one too), and one address for each part of `world` that a rule can
    /// tell.
    pub(super) fn places(&self, end: &Endpoint) -> Vec<Endpoint> {
        if *end != Endpoint::KubeApiserver {
            return vec![end.clone()];
        }
        let control_plane = self.model.settings.control_plane;
        let mut out = Vec::new();
        if control_plane != ControlPlane::External {
            out.push(Endpoint::RemoteNode { api_server: true });
            out.push(Endpoint::Host { api_server: true });
        }
        if control_plane != ControlPlane::Nodes {
            let addresses = atoms::addresses(self.model);
            out.extend(addresses.into_iter().map(|ip| Endpoint::Addr {
                ip,
                names: Vec::new(),
                api_server: true,
            }));
        }
        out
    }
}
