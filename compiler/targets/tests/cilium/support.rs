//! Models in, YAML out; every document is read back on the way.

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::{
    builder::Builder,
    http::{HttpEntry, HttpRule, PathPattern},
    model::{Checked, Model, Via},
    name::NamePattern,
};
use npl_targets::cilium::{self, EmitOptions, Object, Output, Settings, Stage};
use serde_json::Value;

pub(crate) fn package(builder: Builder) -> Model {
    Model {
        package: "shop".into(),
        ..builder.build()
    }
}

pub(crate) fn check(builder: Builder) -> Vec<Diagnostic<Place>> {
    cilium::check(&package(builder), &Settings::default(), None)
}

/// The codes of a program's findings, by name.
pub(crate) fn codes(builder: Builder) -> Vec<&'static str> {
    codes_with(builder, &Settings::default())
}

pub(crate) fn codes_with(builder: Builder, settings: &Settings) -> Vec<&'static str> {
    let found = cilium::check(&package(builder), settings, None);
    found.iter().map(|d| d.code.name).collect()
}

pub(crate) fn emit(builder: Builder) -> Output {
    emit_with(
        package(builder),
        &Settings::default(),
        &EmitOptions::default(),
    )
}

pub(crate) fn observe(builder: Builder) -> Output {
    let options = EmitOptions {
        stage: Stage::Observe,
        ..EmitOptions::default()
    };
    emit_with(package(builder), &Settings::default(), &options)
}

pub(crate) fn emit_with(model: Model, settings: &Settings, options: &EmitOptions) -> Output {
    let none: &[Diagnostic<Place>] = &[];
    let checked = Checked::new(Arc::new(model), none).unwrap();
    let output = cilium::emit(&checked, settings, options).unwrap();
    for object in &output.objects {
        let read = read(object);
        assert_eq!(read["metadata"]["name"], object.name);
        assert_eq!(read["kind"], object.kind);
    }
    output
}

/// An object as an independent YAML reader sees it.
pub(crate) fn read(object: &Object) -> Value {
    serde_saphyr::from_str(&object.yaml).unwrap_or_else(|e| panic!("{e}\n{}", object.yaml))
}

/// The specs of the object with this name, without what names them.
pub(crate) fn specs(output: &Output, name: &str) -> Vec<Value> {
    let object = output.objects.iter().find(|o| o.name == name);
    let object = object.unwrap_or_else(|| panic!("no object `{name}`: {:?}", names(output)));
    read(object)["specs"].as_array().unwrap().clone()
}

pub(crate) fn names(output: &Output) -> Vec<&str> {
    output.objects.iter().map(|o| o.name.as_str()).collect()
}

/// The sections of all specs but the seal, as JSON on one line each.
pub(crate) fn rules(output: &Output, name: &str) -> String {
    let mut out = String::new();
    for spec in specs(output, name) {
        let id = spec["labels"][0]["value"].as_str().unwrap();
        if id.starts_with("seal-") {
            continue;
        }
        for key in ["ingress", "egress", "ingressDeny", "egressDeny"] {
            if let Some(section) = spec.get(key) {
                out.push_str(&format!("{key} {section}\n"));
            }
        }
    }
    out
}

pub(crate) fn http(entries: &[(&str, &str)]) -> Via {
    http_on(&[], entries)
}

pub(crate) fn http_on(hosts: &[&str], entries: &[(&str, &str)]) -> Via {
    let entry = |(method, path): &(&str, &str)| HttpEntry {
        method: (!method.is_empty()).then(|| (*method).into()),
        path: PathPattern::parse(path).unwrap(),
    };
    Via::Http(HttpRule {
        hosts: hosts
            .iter()
            .map(|h| NamePattern::parse(h).unwrap())
            .collect(),
        entries: entries.iter().map(entry).collect(),
    })
}
