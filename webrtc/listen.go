package webrtc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"

	"github.com/hotline-cc/hotline/internal/source"
)

const (
	// socketBuffer is what we ask the system to hold for one port, which carries all browsers: about a second of 500 of them
	// would be 4 MiB, and the reader is never that late.
	socketBuffer = 2 << 20
	// firstCheck is how long a TCP connection may take to say whose it is.
	firstCheck = 5 * time.Second
	// writeAhead is how many bytes wait for a slow TCP connection. What is beyond is dropped: the pacer must not wait.
	writeAhead = 64 << 10
)

// listeners are the ports that all browsers share.
type listeners struct {
	udp  []*port
	tcp  *ice.TCPMuxDefault // nil without
	told []netip.AddrPort   // what browsers are told, UDP
	tls  []netip.AddrPort   // and TCP
	// loopback tells that browsers on this machine are served, by address of theirs.
	loopback bool
}

func (ls *listeners) open(ctx context.Context, cfg Config, log *slog.Logger) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, ls.close())
		}
	}()
	var lc net.ListenConfig
	for _, b := range cfg.UDP {
		conn, err := lc.ListenPacket(ctx, family("udp", b.Address), b.Address.String())
		if err != nil {
			return fmt.Errorf("listen for browsers: %w", err)
		}
		socket := conn.(*net.UDPConn) //nolint:forcetypeassert // what a UDP network gives
		_ = socket.SetReadBuffer(socketBuffer)
		_ = socket.SetWriteBuffer(socketBuffer)
		ls.udp = append(ls.udp, openPort(socket))
		ls.told = append(ls.told, b.told(conn.LocalAddr())...)
		ls.loopback = ls.loopback || b.Address.Addr().IsLoopback()
	}
	if !cfg.TCP.Address.IsValid() {
		return nil
	}
	socket, err := lc.Listen(ctx, family("tcp", cfg.TCP.Address), cfg.TCP.Address.String())
	if err != nil {
		return fmt.Errorf("listen for browsers: %w", err)
	}
	ls.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: newDoor(socket, cfg.Limits), Logger: stackLogger{log}.NewLogger("tcp"),
		ReadBufferSize: 64, WriteBufferSize: writeAhead, FirstStunBindTimeout: firstCheck, AliveDurationForConnFromStun: firstCheck,
	})
	ls.tls = cfg.TCP.told(socket.Addr())
	ls.loopback = ls.loopback || cfg.TCP.Address.Addr().IsLoopback()
	return nil
}

func (ls *listeners) close() error {
	var errs []error
	for _, p := range ls.udp {
		errs = append(errs, p.close())
	}
	if ls.tcp != nil {
		errs = append(errs, ls.tcp.Close())
	}
	return errors.Join(errs...)
}

// family keeps an unspecified address to its own family, so that the system tells addresses as they are.
func family(network string, a netip.AddrPort) string {
	if a.Addr().Is4() {
		return network + "4"
	}
	return network + "6"
}

// told returns what browsers are told of a bound address.
func (b Bind) told(bound net.Addr) []netip.AddrPort {
	local, err := netip.ParseAddrPort(bound.String())
	if err != nil {
		return nil
	}
	if len(b.Advertise) == 0 {
		return []netip.AddrPort{local}
	}
	port := b.AdvertisePort
	if port == 0 {
		port = local.Port()
	}
	told := make([]netip.AddrPort, len(b.Advertise))
	for i, a := range b.Advertise {
		told[i] = netip.AddrPortFrom(a, port)
	}
	return told
}

// muxUDP gives an ICE agent its share of every UDP port, behind the gate of its path.
type muxUDP struct {
	all  []*port
	gate *gate
}

func (m muxUDP) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	for _, p := range m.all {
		if p.socket.LocalAddr().String() == addr.String() {
			return p.open(ufrag, m.gate), nil
		}
	}
	return nil, net.UnknownNetworkError(addr.String())
}

func (m muxUDP) RemoveConnByUfrag(ufrag string) {
	for _, p := range m.all {
		p.remove(ufrag)
	}
}

// GetListenAddresses tells one address for each port. An unspecified one stays so: with one for each interface, pion would
// read the same packets in several places.
func (m muxUDP) GetListenAddresses() []net.Addr {
	addrs := make([]net.Addr, len(m.all))
	for i, p := range m.all {
		addrs[i] = p.socket.LocalAddr()
	}
	return addrs
}

// Close leaves the ports to the Endpoint.
func (m muxUDP) Close() error { return nil }

// muxTCP is the same for the TCP port.
type muxTCP struct {
	*ice.TCPMuxDefault
	gate *gate
}

func (m muxTCP) GetConnByUfrag(ufrag string, isIPv6 bool, local net.IP) (net.PacketConn, error) {
	conn, err := m.TCPMuxDefault.GetConnByUfrag(ufrag, isIPv6, local)
	if err != nil {
		return nil, err
	}
	return guarded{conn, m.gate}, nil
}

func (m muxTCP) Close() error { return nil }

// door bounds the TCP connections that are open at once.
type door struct {
	net.Listener
	limits Limits

	mu   sync.Mutex
	open int
	per  map[netip.Addr]int
}

func newDoor(l net.Listener, limits Limits) *door {
	return &door{Listener: l, limits: limits, per: make(map[netip.Addr]int)}
}

// Accept returns the next connection that there is room for.
func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil, io.EOF
			}
			time.Sleep(10 * time.Millisecond) // out of file descriptors, most likely; pion would stop at an error
			continue
		}
		from, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		who := source.Key(from.Addr())
		if err != nil || !d.enter(who) {
			_ = conn.Close()
			continue
		}
		return &visitor{Conn: conn, leave: sync.OnceFunc(func() { d.left(who) })}, nil
	}
}

func (d *door) enter(from netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open >= d.limits.Connections || d.per[from] >= d.limits.PerSource {
		return false
	}
	d.open++
	d.per[from]++
	return true
}

func (d *door) left(from netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	if d.per[from]--; d.per[from] == 0 {
		delete(d.per, from)
	}
}

// visitor is one connection that the door counts.
type visitor struct {
	net.Conn
	leave func()
}

func (v *visitor) Close() error {
	v.leave()
	return v.Conn.Close()
}
