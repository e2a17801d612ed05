package crowd

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotline-cc/hotline/cmd/hotline/measure"
)

// Ear receives the sound of one call and times it without decoding.
type Ear struct {
	conn  *net.UDPConn
	done  chan struct{}
	begin atomic.Int64 // Unix nanoseconds, 0 before

	// Both are valid once Close has returned.
	Stream *measure.Stream
	Sound  int // packets that were not silent
}

// packetTime and clockRate are those of G.711.
const (
	packetTime = 20 * time.Millisecond
	clockRate  = 8000
	rtpHeader  = 12 // bytes
)

// NewEar opens a port on a loopback address. The kernel stamps packets as they arrive, so that it does
// not matter when they are read.
func NewEar(host netip.Addr) (*Ear, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err == nil {
		_ = raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		})
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &Ear{conn: conn, done: make(chan struct{}), Stream: measure.NewStream(packetTime, clockRate)}, nil
}

// Port returns the port.
func (e *Ear) Port() uint16 { return localPort(e.conn) }

// Begin makes packets count that arrive from now on.
func (e *Ear) Begin() { e.begin.Store(time.Now().UnixNano()) }

// Listen takes packets until Close.
func (e *Ear) Listen() {
	defer close(e.done)
	packet, control := make([]byte, 2048), make([]byte, 128)
	for {
		n, nc, _, _, err := e.conn.ReadMsgUDPAddrPort(packet, control)
		if err != nil {
			return
		}
		at := stamp(control[:nc])
		from := e.begin.Load()
		if n < rtpHeader+2 || packet[0]>>6 != 2 || packet[1]&0x7f != 8 || from == 0 || at.UnixNano() < from {
			continue
		}
		if bytes.Count(packet[rtpHeader:n], packet[rtpHeader:rtpHeader+1]) < n-rtpHeader {
			e.Sound++
		}
		e.Stream.Add(binary.BigEndian.Uint16(packet[2:]), binary.BigEndian.Uint32(packet[4:]), at)
	}
}

// Close ends Listen, which must have been started, and returns when it has ended.
func (e *Ear) Close() error {
	err := e.conn.Close()
	<-e.done
	return err
}

// stamp returns when the kernel received a packet, or the present time where it does not tell.
func stamp(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Now()
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		}
	}
	return time.Now()
}

// Silence sends the n-th packet, from 0, of a silent caller from the ear's port to remote.
func (e *Ear) Silence(n int, remote netip.AddrPort) {
	const payload = clockRate / int(time.Second/packetTime)
	p := [rtpHeader + payload]byte{0x80, 8}
	for i := rtpHeader; i < len(p); i++ {
		p[i] = 0xd5 // A-law's zero
	}
	binary.BigEndian.PutUint16(p[2:], uint16(n))
	binary.BigEndian.PutUint32(p[4:], uint32(n*payload))
	binary.BigEndian.PutUint32(p[8:], uint32(e.Port()))
	_, _ = e.conn.WriteToUDPAddrPort(p[:], remote) // a packet may get lost
}
