package main

import (
	"fmt"
	"math"

	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	policyutils "github.com/cilium/cilium/pkg/policy/utils"
	certificates "github.com/cilium/cilium/pkg/testutils/certificatemanager"
	testpolicy "github.com/cilium/cilium/pkg/testutils/policy"
	"github.com/cilium/cilium/pkg/u8proto"
)

// Verdict is allow, deny or unknown, of the flow and of each end; `needs` names the missing fact.
type Verdict struct {
	Verdict string `json:"verdict"`
	Egress  string `json:"egress"`
	Ingress string `json:"ingress"`
	Needs   string `json:"needs,omitempty"`
	Error   string `json:"error,omitempty"`
}

// owner is the endpoint that a policy is computed for.
type owner struct{ id uint64 }

func (o owner) GetID() uint64                                      { return o.id }
func (o owner) GetIngressNamedPort(string, u8proto.U8proto) uint16 { return 0 }
func (o owner) PolicyDebug(string, ...any)                         {}
func (o owner) IsHost() bool                                       { return o.id == uint64(identity.ReservedIdentityHost) }
func (o owner) PreviousMapStateSizes() policy.MapStateSizes        { return policy.MapStateSizes{} }
func (o owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	done := make(chan bool)
	close(done)
	return done
}

type engine struct {
	repo     *policy.Repository
	policies map[identity.NumericIdentity]*policy.EndpointPolicy
	failed   map[identity.NumericIdentity]error
}

func judge(documents []document, request *Request) ([]Verdict, error) {
	policy.SetPolicyEnabled(option.DefaultEnforcement)
	w := newWorld(request.DNS, documents)
	type ends struct{ src, dst []*identity.Identity }
	flows := make([]ends, len(request.Flows))
	for i := range request.Flows {
		flow := &request.Flows[i]
		src, err := w.identities(&flow.Src, request.DNS)
		if err != nil {
			return nil, fmt.Errorf("flow %d: %w", i, err)
		}
		dst, err := w.identities(&flow.Dst, request.DNS)
		if err != nil {
			return nil, fmt.Errorf("flow %d: %w", i, err)
		}
		flows[i] = ends{src, dst}
	}
	e := newEngine(documents, w)
	out := make([]Verdict, 0, len(flows))
	for i := range flows {
		out = append(out, e.flow(&request.Flows[i], flows[i].src, flows[i].dst))
	}
	return out, nil
}

func newEngine(documents []document, w *world) *engine {
	manager := identitymanager.NewIDManager(quiet)
	repo := policy.NewPolicyRepository(quiet, w.all(), &certificates.Fake{}, translator, manager, testpolicy.NewPolicyMetricsNoop())
	e := &engine{
		repo:     repo,
		policies: map[identity.NumericIdentity]*policy.EndpointPolicy{},
		failed:   map[identity.NumericIdentity]error{},
	}
	manager.Subscribe(testpolicy.SelectorCacheObserver{Cache: repo.GetSubjectSelectorCache()})
	for _, known := range w.byKey {
		manager.Add(known)
	}
	for _, doc := range documents {
		repo.MustAddPolicyEntries(append(policyutils.RulesToPolicyEntries(doc.rules), doc.entries...))
	}
	return e
}

// flow judges every pair of identities; ends that are names hold several, and differing pairs are unknown.
func (e *engine) flow(flow *Flow, src, dst []*identity.Identity) Verdict {
	var result *Verdict
	for _, from := range src {
		for _, to := range dst {
			one := e.pair(flow, from, to)
			if result == nil {
				result = &one
			} else if *result != one {
				return Verdict{Verdict: "unknown", Egress: "unknown", Ingress: "unknown", Needs: "address"}
			}
		}
	}
	return *result
}

func (e *engine) pair(flow *Flow, from, to *identity.Identity) Verdict {
	egress, err := e.end(flow, from, to, false)
	if err != nil {
		return Verdict{Verdict: "error", Error: err.Error()}
	}
	ingress, err := e.end(flow, to, from, true)
	if err != nil {
		return Verdict{Verdict: "error", Error: err.Error()}
	}
	out := Verdict{Egress: egress.verdict, Ingress: ingress.verdict, Verdict: "allow"}
	switch {
	case egress.verdict == "deny" || ingress.verdict == "deny":
		out.Verdict = "deny"
	case egress.verdict == "unknown" || ingress.verdict == "unknown":
		out.Verdict = "unknown"
		out.Needs = egress.needs
		if out.Needs == "" {
			out.Needs = ingress.needs
		}
	}
	return out
}

// end judges the flow at one endpoint. What is no pod and no host has no policy here.
func (e *engine) end(flow *Flow, subject, peer *identity.Identity, ingress bool) (endVerdict, error) {
	if !enforced(subject) {
		return allowed, nil
	}
	resolved, err := e.policy(subject)
	if err != nil {
		return endVerdict{}, err
	}
	proto, err := flow.proto()
	if err != nil {
		return endVerdict{}, err
	}
	key := policy.EgressKey()
	if ingress {
		key = policy.IngressKey()
	}
	entry, _, found := resolved.Lookup(key.WithIdentity(peer.ID).WithPortProto(proto, flow.Port))
	if !found || entry.IsDeny() {
		return denied, nil
	}
	if entry.ProxyPort == 0 {
		return allowed, nil
	}
	return e.proxied(flow, resolved, proto, peer.ID, ingress), nil
}

func enforced(subject *identity.Identity) bool {
	// An endpoint that has no labels yet (`init`) is always enforced.
	return subject.ID == identity.ReservedIdentityHost || subject.ID == identity.ReservedIdentityInit ||
		!subject.IsReserved() && subject.ID.Scope() == identity.IdentityScopeGlobal
}

func (e *engine) policy(subject *identity.Identity) (*policy.EndpointPolicy, error) {
	if known, ok := e.policies[subject.ID]; ok {
		return known, e.failed[subject.ID]
	}
	selected, _, err := e.repo.ComputeSelectorPolicy(subject)
	if err != nil {
		e.policies[subject.ID], e.failed[subject.ID] = nil, err
		return nil, err
	}
	redirects := map[string]uint16{policy.FallbackRedirectID: math.MaxUint16}
	resolved := selected.DistillPolicy(quiet, owner{uint64(subject.ID)}, redirects)
	e.policies[subject.ID] = resolved
	return resolved, nil
}

var _ policy.PolicyOwner = owner{}
