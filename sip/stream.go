package sip

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
)

const (
	firstData    = 10 * time.Second // until a new connection must have sent something
	writeTimeout = 5 * time.Second
	dialTimeout  = 5 * time.Second
)

// stream is one TCP or TLS connection. Its local address is its handle.
type stream struct {
	net.Conn
	of     *streams
	remote netip.AddrPort
	handle *net.TCPAddr
	real   netip.AddrPort // local
	local  *listener      // nil for one that we opened without listening on its network
	idle   time.Duration

	begin  sync.Once
	reads  chan struct{} // closed with the first Read, when the stack knows the connection
	finish sync.Once
	heard  bool // belongs to the reader
}

// Read waits for data no longer than the connection may idle.
func (s *stream) Read(b []byte) (int, error) {
	s.begin.Do(func() { close(s.reads) })
	wait := s.idle
	if !s.heard {
		wait = min(firstData, s.idle)
	}
	if err := s.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return 0, err
	}
	n, err := s.Conn.Read(b)
	if n > 0 {
		s.heard = true
	}
	if err != nil {
		return n, net.ErrClosed // whatever it was, the stack need not log it
	}
	return n, nil
}

func (s *stream) Write(b []byte) (int, error) {
	if err := s.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return s.Conn.Write(b)
}

func (s *stream) LocalAddr() net.Addr { return s.handle }

// Close may be called more than once: by the stack, and when the endpoint ends.
func (s *stream) Close() (err error) {
	s.finish.Do(func() {
		s.of.forget(s)
		err = s.Conn.Close()
	})
	return err
}

// streams are the connections of one network, TCP or TLS. It is also the net.Listener that the
// stack accepts them from, those that we opened as well, so that all are bounded and known alike.
type streams struct {
	network string
	limits  Limits
	next    func() int // port of the next handle
	client  *tls.Config
	accept  chan *stream
	closed  chan struct{}
	shut    sync.Once

	mu        sync.Mutex
	open      map[*stream]struct{}
	byRemote  map[netip.AddrPort]*stream
	perSource map[netip.Addr]int
}

func newStreams(network string, e *Endpoint) *streams {
	return &streams{
		network: network, limits: e.cfg.Limits, next: e.nextHandle, client: e.cfg.TLS,
		accept: make(chan *stream), closed: make(chan struct{}),
		open: make(map[*stream]struct{}), byRemote: make(map[netip.AddrPort]*stream), perSource: make(map[netip.Addr]int),
	}
}

// Accept gives the stack the next connection.
func (s *streams) Accept() (net.Conn, error) {
	select {
	case c := <-s.accept:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

// Addr is part of net.Listener; the stack reads the port of it only.
func (s *streams) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero} }

// Close ends Accept and every connection.
func (s *streams) Close() error {
	s.shut.Do(func() { close(s.closed) })
	s.mu.Lock()
	var all []*stream
	for c := range s.open {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
	return nil
}

// serve takes the connections of one socket until it is closed.
func (s *streams) serve(l *listener, socket net.Listener) {
	for {
		conn, err := socket.Accept()
		if err != nil {
			select {
			case <-s.closed:
				return
			case <-time.After(10 * time.Millisecond): // out of file descriptors, most likely
				continue
			}
		}
		c, err := s.admit(conn, l)
		if err != nil {
			_ = conn.Close()
			continue
		}
		if l.TLS != nil {
			c.Conn = tls.Server(conn, l.TLS)
		}
		if !s.hand(c) {
			return
		}
	}
}

// hand gives a connection to the stack.
func (s *streams) hand(c *stream) bool {
	select {
	case s.accept <- c:
		return true
	case <-s.closed:
		_ = c.Close()
		return false
	}
}

// admit counts a connection, if there is room for it.
func (s *streams) admit(conn net.Conn, l *listener) (*stream, error) {
	remote, errRemote := netip.ParseAddrPort(conn.RemoteAddr().String())
	local, errLocal := netip.ParseAddrPort(conn.LocalAddr().String())
	if errRemote != nil || errLocal != nil {
		return nil, fmt.Errorf("connection from %v: no address", conn.RemoteAddr())
	}
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	c := &stream{
		Conn: conn, of: s, remote: remote, real: local, local: l, idle: s.limits.Idle, reads: make(chan struct{}),
		handle: &net.TCPAddr{IP: local.Addr().Unmap().AsSlice(), Port: s.next()},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= s.limits.Connections || s.perSource[remote.Addr()] >= s.limits.PerSource {
		return nil, hotline.Errorf("connection from "+remote.String(), hotline.CodeOverload, "too many connections")
	}
	s.open[c] = struct{}{}
	s.byRemote[remote] = c
	s.perSource[remote.Addr()]++
	return c, nil
}

func (s *streams) forget(c *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	if s.byRemote[c.remote] == c {
		delete(s.byRemote, c.remote)
	}
	if s.perSource[c.remote.Addr()]--; s.perSource[c.remote.Addr()] == 0 {
		delete(s.perSource, c.remote.Addr())
	}
}

// find returns the open connection to an address, nil when there is none.
func (s *streams) find(remote netip.AddrPort) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byRemote[remote]
}

// connect returns the connection to an address, opening it when there is none. name is what the
// peer's certificate must be for.
func (s *streams) connect(ctx context.Context, remote netip.AddrPort, name string, l *listener) (*stream, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if c := s.find(remote); c != nil {
		return c.known(ctx)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", remote.String())
	if err != nil {
		return nil, &hotline.Error{Op: "connect", Code: hotline.CodeUnavailable, Err: err}
	}
	if s.network == TLS {
		cfg := &tls.Config{MinVersion: tls.VersionTLS12}
		if s.client != nil {
			cfg = s.client.Clone()
		}
		if cfg.ServerName == "" {
			cfg.ServerName = name
		}
		secure := tls.Client(conn, cfg)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, &hotline.Error{Op: "connect", Code: hotline.CodeUnavailable, Err: err}
		}
		conn = secure
	}
	c, err := s.admit(conn, l)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	c.heard = true
	if !s.hand(c) {
		return nil, hotline.Errorf("connect", hotline.CodeUnavailable, "shutting down")
	}
	known, err := c.known(ctx)
	if err != nil {
		_ = c.Close()
	}
	return known, err
}

// known returns the connection once the stack knows it.
func (s *stream) known(ctx context.Context) (*stream, error) {
	select {
	case <-s.reads:
		return s, nil
	case <-ctx.Done():
		return nil, &hotline.Error{Op: "connect", Code: hotline.CodeTimeout, Err: ctx.Err()}
	}
}

// laddr is the address that makes the stack send a request through the connection.
func (s *stream) laddr() gosip.Addr { return gosip.Addr{IP: s.handle.IP, Port: s.handle.Port} }
