package main

import (
	"maps"
	"net/netip"

	"sigs.k8s.io/yaml"

	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"github.com/cilium/cilium/pkg/k8s/utils"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"
)

// cidrGroup is a CiliumCIDRGroup as the agent knows it: prefixes, and the labels that it puts on them.
type cidrGroup struct {
	prefixes []netip.Prefix
	labels   labels.Labels
}

// groupLabels follows mergeLabels of pkg/ipcache: every prefix that holds the address gives its labels, and of
// two with one key the longer prefix's stays.
func groupLabels(groups []*cidrGroup, addr netip.Addr) labels.Labels {
	out := labels.Labels{}
	for bits := 0; bits <= addr.BitLen(); bits++ {
		for _, group := range groups {
			for _, prefix := range group.prefixes {
				if prefix.Bits() == bits && prefix.Contains(addr) {
					maps.Copy(out, group.labels)
				}
			}
		}
	}
	return out
}

// parseGroup follows cidrsAndLabelsForCIDRGroup of pkg/policy/k8s: a prefix that cannot be read is left out.
func parseGroup(raw []byte) (*document, error) {
	var object v2.CiliumCIDRGroup
	if err := yaml.Unmarshal(raw, &object); err != nil {
		return nil, err
	}
	group := &cidrGroup{labels: labels.Labels{}}
	for key, value := range utils.RemoveCiliumLabels(object.Labels) {
		label := labels.NewLabel(key, value, labels.LabelSourceCIDRGroup)
		group.labels[label.Key] = label
		encoded := labels.EncodedCIDRGroupLabel(label.Key, label.Value, label.Source)
		group.labels[encoded.Key] = encoded
	}
	reference := api.LabelForCIDRGroupRef(object.Name)
	group.labels[reference.Key] = reference
	for _, text := range object.Spec.ExternalCIDRs {
		if prefix, err := netip.ParsePrefix(string(text)); err == nil {
			group.prefixes = append(group.prefixes, prefix)
		}
	}
	return &document{group: group}, nil
}
