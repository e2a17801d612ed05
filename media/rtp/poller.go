package rtp

import "net/netip"

// polled is a Conn whose datagrams are brought by a Poller instead of read.
type polled interface {
	// serve makes take get every datagram until stop returns. b is valid until take returns. take must
	// not block and is called by one goroutine.
	serve(take func(b []byte, from netip.AddrPort)) (stop func(), err error)
}
