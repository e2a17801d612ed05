package sip

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

// A request that is sent on a connection before the stack reads it would look for another connection.
func TestAConnectionIsUsedOnceTheStackReadsIt(t *testing.T) {
	socket, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	remote := socket.Addr().(*net.TCPAddr).AddrPort()
	limits := Limits{Connections: 1, PerSource: 1, Idle: time.Minute} // so that one that is left open is missed
	s := &streams{
		network: TCP, limits: limits, next: func() int { return 1 }, accept: make(chan *stream), closed: make(chan struct{}),
		open: map[*stream]struct{}{}, byRemote: map[netip.AddrPort]*stream{}, perSource: map[netip.Addr]int{},
	}
	defer func() { _ = s.Close() }()

	unread, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	go func() { _, _ = s.Accept() }()
	if c, err := s.connect(unread, remote, "", nil); hotline.CodeOf(err) != hotline.CodeTimeout {
		t.Fatalf("%v, %v while the stack does not read", c, err)
	}

	go func() {
		if c, err := s.Accept(); err == nil {
			_, _ = c.Read(make([]byte, 1))
		}
	}()
	c, err := s.connect(t.Context(), remote, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.connect(t.Context(), remote, "", nil); again != c {
		t.Errorf("another connection to the same address: %v, %v", again, err)
	}
}
