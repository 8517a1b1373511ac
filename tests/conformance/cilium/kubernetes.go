package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
	policyv1alpha2 "sigs.k8s.io/network-policy-api/apis/v1alpha2"
	"sigs.k8s.io/yaml"

	"github.com/cilium/cilium/pkg/k8s"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"github.com/cilium/cilium/pkg/policy/types"
)

// clusterPolicyCRD names the file of the ClusterNetworkPolicy CRD: the module's own, which is no Go package.
const clusterPolicyCRD = "NPL_CLUSTER_NETWORK_POLICY_CRD"

var clusterPolicy = sync.OnceValues(func() (*crd, error) {
	path := os.Getenv(clusterPolicyCRD)
	if path == "" {
		return nil, errors.New("no CRD of ClusterNetworkPolicy: set " + clusterPolicyCRD)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return nil, err
	}
	for _, version := range definition.Spec.Versions {
		if version.Name == "v1alpha2" {
			return schemaOf(version.Schema)
		}
	}
	return nil, errors.New("no version v1alpha2 of ClusterNetworkPolicy")
})

func schemaOf(version *apiextensionsv1.CustomResourceValidation) (*crd, error) {
	var internal apiextensions.CustomResourceValidation
	err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(
		version, &internal, nil)
	if err != nil {
		return nil, err
	}
	schema, err := structural.NewStructural(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	check, _, err := validation.NewSchemaValidator(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	return &crd{schema, check, cel.NewValidator(schema, true, celconfig.PerCallLimit)}, nil
}

// admit says at which stage an API server refuses an object of a custom resource.
func (c *crd) admit(object map[string]any) (string, error) {
	pruning.Prune(object, c.schema, true)
	if errs := validation.ValidateCustomResource(nil, object, c.check); len(errs) > 0 {
		return "schema", errs.ToAggregate()
	}
	if c.cel == nil {
		return "", nil
	}
	errs, _ := c.cel.Validate(context.Background(), nil, c.schema, object, nil, celconfig.RuntimeCELCostBudget)
	if len(errs) > 0 {
		return "cel", errs.ToAggregate()
	}
	return "", nil
}

// openAPI checks objects against the schema of Kubernetes' own OpenAPI document, which client-go carries for
// server-side apply.
var openAPI = applyconfigurations.NewTypeConverter(scheme.Scheme)

// kubernetes reads Kubernetes' own kinds, and gives what Cilium makes of them.
func kubernetes(kind string, object map[string]any, raw []byte) (*document, string, error) {
	if kind == "ClusterNetworkPolicy" {
		return clusterNetworkPolicy(object, raw)
	}
	var policy networkingv1.NetworkPolicy
	if err := yaml.UnmarshalStrict(raw, &policy); err != nil {
		return nil, "decode", err
	}
	if policy.APIVersion != "networking.k8s.io/v1" {
		return nil, "decode", fmt.Errorf("unknown version %q", policy.APIVersion)
	}
	if _, err := openAPI.ObjectToTyped(&unstructured.Unstructured{Object: object}); err != nil {
		return nil, "schema", err
	}
	if errs := networkPolicy(&policy); len(errs) > 0 {
		return nil, "schema", errs.ToAggregate()
	}
	var slim slim_networkingv1.NetworkPolicy
	if err := yaml.Unmarshal(raw, &slim); err != nil {
		return nil, "sanitize", err
	}
	entries, err := k8s.ParseNetworkPolicy(quiet, clusterName, &slim)
	if err != nil {
		return nil, "sanitize", err
	}
	return &document{namespace: slim.Namespace, entries: entries}, "ok", nil
}

func clusterNetworkPolicy(object map[string]any, raw []byte) (*document, string, error) {
	known, err := clusterPolicy()
	if err != nil {
		return nil, "schema", err
	}
	if stage, err := known.admit(object); err != nil {
		return nil, stage, err
	}
	var policy policyv1alpha2.ClusterNetworkPolicy
	if err := yaml.UnmarshalStrict(raw, &policy); err != nil {
		return nil, "decode", err
	}
	if policy.APIVersion != policyv1alpha2.GroupVersion.String() {
		return nil, "decode", fmt.Errorf("unknown version %q", policy.APIVersion)
	}
	var entries types.PolicyEntries
	entries, err = k8s.ParseClusterNetworkPolicy(quiet, clusterName, &policy)
	if err != nil {
		return nil, "sanitize", err
	}
	return &document{entries: entries}, "ok", nil
}

// networkPolicy follows ValidateNetworkPolicy of k8s.io/kubernetes/pkg/apis/networking/validation, which no
// module that can be depended on holds.
func networkPolicy(policy *networkingv1.NetworkPolicy) field.ErrorList {
	var out field.ErrorList
	path := field.NewPath("metadata")
	for _, message := range utilvalidation.IsDNS1123Subdomain(policy.Name) {
		out = append(out, field.Invalid(path.Child("name"), policy.Name, message))
	}
	for _, message := range utilvalidation.IsDNS1123Label(policy.Namespace) {
		out = append(out, field.Invalid(path.Child("namespace"), policy.Namespace, message))
	}
	out = append(out, metav1validation.ValidateLabels(policy.Labels, path.Child("labels"))...)
	for key := range policy.Annotations {
		for _, message := range utilvalidation.IsQualifiedName(key) {
			out = append(out, field.Invalid(path.Child("annotations"), key, message))
		}
	}
	spec := field.NewPath("spec")
	out = append(out, selector(&policy.Spec.PodSelector, spec.Child("podSelector"))...)
	for i, rule := range policy.Spec.Ingress {
		at := spec.Child("ingress").Index(i)
		out = append(out, ports(rule.Ports, at)...)
		out = append(out, peers(rule.From, at.Child("from"))...)
	}
	for i, rule := range policy.Spec.Egress {
		at := spec.Child("egress").Index(i)
		out = append(out, ports(rule.Ports, at)...)
		out = append(out, peers(rule.To, at.Child("to"))...)
	}
	if len(policy.Spec.PolicyTypes) > 2 {
		out = append(out, field.Invalid(spec.Child("policyTypes"), policy.Spec.PolicyTypes, "more than two"))
	}
	for i, kind := range policy.Spec.PolicyTypes {
		if kind != networkingv1.PolicyTypeIngress && kind != networkingv1.PolicyTypeEgress {
			out = append(out, field.NotSupported(spec.Child("policyTypes").Index(i), kind, []string{"Ingress", "Egress"}))
		}
	}
	return out
}

func selector(selector *metav1.LabelSelector, path *field.Path) field.ErrorList {
	return metav1validation.ValidateLabelSelector(selector, metav1validation.LabelSelectorValidationOptions{}, path)
}

func ports(list []networkingv1.NetworkPolicyPort, path *field.Path) field.ErrorList {
	var out field.ErrorList
	for i, port := range list {
		at := path.Child("ports").Index(i)
		if port.Protocol != nil {
			switch *port.Protocol {
			case "TCP", "UDP", "SCTP":
			default:
				out = append(out, field.NotSupported(at.Child("protocol"), *port.Protocol, []string{"TCP", "UDP", "SCTP"}))
			}
		}
		number := 0
		if port.Port != nil {
			number = port.Port.IntValue()
			var messages []string
			if port.Port.Type == intstr.Int {
				messages = utilvalidation.IsValidPortNum(number)
			} else {
				messages = utilvalidation.IsValidPortName(port.Port.StrVal)
			}
			for _, message := range messages {
				out = append(out, field.Invalid(at.Child("port"), port.Port, message))
			}
		}
		if port.EndPort == nil {
			continue
		}
		end := int(*port.EndPort)
		if port.Port == nil || port.Port.Type != intstr.Int || end < number {
			out = append(out, field.Invalid(at.Child("endPort"), end, "must be at least `port`, a number"))
		}
		for _, message := range utilvalidation.IsValidPortNum(end) {
			out = append(out, field.Invalid(at.Child("endPort"), end, message))
		}
	}
	return out
}

func peers(list []networkingv1.NetworkPolicyPeer, path *field.Path) field.ErrorList {
	var out field.ErrorList
	for i, peer := range list {
		at := path.Index(i)
		given := 0
		if peer.PodSelector != nil {
			given++
			out = append(out, selector(peer.PodSelector, at.Child("podSelector"))...)
		}
		if peer.NamespaceSelector != nil {
			given++
			out = append(out, selector(peer.NamespaceSelector, at.Child("namespaceSelector"))...)
		}
		if peer.IPBlock != nil {
			if given > 0 {
				out = append(out, field.Forbidden(at, "may not specify both ipBlock and another peer"))
			}
			given++
			out = append(out, ipBlock(peer.IPBlock, at.Child("ipBlock"))...)
		}
		if given == 0 {
			out = append(out, field.Required(at, "must specify a peer"))
		}
	}
	return out
}

func ipBlock(block *networkingv1.IPBlock, path *field.Path) field.ErrorList {
	var out field.ErrorList
	whole, err := netip.ParsePrefix(block.CIDR)
	if err != nil || whole != whole.Masked() {
		return append(out, field.Invalid(path.Child("cidr"), block.CIDR, "no prefix, or with host bits"))
	}
	for i, text := range block.Except {
		except, err := netip.ParsePrefix(text)
		inside := err == nil && except == except.Masked() && whole.Contains(except.Addr()) && except.Bits() > whole.Bits()
		if !inside {
			out = append(out, field.Invalid(path.Child("except").Index(i), text, "must lie strictly inside `cidr`"))
		}
	}
	return out
}
