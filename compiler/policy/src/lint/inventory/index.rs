//! The pods of an inventory, found by what a predicate asks of them.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::{
    inventory::{Inventory, PodTemplate, Service},
    label::{Cube, Values},
    model::Pod,
};

pub(in crate::lint) struct Pods<'i> {
    pub(super) templates: &'i [PodTemplate],
    pub(super) services: &'i [Service],
    pods: Vec<Pod>,
    by_namespace: FxHashMap<SmolStr, Vec<usize>>,
    by_label: FxHashMap<(SmolStr, SmolStr), Vec<usize>>,
    /// Positions of the services that select each pod.
    behind: Vec<Vec<usize>>,
}

impl<'i> Pods<'i> {
    pub(in crate::lint) fn new(inventory: &'i Inventory) -> Self {
        let of_namespace: FxHashMap<&str, &[(SmolStr, SmolStr)]> = inventory
            .namespaces
            .iter()
            .map(|n| (n.name.as_str(), n.labels.as_slice()))
            .collect();
        let pods: Vec<Pod> = inventory
            .workloads
            .iter()
            .map(|template| {
                let labels = of_namespace.get(template.namespace.as_str());
                Pod {
                    namespace: template.namespace.clone(),
                    namespace_labels: labels.map_or_else(Vec::new, |l| l.to_vec()),
                    labels: template.labels.clone(),
                    account: template.account.clone(),
                }
            })
            .collect();
        let mut by_namespace: FxHashMap<SmolStr, Vec<usize>> = FxHashMap::default();
        let mut by_label: FxHashMap<(SmolStr, SmolStr), Vec<usize>> = FxHashMap::default();
        for (position, pod) in pods.iter().enumerate() {
            let list = by_namespace.entry(pod.namespace.clone()).or_default();
            list.push(position);
            for label in &pod.labels {
                by_label.entry(label.clone()).or_default().push(position);
            }
        }
        let mut out = Self {
            templates: &inventory.workloads,
            services: &inventory.services,
            pods,
            by_namespace,
            by_label,
            behind: vec![Vec::new(); inventory.workloads.len()],
        };
        for (position, service) in inventory.services.iter().enumerate() {
            for pod in out.selected(service) {
                if let Some(list) = out.behind.get_mut(pod) {
                    list.push(position);
                }
            }
        }
        out
    }

    /// Whether pods run in a namespace that a predicate names.
    pub(super) fn knows_place_of(&self, cube: &Cube) -> bool {
        let named = cube.namespace();
        let mut listed = named.listed().iter().flatten();
        !named.is_negated() && listed.any(|name| self.by_namespace.contains_key(name))
    }

    fn selected(&self, service: &Service) -> Vec<usize> {
        let Some(selector) = service.selector.as_ref().filter(|s| !s.is_empty()) else {
            return Vec::new();
        };
        let place = Cube::every().with_namespace(&Values::is(service.namespace.clone()));
        let cube = selector.iter().fold(place, |cube, (key, value)| {
            cube.with_label(key.clone(), &Values::is(value.clone()))
        });
        self.matching(&cube)
    }

    /// Positions of the pods that meet a predicate, in order.
    pub(super) fn matching(&self, cube: &Cube) -> Vec<usize> {
        let mut shortlist = self.named(cube);
        shortlist.sort_unstable();
        shortlist.dedup();
        shortlist.retain(|&i| self.pods.get(i).is_some_and(|pod| cube.matches(pod)));
        shortlist
    }

    /// The shortest list of pods that the requirements of a predicate lead to.
    fn named(&self, cube: &Cube) -> Vec<usize> {
        let present =
            |values: &Values| !values.is_negated() && !values.is_none() && !values.contains(None);
        let of_namespace = || -> Vec<&Vec<usize>> {
            let names = cube.namespace().listed().iter().flatten();
            names.filter_map(|n| self.by_namespace.get(n)).collect()
        };
        let of_label = |key: &SmolStr, values: &Values| -> Vec<&Vec<usize>> {
            let values = values.listed().iter().flatten();
            let key = |v: &SmolStr| (key.clone(), v.clone());
            values.filter_map(|v| self.by_label.get(&key(v))).collect()
        };
        let labels = cube.labels().iter().filter(|(_, v)| present(v));
        let mut lists: Vec<Vec<&Vec<usize>>> = labels.map(|(k, v)| of_label(k, v)).collect();
        if present(cube.namespace()) {
            lists.push(of_namespace());
        }
        let shortest = lists
            .into_iter()
            .min_by_key(|list| list.iter().map(|l| l.len()).sum::<usize>());
        match shortest {
            Some(list) => list.into_iter().flatten().copied().collect(),
            None => (0..self.pods.len()).collect(),
        }
    }

    pub(super) fn template(&self, position: usize) -> Option<&'i PodTemplate> {
        self.templates.get(position)
    }

    /// The services that select a pod.
    pub(super) fn services_of(&self, position: usize) -> impl Iterator<Item = &'i Service> {
        let positions = self.behind.get(position).into_iter().flatten();
        positions.filter_map(|&i| self.services.get(i))
    }
}

/// `Deployment shop/web`, as findings name a pod template.
pub(super) fn shown(template: &PodTemplate) -> String {
    format!(
        "{} `{}/{}`",
        template.kind, template.namespace, template.name
    )
}
