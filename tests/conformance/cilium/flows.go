package main

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/k8s/utils"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/u8proto"
)

// Peer is an end of a flow: a pod, an address, a DNS name or an entity.
type Peer struct {
	Namespace      string            `json:"namespace"`
	Labels         map[string]string `json:"labels"`
	NsLabels       map[string]string `json:"nsLabels"`
	ServiceAccount string            `json:"serviceAccount"`
	IP             string            `json:"ip"`
	APIServer      bool              `json:"apiServer"`
	FQDN           string            `json:"fqdn"`
	Entity         string            `json:"entity"`
}

// HTTP is what a request says; a nil field is not known.
type HTTP struct {
	Method *string `json:"method"`
	Path   *string `json:"path"`
	Host   *string `json:"host"`
}

// Flow is one question. ICMP flows have proto ICMP or ICMPv6 and the type as port.
type Flow struct {
	Src   Peer    `json:"src"`
	Dst   Peer    `json:"dst"`
	Port  uint16  `json:"port"`
	Proto string  `json:"proto"`
	SNI   *string `json:"sni"`
	HTTP  *HTTP   `json:"http"`
	DNS   *string `json:"dns"`
}

func (f *Flow) proto() (u8proto.U8proto, error) {
	return u8proto.ParseProtocol(f.Proto)
}

// namespace is what the agent knows of a Kubernetes Namespace.
type namespace struct {
	name   string
	labels map[string]string
}

func (n namespace) GetName() string              { return n.name }
func (n namespace) GetLabels() map[string]string { return n.labels }

// world numbers the identities of one request's peers.
type world struct {
	next   identity.NumericIdentity
	local  identity.NumericIdentity
	byKey  map[string]*identity.Identity
	names  map[string][]string
	fqdns  []api.FQDNSelector
	groups []*cidrGroup
}

func newWorld(dns map[string][]string, documents []document) *world {
	w := &world{
		next:  256,
		local: identity.IdentityScopeLocal,
		byKey: map[string]*identity.Identity{},
		names: map[string][]string{},
	}
	for name, addresses := range dns {
		for _, address := range addresses {
			w.names[address] = append(w.names[address], strings.ToLower(name))
		}
	}
	for _, doc := range documents {
		if doc.group != nil {
			w.groups = append(w.groups, doc.group)
		}
		for _, rule := range doc.rules {
			for _, egress := range rule.Egress {
				w.fqdns = append(w.fqdns, egress.ToFQDNs...)
			}
		}
	}
	return w
}

var entities = map[string]identity.NumericIdentity{
	"host":           identity.ReservedIdentityHost,
	"remote-node":    identity.ReservedIdentityRemoteNode,
	"kube-apiserver": identity.ReservedIdentityKubeAPIServer,
	"health":         identity.ReservedIdentityHealth,
	"ingress":        identity.ReservedIdentityIngress,
	"init":           identity.ReservedIdentityInit,
	"unmanaged":      identity.ReservedIdentityUnmanaged,
	"world":          identity.ReservedIdentityWorldIPv4,
	"world-ipv4":     identity.ReservedIdentityWorldIPv4,
	"world-ipv6":     identity.ReservedIdentityWorldIPv6,
}

// identities gives the identities of a peer: several where a name has several addresses.
func (w *world) identities(peer *Peer, dns map[string][]string) ([]*identity.Identity, error) {
	switch {
	case peer.Entity != "":
		id, ok := entities[peer.Entity]
		if !ok {
			return nil, fmt.Errorf("no such entity: %q", peer.Entity)
		}
		known := identity.LookupReservedIdentity(id)
		if known == nil {
			return nil, fmt.Errorf("no identity for entity %q", peer.Entity)
		}
		w.byKey["entity "+peer.Entity] = known
		return []*identity.Identity{known}, nil
	case peer.IP != "":
		id, err := w.address(peer.IP, peer.APIServer)
		return []*identity.Identity{id}, err
	case peer.FQDN != "":
		var out []*identity.Identity
		for _, address := range dns[peer.FQDN] {
			id, err := w.address(address, false)
			if err != nil {
				return nil, err
			}
			out = append(out, id)
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("no address for %q", peer.FQDN)
		}
		return out, nil
	}
	return []*identity.Identity{w.pod(peer)}, nil
}

func (w *world) pod(peer *Peer) *identity.Identity {
	account := peer.ServiceAccount
	if account == "" {
		account = "default"
	}
	nsLabels := map[string]string{"kubernetes.io/metadata.name": peer.Namespace}
	for key, value := range peer.NsLabels {
		nsLabels[key] = value
	}
	flat := utils.SanitizePodLabels(peer.Labels, namespace{peer.Namespace, nsLabels}, account, clusterName)
	all := labels.Map2Labels(flat, labels.LabelSourceK8s)
	kept, _ := labelsfilter.Filter(all)
	key := "pod " + string(kept.SortedList())
	if known, ok := w.byKey[key]; ok {
		return known
	}
	known := identity.NewIdentity(w.next, kept)
	w.next++
	w.byKey[key] = known
	return known
}

// address gives the identity of an address outside the cluster: its own prefix, `world`, a label for each
// FQDN selector that one of its names meets, and the API server's label where it is a managed one's.
func (w *world) address(text string, apiServer bool) (*identity.Identity, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("ip %s %t", text, apiServer)
	if known, ok := w.byKey[key]; ok {
		return known, nil
	}
	lbls := labels.GetCIDRLabels(netip.PrefixFrom(addr, addr.BitLen()))
	lbls.AddWorldLabel(addr)
	if apiServer {
		lbls[labels.IDNameKubeAPIServer] = labels.LabelKubeAPIServer[labels.IDNameKubeAPIServer]
	}
	maps.Copy(lbls, groupLabels(w.groups, addr))
	for _, selector := range w.fqdns {
		regex, err := selector.ToRegex()
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(w.names[text], func(name string) bool { return regex.MatchString(name + ".") }) {
			label := selector.IdentityLabel()
			lbls[label.Key] = label
		}
	}
	known := identity.NewIdentity(w.local, lbls)
	w.local++
	w.byKey[key] = known
	return known, nil
}

func (w *world) all() identity.IdentityMap {
	out := identity.IdentityMap{}
	for _, known := range w.byKey {
		out[known.ID] = known.LabelArray
	}
	return out
}
