package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/cilium/cilium/pkg/k8s/apis/cilium.io/client"
	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/policy/types"
)

// clusterName is the agent's default `--cluster-name`.
const clusterName = "default"

// DocumentAnswer says at which stage a document was refused, if it was: `decode` (strict decoding),
// `schema` (the CRD's OpenAPI structural schema), `cel` (its CEL rules) or `sanitize` (what the agent does).
type DocumentAnswer struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Stage string `json:"stage"`
	Error string `json:"error,omitempty"`
}

type document struct {
	namespace string
	rules     api.Rules
	// Of a kind of Kubernetes, which has no rules of Cilium's.
	entries types.PolicyEntries
	// Of a CiliumCIDRGroup, which has neither.
	group *cidrGroup
}

type crd struct {
	schema *structural.Structural
	check  validation.SchemaValidator
	cel    *cel.Validator
}

var crds = map[string]*crd{
	"CiliumNetworkPolicy":            load(client.CNPCRDName),
	"CiliumClusterwideNetworkPolicy": load(client.CCNPCRDName),
	"CiliumCIDRGroup":                load(client.CCGCRDName),
}

func load(name string) *crd {
	definition := client.GetPregeneratedCRD(quiet, name)
	for _, version := range definition.Spec.Versions {
		if version.Name != "v2" {
			continue
		}
		known, err := schemaOf(version.Schema)
		if err != nil {
			panic(err)
		}
		return known
	}
	panic("no version v2 in " + name)
}

// validate reads each text, which may hold several documents, and gives those that the agent enforces.
func validate(texts []string) ([]document, []DocumentAnswer) {
	var documents []document
	answers := []DocumentAnswer{}
	for _, text := range texts {
		reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
		for {
			raw, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				answers = append(answers, DocumentAnswer{Stage: "decode", Error: err.Error()})
				break
			}
			if len(bytes.TrimSpace(raw)) == 0 || onlyComments(raw) {
				continue
			}
			doc, answer := one(raw)
			answers = append(answers, answer)
			if doc != nil {
				documents = append(documents, *doc)
			}
		}
	}
	return documents, answers
}

func onlyComments(raw []byte) bool {
	for _, line := range strings.Split(string(raw), "\n") {
		line = strings.TrimSpace(line)
		if line != "" && line != "---" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}

// one reads a document as an API server with the default field validation does: an unknown field is
// reported (stage `decode`) and dropped, and what is left is enforced. Nil: the agent enforces nothing of it.
func one(raw []byte) (*document, DocumentAnswer) {
	var object map[string]any
	answer := DocumentAnswer{Stage: "decode"}
	refuse := func(stage string, err error) (*document, DocumentAnswer) {
		answer.Stage, answer.Error = stage, err.Error()
		return nil, answer
	}
	if err := yaml.UnmarshalStrict(raw, &object); err != nil {
		return refuse("decode", err)
	}
	// An API server holds whole numbers as integers, of which CEL tells decimals.
	text, err := yaml.YAMLToJSON(raw)
	if err != nil {
		return refuse("decode", err)
	}
	object = nil
	if err := utiljson.Unmarshal(text, &object); err != nil {
		return refuse("decode", err)
	}
	answer.Kind, _ = object["kind"].(string)
	if metadata, ok := object["metadata"].(map[string]any); ok {
		answer.Name, _ = metadata["name"].(string)
	}
	if answer.Kind == "NetworkPolicy" || answer.Kind == "ClusterNetworkPolicy" {
		doc, stage, err := kubernetes(answer.Kind, object, raw)
		if err != nil {
			return refuse(stage, err)
		}
		answer.Stage = stage
		return doc, answer
	}
	known := crds[answer.Kind]
	if known == nil {
		return refuse("decode", fmt.Errorf("kind %q is not judged here", answer.Kind))
	}
	if stage, err := known.admit(object); err != nil {
		return refuse(stage, err)
	}
	doc, err := parse(answer.Kind, raw)
	if err != nil {
		return refuse("sanitize", err)
	}
	answer.Stage = "ok"
	if err := strict(answer.Kind, raw); err != nil {
		answer.Stage, answer.Error = "decode", err.Error()
	}
	return doc, answer
}

// strict says which fields of a document no version of the type knows.
func strict(kind string, raw []byte) error {
	switch kind {
	case "CiliumClusterwideNetworkPolicy":
		return yaml.UnmarshalStrict(raw, &v2.CiliumClusterwideNetworkPolicy{})
	case "CiliumCIDRGroup":
		return yaml.UnmarshalStrict(raw, &v2.CiliumCIDRGroup{})
	}
	return yaml.UnmarshalStrict(raw, &v2.CiliumNetworkPolicy{})
}

func parse(kind string, raw []byte) (*document, error) {
	if kind == "CiliumCIDRGroup" {
		return parseGroup(raw)
	}
	if kind == "CiliumClusterwideNetworkPolicy" {
		var policy v2.CiliumClusterwideNetworkPolicy
		if err := yaml.Unmarshal(raw, &policy); err != nil {
			return nil, err
		}
		resolve(append(policy.Specs, policy.Spec)...)
		rules, err := policy.Parse(quiet, clusterName)
		if err != nil {
			return nil, err
		}
		return &document{rules: rules}, nil
	}
	var policy v2.CiliumNetworkPolicy
	if err := yaml.Unmarshal(raw, &policy); err != nil {
		return nil, err
	}
	if policy.Namespace == "" {
		policy.Namespace = "default"
	}
	resolve(append(policy.Specs, policy.Spec)...)
	rules, err := policy.Parse(quiet, clusterName)
	if err != nil {
		return nil, err
	}
	return &document{namespace: policy.Namespace, rules: rules}, nil
}
