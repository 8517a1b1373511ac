package main

import (
	"maps"
	"net/netip"

	k8sConst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	slim_metav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
)

// Service is a Kubernetes Service as far as `toServices` looks at it. Without a selector its backends are
// the addresses of its EndpointSlices.
type Service struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels"`
	Selector  map[string]string `json:"selector"`
	Addresses []string          `json:"addresses"`
}

// services holds those of the request under work: one program is judged at a time.
var services []Service

// resolve translates `toServices` as the agent does before it parses a policy. The agent's own function
// (pkg/policy/k8s/service.go, processRule) is not exported and wants its tables of Services; this is its
// logic over plain ones: a Service with a selector becomes an endpoint selector in its namespace, one
// without becomes its backends' addresses.
func resolve(specs ...*api.Rule) {
	for _, spec := range specs {
		if spec == nil {
			continue
		}
		for i := range spec.Egress {
			rule := &spec.Egress[i]
			for _, wanted := range rule.ToServices {
				for _, service := range services {
					if selects(wanted, service) {
						translate(rule, service)
					}
				}
			}
		}
	}
}

func translate(rule *api.EgressRule, service Service) {
	if len(service.Selector) == 0 {
		for _, text := range service.Addresses {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				continue
			}
			cidr := api.CIDR(netip.PrefixFrom(addr, addr.BitLen()).String())
			rule.ToCIDRSet = append(rule.ToCIDRSet, api.CIDRRule{Cidr: cidr, Generated: true})
		}
		return
	}
	wanted := maps.Clone(service.Selector)
	wanted[k8sConst.PodNamespaceLabel] = service.Namespace
	selector := api.NewESFromK8sLabelSelector(labels.LabelSourceK8sKeyPrefix, &slim_metav1.LabelSelector{MatchLabels: wanted})
	selector.Generated = true
	rule.ToEndpoints = append(rule.ToEndpoints, selector)
}

func selects(wanted api.Service, service Service) bool {
	if selector := wanted.K8sServiceSelector; selector != nil {
		if selector.Namespace != "" && selector.Namespace != service.Namespace {
			return false
		}
		matcher := policytypes.NewLabelSelector(api.EndpointSelector(selector.Selector))
		return policytypes.Matches(matcher, plainLabels(service.Labels))
	}
	ref := wanted.K8sService
	return ref != nil && (ref.Namespace == "" || ref.Namespace == service.Namespace) && ref.ServiceName == service.Name
}

// plainLabels matches labels whatever their source, as the agent's labelsMatcher.
type plainLabels map[string]string

func (p plainLabels) GetLabel(label *labels.Label) string { return p[label.Key] }

func (p plainLabels) HasLabel(label *labels.Label) bool {
	_, ok := p[label.Key]
	return ok
}

func (p plainLabels) LookupLabel(label *labels.Label) (string, bool) {
	value, ok := p[label.Key]
	return value, ok
}
