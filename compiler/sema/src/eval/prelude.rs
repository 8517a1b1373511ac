//! The names that need no declaration: entities, and the ports of the module `icmp`.

use std::sync::{Arc, LazyLock};

use npl_policy::{
    model::{Entity, Set},
    port::PortSet,
};
use smol_str::SmolStr;

use crate::value::{PortValue, Value};

/// The entities, in the order of their type.
const ENTITIES: [(&str, Entity); 8] = [
    ("all", Entity::All),
    ("world", Entity::World),
    ("cluster", Entity::Cluster),
    ("host", Entity::Host),
    ("remote_node", Entity::RemoteNode),
    ("kube_apiserver", Entity::KubeApiserver),
    ("health", Entity::Health),
    ("cilium_ingress", Entity::CiliumIngress),
];

/// The built-in module.
pub const ICMP: &str = "icmp";

/// The names of the module `icmp`.
pub const ICMP_NAMES: [&str; 3] = ["echo", "time-exceeded", "unreachable"];

/// Every name that a file has without `use`, the module included.
pub fn names() -> impl Iterator<Item = &'static str> {
    ENTITIES.iter().map(|(name, _)| *name).chain([ICMP])
}

/// The value of a prelude name; `None` for the module and for every other name.
pub fn entity(name: &str) -> Option<Value> {
    let found = ENTITIES.iter().find(|(known, _)| *known == name)?;
    Some(Value::Entity(found.1))
}

/// The value of `icmp.NAME`.
pub fn icmp(name: &str) -> Option<Value> {
    static PORTS: LazyLock<[Arc<PortValue>; 3]> = LazyLock::new(|| {
        let port = |name: &str, set| {
            Arc::new(PortValue {
                name: smol_str::format_smolstr!("{ICMP}.{name}"),
                set: Arc::new(set),
            })
        };
        [
            port("echo", PortSet::icmp_echo()),
            port("time-exceeded", PortSet::icmp_time_exceeded()),
            port("unreachable", PortSet::icmp_unreachable()),
        ]
    });
    let at = ICMP_NAMES.iter().position(|known| *known == name)?;
    PORTS.get(at).cloned().map(Value::Port)
}

pub(crate) fn entity_name(entity: Entity) -> SmolStr {
    let found = ENTITIES.iter().find(|(_, known)| *known == entity);
    SmolStr::new_static(found.map_or("all", |(name, _)| name))
}

/// The set that an entity is, shared by every rule that names it.
pub(crate) fn entity_set(entity: Entity) -> Arc<Set> {
    static SETS: LazyLock<Vec<(Entity, Arc<Set>)>> = LazyLock::new(|| {
        ENTITIES
            .iter()
            .map(|(_, entity)| (*entity, Arc::new(only(*entity))))
            .collect()
    });
    SETS.iter()
        .find(|(known, _)| *known == entity)
        .map_or_else(|| Arc::new(only(entity)), |(_, set)| Arc::clone(set))
}

fn only(entity: Entity) -> Set {
    Set {
        entities: vec![entity],
        ..Set::default()
    }
}
