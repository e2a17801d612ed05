package webrtc

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v5/packetio"
)

// someone is where the peer is for media/rtp: the gate knows the true address, which changes when the browser moves. It is
// of the discard prefix (RFC 6666), so nothing would be sent there by mistake.
var someone = netip.MustParseAddrPort("[100::1]:1")

const (
	maxPacket = 2048
	// Packets that wait for their reader. Media waits for microseconds; what is more than 1 s late is useless.
	mediaWaiting     = 64
	handshakeWaiting = 32
)

var errNoPath = errors.New("there is no way to the browser")

// wire is the connection with a browser, whichever path it takes. It is the rtp.Conn of the session.
type wire struct {
	path    atomic.Pointer[path] // that we send on
	media   *packetio.Buffer
	records *packetio.Buffer // DTLS
}

func newWire() *wire {
	w := &wire{media: packetio.NewBuffer(), records: packetio.NewBuffer()}
	w.media.SetLimitCount(mediaWaiting)
	w.records.SetLimitCount(handshakeWaiting)
	return w
}

// isDTLS and isMedia tell what is multiplexed by the first byte (RFC 7983 section 7).
func isDTLS(b []byte) bool  { return len(b) > 0 && b[0] >= 20 && b[0] <= 63 }
func isMedia(b []byte) bool { return len(b) > 0 && b[0] >= 128 && b[0] <= 191 }

// deliver takes a packet of the browser. A reader that is too slow loses it.
func (w *wire) deliver(b []byte) {
	switch {
	case isMedia(b):
		_, _ = w.media.Write(b, nil)
	case isDTLS(b):
		_, _ = w.records.Write(b, nil)
	}
}

func (w *wire) send(b []byte) (int, error) {
	p := w.path.Load()
	if p == nil {
		return 0, errNoPath
	}
	return p.write(b)
}

func (w *wire) close() {
	_ = w.media.Close()
	_ = w.records.Close()
}

// ReadFromUDPAddrPort implements rtp.Conn.
func (w *wire) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, _, err := w.media.Read(b, nil)
	return n, someone, err
}

// WriteToUDPAddrPort implements rtp.Conn.
func (w *wire) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) { return w.send(b) }

// SetReadDeadline implements rtp.Conn.
func (w *wire) SetReadDeadline(t time.Time) error { return w.media.SetReadDeadline(t) }

// records is the wire as DTLS sees it.
type records struct{ *wire }

func (r records) ReadFrom(b []byte) (int, net.Addr, error) {
	n, _, err := r.records.Read(b, nil)
	return n, r.LocalAddr(), err
}

func (r records) WriteTo(b []byte, _ net.Addr) (int, error) { return r.send(b) }
func (r records) LocalAddr() net.Addr                       { return net.UDPAddrFromAddrPort(someone) }
func (r records) SetReadDeadline(t time.Time) error         { return r.records.SetReadDeadline(t) }
func (r records) SetWriteDeadline(time.Time) error          { return nil }
func (r records) SetDeadline(t time.Time) error             { return r.SetReadDeadline(t) }
func (r records) Close() error                              { return r.records.Close() }
