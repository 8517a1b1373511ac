//! A deny taken out of an allow. Both are boxes (subject, peers, ports), so that what is left is
//! again a few boxes; where a side of them has no complement that can be said, nothing is guessed.

use std::sync::Arc;

use npl_policy::{
    addr::nets_except,
    label::{Cube, subtract_all},
    model::ControlPlane,
    port::PortSet,
};

use super::{
    lower::{self, Denied, Peer, sayable},
    plan::Piece,
    selector,
    settings::Settings,
};

/// A deny that no ClusterNetworkPolicy carries.
#[derive(Clone, Debug)]
pub(super) struct Subtraction {
    /// Position in `Model::rules`.
    pub(super) rule: u32,
    /// `None`: every pod.
    pub(super) subject: Option<Vec<Arc<Cube>>>,
    pub(super) peers: Denied,
    pub(super) ports: Arc<PortSet>,
}

/// What cannot be said without the deny's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inexact;

/// What of a peer is not denied.
enum Left {
    Untouched,
    Some(Vec<Peer>),
}

impl Subtraction {
    /// The pieces of `piece` that the deny does not cover.
    pub(super) fn cut(&self, piece: Piece, settings: &Settings) -> Result<Vec<Piece>, Inexact> {
        let both = piece.ports.intersect(&self.ports);
        if both.is_empty() {
            return Ok(vec![piece]);
        }
        let (inside, outside) = self.split(&piece.subject)?;
        if inside.is_empty() {
            return Ok(vec![piece]);
        }
        let left = match self.left(&piece.peer, settings.control_plane)? {
            Left::Untouched => return Ok(vec![piece]),
            Left::Some(left) => left,
        };
        let other_ports = piece.ports.subtract(&self.ports);
        if !sayable(&other_ports) || !(left.is_empty() || sayable(&both)) {
            return Err(Inexact);
        }
        let (both, other_ports) = (Arc::new(both), Arc::new(other_ports));
        let mut without = piece.without.clone();
        without.push(self.rule);
        let mut out = Vec::new();
        for subject in outside {
            let subject = Arc::new(subject);
            out.push(Piece {
                subject,
                ..piece.clone()
            });
        }
        for subject in inside {
            let subject = Arc::new(subject);
            let with = |peer: Peer, ports: &Arc<PortSet>| Piece {
                rule: piece.rule,
                subject: subject.clone(),
                peer,
                ports: ports.clone(),
                without: without.clone(),
            };
            out.extend(left.iter().map(|peer| with(peer.clone(), &both)));
            if !other_ports.is_empty() {
                out.push(with(piece.peer.clone(), &other_ports));
            }
        }
        let subjects = |piece: &Piece| {
            let said = settings.cluster_network_policy || selector::namespaced(&piece.subject);
            said && lower::pods(&piece.subject).is_ok()
        };
        match out.iter().all(subjects) {
            true => Ok(out),
            false => Err(Inexact),
        }
    }

    /// The pods of the subject that the deny binds at, and the others.
    fn split(&self, subject: &Cube) -> Result<(Vec<Cube>, Vec<Cube>), Inexact> {
        let Some(cubes) = &self.subject else {
            return Ok((vec![subject.clone()], Vec::new()));
        };
        let mut outside = vec![subject.clone()];
        let mut inside = Vec::new();
        for cube in cubes {
            for rest in &outside {
                let both = rest.intersect(cube);
                if !both.is_empty() {
                    inside.push(both);
                }
            }
            outside = subtract_all(&outside, std::slice::from_ref(&**cube)).map_err(|_| Inexact)?;
        }
        Ok((inside, outside))
    }

    fn left(&self, peer: &Peer, place: ControlPlane) -> Result<Left, Inexact> {
        let denied = &self.peers;
        if denied.everything {
            return Ok(Left::Some(Vec::new()));
        }
        match peer {
            Peer::Everything => Err(Inexact),
            Peer::Pods(_) if denied.all_pods => Ok(Left::Some(Vec::new())),
            Peer::Pods(cube) => {
                if denied.pods.iter().all(|other| other.disjoint(cube)) {
                    return Ok(Left::Untouched);
                }
                let minus: Vec<Cube> = denied.pods.iter().map(|c| (**c).clone()).collect();
                let left = subtract_all(std::slice::from_ref(&**cube), &minus);
                let left = left.map_err(|_| Inexact)?;
                let mut out = Vec::with_capacity(left.len());
                for cube in left {
                    let pods = lower::pods(&cube).map_err(|_| Inexact)?;
                    out.extend(pods.into_iter().map(Peer::Pods));
                }
                Ok(Left::Some(out))
            }
            Peer::Net(net) => {
                let left = nets_except(std::slice::from_ref(net), &denied.nets);
                // The API server may have any address of a network.
                if denied.api_server && place != ControlPlane::Nodes && !left.is_empty() {
                    return Err(Inexact);
                }
                if left.as_slice() == std::slice::from_ref(net) {
                    return Ok(Left::Untouched);
                }
                Ok(Left::Some(left.into_iter().map(Peer::Net).collect()))
            }
        }
    }
}
