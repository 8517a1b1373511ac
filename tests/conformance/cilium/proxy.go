package main

import (
	"iter"
	"regexp"
	"strings"

	ciliumenvoy "github.com/cilium/proxy/go/cilium/api"

	"github.com/cilium/cilium/pkg/crypto/certificatemanager"
	"github.com/cilium/cilium/pkg/envoy"
	envoypolicy "github.com/cilium/cilium/pkg/envoy/policy"
	"github.com/cilium/cilium/pkg/fqdn/dnsproxy"
	"github.com/cilium/cilium/pkg/fqdn/matchpattern"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/proxy/endpoint"
	"github.com/cilium/cilium/pkg/u8proto"
)

type endVerdict struct{ verdict, needs string }

var (
	allowed = endVerdict{verdict: "allow"}
	denied  = endVerdict{verdict: "deny"}
)

// updater is the endpoint as the Envoy configuration sees it.
type updater struct {
	endpoint.EndpointUpdater
	id uint64
}

func (u updater) GetID() uint64                                      { return u.id }
func (u updater) GetListenerProxyPort(string) uint16                 { return 0 }
func (u updater) GetIngressNamedPort(string, u8proto.U8proto) uint16 { return 0 }

var translator = envoypolicy.NewEnvoyL7RulesTranslator(quiet, certificatemanager.NewMockSecretManagerInline())

// proxied judges a flow that the map state sends to a proxy. Which listener gets it is decided by the
// parsers of the filters that redirect this peer and port: HTTP before TLS before DNS (listener priorities
// 101, 116, 121 of pkg/policy/l4.go).
func (e *engine) proxied(flow *Flow, resolved *policy.EndpointPolicy, proto u8proto.U8proto, peer identity.NumericIdentity, ingress bool) endVerdict {
	direction := &resolved.SelectorPolicy.L4Policy.Egress
	if ingress {
		direction = &resolved.SelectorPolicy.L4Policy.Ingress
	}
	listener := policy.ParserTypeNone
	rank := map[policy.L7ParserType]int{policy.ParserTypeHTTP: 3, policy.ParserTypeTLS: 2, policy.ParserTypeDNS: 1}
	for _, tier := range direction.PortRules {
		for filter := range tier.Filters() {
			if !covers(filter, flow.Port, proto) {
				continue
			}
			for selector, psp := range filter.PerSelectorPolicies {
				redirects := psp != nil && psp.IsRedirect() && selector.Selects(peer)
				if redirects && rank[psp.L7Parser] > rank[listener] {
					listener = psp.L7Parser
				}
			}
		}
	}
	if listener == policy.ParserTypeDNS {
		return dns(flow, direction, proto, peer)
	}
	return throughEnvoy(flow, resolved, direction, proto, peer, ingress, listener)
}

func covers(filter *policy.L4Filter, port uint16, proto u8proto.U8proto) bool {
	if filter.U8Proto != u8proto.ANY && filter.U8Proto != proto {
		return false
	}
	if filter.Port == 0 {
		return true
	}
	last := max(filter.EndPort, filter.Port)
	return filter.Port <= port && port <= last
}

// dns follows CheckAllowed of pkg/fqdn/dnsproxy: only filters of exactly this port count, and its own
// GeneratePattern makes the expression. A redirect is known by its first port alone (pkg/proxy/redirect.go):
// an endPort that is no range (Sanitize lets no other pass) does not count.
func dns(flow *Flow, direction *policy.L4DirectionPolicy, proto u8proto.U8proto, peer identity.NumericIdentity) endVerdict {
	out := denied
	for _, tier := range direction.PortRules {
		for selector, psp := range dnsPolicies(&tier, flow.Port, proto) {
			if !selector.Selects(peer) {
				continue
			}
			pattern := dnsproxy.GeneratePattern(psp)
			everything := pattern == matchpattern.MatchAllAnchoredPattern
			switch {
			case everything:
				return allowed
			case flow.SNI != nil || flow.HTTP != nil:
			case flow.DNS == nil:
				out = endVerdict{"unknown", "dns"}
			default:
				name := strings.ToLower(strings.TrimSuffix(*flow.DNS, ".")) + "."
				if regex, err := regexp.Compile(pattern); err == nil && regex.MatchString(name) {
					return allowed
				}
			}
		}
	}
	return out
}

func dnsPolicies(tier *policy.L4PolicyMap, port uint16, proto u8proto.U8proto) iter.Seq2[policy.CachedSelector, *policy.PerSelectorPolicy] {
	return func(yield func(policy.CachedSelector, *policy.PerSelectorPolicy) bool) {
		for filter := range tier.Filters() {
			if filter.Port != port || filter.U8Proto != proto || filter.EndPort > port {
				continue
			}
			for selector, psp := range filter.PerSelectorPolicies {
				if !yield(selector, psp) {
					return
				}
			}
		}
	}
}

