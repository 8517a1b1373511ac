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
    Network(Arc<NetworkValue>),
    Group(Arc<GroupValue>),
    Service(Arc<ServiceValue>),
    Port(Arc<PortValue>),
    /// A template's or environment's `string`.
    Text(Arc<TextValue>),
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
    /// The one part that it is; every rule that names it shares it.
    pub set: Arc<model::Set>,
    pub ownership: Ownership,
    pub open_ingress: bool,
    pub open_egress: bool,
    pub doc: Option<SmolStr>,
    pub file: SmolStr,
    pub place: Place,
    /// Behind the declaration's last word.
    pub behind: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ExternalValue {
    /// Qualified; of a literal argument its normal form.
    pub name: SmolStr,
    pub patterns: Vec<NamePattern>,
    /// Holds `names` only.
    pub set: Arc<model::Set>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NetworkValue {
    /// Qualified; of a literal argument its normal form.
    pub name: SmolStr,
    /// Holds `nets` only.
    pub set: Arc<model::Set>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PortValue {
    /// Qualified; of a literal argument its normal form.
    pub name: SmolStr,
    pub set: Arc<PortSet>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TextValue {
    /// Qualified; of a literal argument its normal form.
    pub name: SmolStr,
    pub text: SmolStr,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GroupValue {
    /// Qualified; of a set as an argument its normal form.
    pub name: SmolStr,
    pub set: Arc<model::Set>,
    /// Services keep their port translation, so a group remembers them beside the set.
    pub services: Vec<Arc<ServiceValue>>,
    /// The foreign and imported workloads that it names, those under `except` included.
    pub foreign: Arc<[Arc<WorkloadValue>]>,
    /// An owned workload is among its members.
    pub owned: bool,
}

/// A Kubernetes Service by name; its backends come from the inventory when a rule names it.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceValue {
    /// Qualified.
    pub name: SmolStr,
    pub short: SmolStr,
    pub namespace: SmolStr,
    pub service: SmolStr,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TemplateValue {
    /// Qualified.
    pub name: SmolStr,
    pub formals: Vec<ast::Formal>,
    pub body: Arc<Vec<ast::Item>>,
    /// The declaring item, opaque: `Scope::enter` finds the names and places of the body by it.
    pub item: u64,
    pub place: Place,
}
