package sip

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/internal/source"
)

// hop is where a message goes next.
type hop struct {
	network string // UDP, TCP or TLS
	addr    netip.AddrPort
	name    string // host as it was written, which a certificate must be for
}

// face is how we show ourselves to a peer, and the socket we speak to it from.
type face struct {
	network string
	host    string
	port    int
	laddr   gosip.Addr
}

// sentBy is the host, without brackets, and the port in a Via of ours.
type sentBy struct {
	host string
	port int
}

// faces remembers what our Vias say, so that a response can be told to be for us. Connections that
// we open without listening have a port of their own each, so their number is bounded.
type faces struct {
	mu    sync.Mutex
	known *source.Table[sentBy, struct{}]
}

func newFaces() faces { return faces{known: source.NewTable[sentBy, struct{}](8192)} }

func (f *faces) add(s sentBy) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known.Obtain(s)
}

func (f *faces) has(host string, port int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known.Get(sentBy{host, port}) != nil
}

// contact is our address in a dialog.
func (f face) contact(user string) gosip.Uri {
	uri := gosip.Uri{Scheme: "sip", User: user, Host: f.host, Port: f.port}
	if f.network != UDP {
		uri.UriParams.Add("transport", f.network)
	}
	return uri
}

// faceTo returns our face towards a hop, opening a connection if there must be one. from is the
// listener that was reached, nil lets the hop decide.
func (e *Endpoint) faceTo(ctx context.Context, h hop, from *listener, t *trunk) (face, error) {
	f := face{network: h.network}
	l := from
	if l == nil || l.Network != h.network {
		l = e.listenerFor(h.network, h.addr.Addr())
	}
	var bound netip.AddrPort
	if h.network == UDP {
		if l == nil {
			return f, hotline.Errorf("send", hotline.CodeUnavailable, "no UDP listener reaches %v", h.addr.Addr())
		}
		f.laddr, bound = l.laddr, l.bound
	} else {
		c, err := e.streamsOf(h.network).connect(ctx, h.addr, h.name, l)
		if err != nil {
			return f, err
		}
		if f.laddr, bound = c.laddr(), c.real; l != nil {
			bound = l.bound
		}
	}
	f.port = int(bound.Port())
	if l != nil {
		f.host = l.Advertise
		if l.AdvertisePort != 0 {
			f.port = l.AdvertisePort
		}
	}
	if t != nil && t.Advertise != "" {
		f.host = t.Advertise
	}
	if t != nil && t.AdvertisePort != 0 {
		f.port = t.AdvertisePort
	}
	if f.host == "" {
		f.host = towards(bound.Addr(), h.addr.Addr()).String()
	}
	e.faces.add(sentBy{f.host, f.port})
	return f, nil
}

// networkOf returns the network a URI asks for, fallback when it does not say.
func networkOf(uri *gosip.Uri, fallback string) (string, error) {
	transport := strings.ToLower(uri.UriParams.GetOr("transport", ""))
	switch {
	case uri.Scheme != "sip" && uri.Scheme != "sips" && uri.Scheme != "":
		return "", hotline.Errorf("route", hotline.CodeUnsupported, "scheme %s", uri.Scheme)
	case uri.IsEncrypted() && (transport == "" || transport == TCP || transport == TLS):
		return TLS, nil
	case uri.IsEncrypted() || transport != "" && transport != UDP && transport != TCP && transport != TLS:
		return "", hotline.Errorf("route", hotline.CodeUnsupported, "transport %q", transport)
	case transport == "":
		return fallback, nil
	}
	return transport, nil
}

// resolve finds the address a URI leads to: SRV records first when it is a name without a port
// (RFC 3263 section 4), then A and AAAA.
func (e *Endpoint) resolve(ctx context.Context, uri *gosip.Uri, fallback string) (hop, error) {
	network, err := networkOf(uri, fallback)
	if err != nil {
		return hop{}, err
	}
	host, port := bare(uri.Host), uri.Port
	standard := gosip.DefaultPort(network)
	if addr, err := netip.ParseAddr(host); err == nil {
		if port == 0 {
			port = standard
		}
		return hop{network, netip.AddrPortFrom(addr.Unmap(), uint16(port)), host}, nil
	}
	if port == 0 {
		if target, srvPort, ok := lookupSRV(ctx, network, host); ok {
			addr, err := e.lookup(ctx, target)
			return hop{network, netip.AddrPortFrom(addr, srvPort), host}, err
		}
		port = standard
	}
	addr, err := e.lookup(ctx, host)
	return hop{network, netip.AddrPortFrom(addr, uint16(port)), host}, err
}

func lookupSRV(ctx context.Context, network, host string) (target string, port uint16, ok bool) {
	scheme, proto := "sip", network
	if network == TLS {
		scheme, proto = "sips", TCP
	}
	_, records, err := net.DefaultResolver.LookupSRV(ctx, scheme, proto, host)
	if err != nil || len(records) == 0 {
		return "", 0, false
	}
	return records[0].Target, records[0].Port, true
}

// lookup returns an address of a name that a listener of ours can reach, IPv4 if there is one.
func (e *Endpoint) lookup(ctx context.Context, host string) (netip.Addr, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.Addr{}, &hotline.Error{Op: "look up " + printable(host, 100), Code: hotline.CodeUnavailable, Err: err}
	}
	var best netip.Addr
	for _, a := range addrs {
		a = a.Unmap()
		if a.Is4() {
			return a, nil
		}
		if !best.IsValid() {
			best = a
		}
	}
	return best, nil
}

// isPrivate reports whether an address means nothing outside of its own network.
func isPrivate(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || sharedSpace.Contains(a)
}

// sharedSpace is what carriers put their customers in (RFC 6598).
var sharedSpace = netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)
