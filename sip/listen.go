package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// listener is a Listen whose socket is open.
type listener struct {
	Listen
	bound  netip.AddrPort
	udp    *datagrams // for UDP
	socket net.Listener
	laddr  gosip.Addr // handle, for UDP
}

// open binds every address of the configuration.
func (e *Endpoint) open(ctx context.Context) error {
	for _, l := range e.cfg.Listen {
		bound, err := e.bind(ctx, l)
		if err != nil {
			return errors.Join(fmt.Errorf("listen on %s %s: %w", l.Network, l.Address, err), e.closeSockets())
		}
		e.listeners = append(e.listeners, bound)
	}
	return nil
}

func (e *Endpoint) bind(ctx context.Context, l Listen) (*listener, error) {
	family := "6"
	if l.Address.Addr().Is4() {
		family = "4"
	}
	out := &listener{Listen: l}
	var lc net.ListenConfig
	if l.Network != UDP {
		socket, err := lc.Listen(ctx, "tcp"+family, l.Address.String())
		if err != nil {
			return nil, err
		}
		out.socket = socket
		out.bound = socket.Addr().(*net.TCPAddr).AddrPort()
		return out, nil
	}
	conn, err := lc.ListenPacket(ctx, "udp"+family, l.Address.String())
	if err != nil {
		return nil, err
	}
	udp := conn.(*net.UDPConn)
	_ = udp.SetReadBuffer(1 << 20) // the system caps it
	out.bound = udp.LocalAddr().(*net.UDPAddr).AddrPort()
	out.udp = &datagrams{
		UDPConn: udp, local: out,
		current: make(map[string]struct{}), previous: make(map[string]struct{}),
	}
	out.laddr = gosip.Addr{IP: out.bound.Addr().Unmap().AsSlice(), Port: e.nextHandle()}
	return out, nil
}

// serve runs the stack's reader of every socket until closeSockets.
func (e *Endpoint) serve() {
	for _, l := range e.listeners {
		if l.udp == nil {
			s := e.streamsOf(l.Network)
			e.readers.Go(func() { s.serve(l, l.socket) })
			continue
		}
		e.stack.Pool(UDP).Add(l.laddr.String(), l.udp)
		e.readers.Go(func() {
			for !l.udp.closed.Load() {
				if err := e.stack.ServeUDP(l.udp); err != nil {
					e.log.Error("信令端口停止工作 · signalling socket stopped", "listen", l.bound, "err", err)
					return
				}
			}
		})
	}
	e.readers.Go(func() { _ = e.stack.ServeTCP(e.tcp) })
	e.readers.Go(func() { _ = e.stack.ServeTLS(e.tls) })
}

func (e *Endpoint) closeSockets() error {
	var errs []error
	for _, l := range e.listeners {
		if l.udp != nil {
			errs = append(errs, l.udp.shut())
		} else {
			errs = append(errs, l.socket.Close())
		}
	}
	return errors.Join(append(errs, e.tcp.Close(), e.tls.Close())...)
}

func (e *Endpoint) streamsOf(network string) *streams {
	if network == TLS {
		return e.tls
	}
	return e.tcp
}

// listenerFor returns the first listener of a network for addresses of the family of peer.
func (e *Endpoint) listenerFor(network string, peer netip.Addr) *listener {
	for _, l := range e.listeners {
		if l.Network == network && l.bound.Addr().Is4() == peer.Is4() {
			return l
		}
	}
	return nil
}

// Addr returns the bound address of the first listener of a network, the zero value when there is
// none. It may be called once Ready is closed.
func (e *Endpoint) Addr(network string) netip.AddrPort {
	for _, l := range e.listeners {
		if l.Network == network {
			return l.bound
		}
	}
	return netip.AddrPort{}
}

// towards returns the address of our interface towards a peer, in place of an unspecified one.
func towards(bound, peer netip.Addr) netip.Addr {
	if bound.IsValid() && !bound.IsUnspecified() {
		return bound.Unmap()
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(peer, 9)))
	if err != nil {
		return bound
	}
	defer func() { _ = conn.Close() }()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

// addrOf returns the address of a source as the stack tells it.
func addrOf(source string) netip.AddrPort {
	a, _ := netip.ParseAddrPort(source)
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// bare returns a host without the brackets of IPv6.
func bare(host string) string { return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]") }
