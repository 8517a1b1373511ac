//! What a declared name stands for, after its declaration was evaluated.

use std::sync::Arc;

use npl_diagnostics::Place;
use npl_policy::{
    label::Cube,
    model::{self, Entity, Ownership},
    name::NamePattern,
    port::PortSet,
};
use npl_syntax::ast;
use smol_str::SmolStr;

/// The value of a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Workload(Arc<WorkloadValue>),
    External(Arc<ExternalValue>),
    /// `Set` holds `nets` only.
    Network(Arc<model::Set>),
    Group(Arc<GroupValue>),
    Service(Arc<ServiceValue>),
    Port(Arc<PortSet>),
    /// A template's or environment's `string`.
    Text(SmolStr),
    Entity(Entity),
    Template(Arc<TemplateValue>),
    /// Its declaration is wrong and was reported there: whoever uses it stays silent.
    Error,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadValue {
    /// Qualified; unique in the program.
    pub name: model::WorkloadName,
    pub module: SmolStr,
    pub short: SmolStr,
    pub pods: Arc<Cube>,
    pub ownership: Ownership,
    pub open_ingress: bool,
    pub open_egress: bool,
    pub doc: Option<SmolStr>,
    pub file: SmolStr,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ExternalValue {
    pub name: SmolStr,
    pub patterns: Vec<NamePattern>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GroupValue {
    pub set: Arc<model::Set>,
    /// Services keep their port translation, so a group remembers them beside the resolved set.
    pub services: Vec<Arc<ServiceValue>>,
}

/// A Kubernetes Service by name; its backends come from the inventory when a rule names it.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceValue {
    pub short: SmolStr,
    pub namespace: SmolStr,
    pub service: SmolStr,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TemplateValue {
    pub name: SmolStr,
    pub formals: Vec<ast::Formal>,
    pub body: Arc<Vec<ast::Item>>,
    /// The declaring item, opaque: `Scope::enter` finds the names and places of the body by it.
    pub item: u64,
    pub place: Place,
}