func throughEnvoy(flow *Flow, resolved *policy.EndpointPolicy, direction *policy.L4DirectionPolicy, proto u8proto.U8proto, peer identity.NumericIdentity, ingress bool, listener policy.L7ParserType) endVerdict {
	// A proxy listens on TCP only; what else is sent to it finds no socket.
	if proto != u8proto.TCP && (listener == policy.ParserTypeHTTP || listener == policy.ParserTypeTLS) {
		return denied
	}
	name, on := "egress", resolved.SelectorPolicy.EgressPolicyEnabled
	if ingress {
		name, on = "ingress", resolved.SelectorPolicy.IngressPolicyEnabled
	}
	ports := envoy.GetDirectionNetworkPolicy(updater{id: 1}, nil, resolved.GetPolicySelectors(), direction,
		on, false, false, name, "", quiet, translator)
	out, needs := denied, ""
	for _, port := range ports {
		last := max(port.EndPort, port.Port)
		if port.Port != 0 && (uint32(flow.Port) < port.Port || uint32(flow.Port) > last) {
			continue
		}
		if len(port.Rules) == 0 {
			return speaks(flow, listener, allowed)
		}
		for _, rule := range port.Rules {
			if !remote(rule, peer) {
				continue
			}
			verdict := match(flow, rule)
			if rule.GetDeny() {
				return denied
			}
			switch verdict.verdict {
			case "allow":
				out = allowed
			case "unknown":
				needs = verdict.needs
			}
		}
	}
	if out.verdict != "allow" && needs != "" {
		return endVerdict{"unknown", needs}
	}
	return speaks(flow, listener, out)
}

// speaks refuses what the listener cannot parse, or has no route for: the HTTP listener takes no TLS, and
// every route of it begins with a slash (pkg/envoy/model.go), so that `OPTIONS *` is answered with 404.
func speaks(flow *Flow, listener policy.L7ParserType, verdict endVerdict) endVerdict {
	if listener != policy.ParserTypeHTTP {
		return verdict
	}
	routed := flow.HTTP == nil || flow.HTTP.Path == nil || strings.HasPrefix(*flow.HTTP.Path, "/")
	if flow.SNI != nil || !routed {
		return denied
	}
	return verdict
}

func remote(rule *ciliumenvoy.PortNetworkPolicyRule, peer identity.NumericIdentity) bool {
	if len(rule.RemotePolicies) == 0 {
		return true
	}
	for _, id := range rule.RemotePolicies {
		if id == uint32(peer) {
			return true
		}
	}
	return false
}

// match is what cilium/proxy's network_policy.cc does with one rule.
func match(flow *Flow, rule *ciliumenvoy.PortNetworkPolicyRule) endVerdict {
	if len(rule.ServerNames) > 0 {
		if verdict := serverName(flow, rule.ServerNames); verdict.verdict != "allow" {
			return verdict
		}
	}
	rules := rule.GetHttpRules()
	if rules == nil || len(rules.HttpRules) == 0 {
		return allowed
	}
	out := denied
	for _, one := range rules.HttpRules {
		switch verdict := httpRule(flow, one); verdict.verdict {
		case "allow":
			return allowed
		case "unknown":
			out = verdict
		}
	}
	return out
}

func serverName(flow *Flow, names []string) endVerdict {
	if flow.SNI == nil {
		if flow.HTTP != nil || flow.DNS != nil {
			return denied
		}
		return endVerdict{"unknown", "sni"}
	}
	sni := strings.ToLower(*flow.SNI)
	for _, name := range names {
		if sni != "" && sniPattern(name).MatchString(sni) {
			return allowed
		}
	}
	return denied
}

// sniPattern follows SniPattern of cilium/proxy: `*` is a run inside a label, a leading `**.` one or more
// labels, a lone `*` any name.
func sniPattern(pattern string) *regexp.Regexp {
	if pattern == "*" || pattern == "**" {
		return regexp.MustCompile(`^[-a-z0-9_.]+$`)
	}
	prefix := ""
	if rest, ok := strings.CutPrefix(pattern, "**."); ok {
		prefix, pattern = `([-a-z0-9_]+\.)+`, rest
	}
	body := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `[-a-z0-9_]*`)
	return regexp.MustCompile("^" + prefix + body + "$")
}

func httpRule(flow *Flow, rule *ciliumenvoy.HttpNetworkPolicyRule) endVerdict {
	if len(rule.Headers) == 0 {
		return allowed
	}
	if flow.SNI != nil || flow.DNS != nil {
		return denied
	}
	out := allowed
	for _, header := range rule.Headers {
		value, known := headerOf(flow, header.Name)
		if !known {
			out = endVerdict{"unknown", "http"}
			continue
		}
		matcher := header.GetStringMatch()
		if matcher == nil || matcher.GetSafeRegex() == nil {
			if header.GetSafeRegexMatch() == nil {
				return endVerdict{"unknown", "http"}
			}
		}
		regex := header.GetSafeRegexMatch().GetRegex()
		if matcher != nil && matcher.GetSafeRegex() != nil {
			regex = matcher.GetSafeRegex().GetRegex()
		}
		if !fullMatch(regex, value) {
			return denied
		}
	}
	return out
}

// fullMatch is RE2::FullMatch: the expression is taken as it stands, since text around it would change
// what an open quote or flags in it mean.
func fullMatch(regex, value string) bool {
	compiled, err := regexp.Compile(regex)
	if err != nil {
		return false
	}
	compiled.Longest()
	found := compiled.FindStringIndex(value)
	return found != nil && found[0] == 0 && found[1] == len(value)
}

func headerOf(flow *Flow, name string) (string, bool) {
	if flow.HTTP == nil {
		return "", false
	}
	pick := func(value *string) (string, bool) {
		if value == nil {
			return "", false
		}
		return *value, true
	}
	switch name {
	case ":method":
		return pick(flow.HTTP.Method)
	case ":path":
		return pick(flow.HTTP.Path)
	case ":authority":
		return pick(flow.HTTP.Host)
	}
	return "", false
}
