//! The names that need no declaration: entities, and the ports of the module `icmp`.

use std::sync::{Arc, LazyLock};

use npl_policy::{
    model::{Entity, Set},
    port::icmp_sets,
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
    static PORTS: LazyLock<Vec<(&str, Arc<PortValue>)>> = LazyLock::new(|| {
        let port = |(name, set)| {
            let value = PortValue {
                name: smol_str::format_smolstr!("{ICMP}.{name}"),
                set: Arc::new(set),
            };
            (name, Arc::new(value))
        };
        icmp_sets().map(port).collect()
    });
    let found = PORTS.iter().find(|(known, _)| *known == name);
    found.map(|(_, port)| Value::Port(Arc::clone(port)))
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
