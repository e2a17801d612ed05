// Package traffic plays the telephones of many bridged calls at once, at so little cost that a relay
// can be measured beside it: it sends each leg a G.711 packet every 20 ms, takes what the relay passes
// on, and tells how long that took and what is missing. Two sockets stand for all telephones, one for
// each side of the calls; packets are sent and taken in batches.
package traffic

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotline-cc/hotline/cmd/hotline/measure"
)

const (
	packetTime = 20 * time.Millisecond
	// slots are the moments in which packets leave, evenly spread over their 20 ms.
	slots   = 100
	header  = 12 // bytes of RTP
	payload = 160
	alaw    = 8
	batch   = 64 // datagrams taken at once
)

// Call is where a relay takes the packets of a call's two sides.
type Call [2]netip.AddrPort

// Traffic is the telephones of some calls. Not safe for concurrent use.
type Traffic struct {
	sides [2]side
	legs  []leg
	stamp []time.Duration // how long packets took
	from  int64           // Unix nanoseconds from which packets count; 0 before
	sent  int
	taken int
	wrong int // that are not what was sent
}

// side is a socket for one side of all calls.
type side struct {
	fd      int
	reports int // socket that RTCP may be sent to
	address netip.AddrPort
	slots   [slots]moment
	in      [batch]message
	buffers [batch][header + payload + 64]byte
	control [batch][64]byte
	vectors [batch]unix.Iovec
}

// leg is one telephone.
type leg struct {
	packet [header + payload]byte
	vector unix.Iovec
	to     unix.RawSockaddrInet4
	number uint32 // packets sent
}

// moment is what leaves together.
type moment struct {
	messages []message
	legs     []*leg
}

// message is struct mmsghdr.
type message struct {
	unix.Msghdr
	n uint32
}

// New opens the sockets on an IPv4 address.
func New(host netip.Addr) (*Traffic, error) {
	t := &Traffic{}
	for i := range t.sides {
		t.sides[i].fd, t.sides[i].reports = -1, -1
	}
	for i := range t.sides {
		if err := t.sides[i].open(host); err != nil {
			t.Close()
			return nil, fmt.Errorf("open a telephone: %w", err)
		}
	}
	return t, nil
}

// Addr is where the telephones of a side, 0 or 1, take packets. Reports go to the port above.
func (t *Traffic) Addr(side int) netip.AddrPort { return t.sides[side].address }

// Close closes the sockets.
func (t *Traffic) Close() {
	for _, s := range t.sides {
		for _, fd := range []int{s.fd, s.reports} {
			if fd >= 0 {
				_ = unix.Close(fd)
			}
		}
	}
}

// Result is what came of it.
type Result struct {
	Sent, Lost, Wrong int
	Took              measure.Times // sent to received, by the kernel's clock
}

// Run plays calls: first for a while that does not count, then for a length, at whose beginning and
// end the functions are called.
func (t *Traffic) Run(ctx context.Context, calls []Call, before, length time.Duration, begin, end func()) (Result, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t.prepare(calls)
	t.stamp = make([]time.Duration, 0, 2*len(calls)*int(length/packetTime+50))
	t.from, t.sent, t.taken, t.wrong = 0, 0, 0, 0
	start := time.Now()
	counted, over := start.Add(before), start.Add(before+length)
	for i := 0; ; i++ {
		due := start.Add(time.Duration(i) * packetTime / slots)
		if wait := time.Until(due); wait > 0 {
			nap := unix.NsecToTimespec(int64(wait))
			_ = unix.Nanosleep(&nap, nil)
		}
		switch {
		case ctx.Err() != nil:
			return Result{}, ctx.Err()
		case t.from == 0 && !due.Before(counted):
			t.from = time.Now().UnixNano()
			begin()
		case !due.Before(over):
			end()
			time.Sleep(200 * time.Millisecond)
			err := t.take()
			return Result{Sent: t.sent, Lost: t.sent - t.taken, Wrong: t.wrong, Took: t.stamp}, err
		}
		if err := errors.Join(t.send(i%slots), t.take()); err != nil {
			return Result{}, err
		}
	}
}

// prepare gives every telephone its packets and its moment.
func (t *Traffic) prepare(calls []Call) {
	t.legs = make([]leg, 2*len(calls))
	for s := range t.sides {
		t.sides[s].slots = [slots]moment{}
	}
	for i := range t.legs {
		l := &t.legs[i]
		l.packet[0], l.packet[1] = 0x80, alaw
		binary.BigEndian.PutUint32(l.packet[8:], 0x1000+uint32(i))
		to := calls[i/2][i%2]
		l.to.Family, l.to.Addr = unix.AF_INET, to.Addr().As4()
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&l.to.Port))[:], to.Port())
		l.vector.Base = &l.packet[0]
		l.vector.SetLen(len(l.packet))
		m := message{}
		m.Name, m.Namelen = (*byte)(unsafe.Pointer(&l.to)), unix.SizeofSockaddrInet4
		m.Iov = &l.vector
		m.SetIovlen(1)
		// 37 is no divisor of slots: the two sides of a call speak at different moments.
		slot := &t.sides[i%2].slots[(i/2+37*(i%2))%slots]
		slot.messages, slot.legs = append(slot.messages, m), append(slot.legs, l)
	}
}

// send lets the telephones of a slot speak.
func (t *Traffic) send(slot int) error {
	now := time.Now().UnixNano()
	for s := range t.sides {
		messages := t.sides[s].slots[slot].messages
		for _, l := range t.sides[s].slots[slot].legs {
			l.number++
			binary.BigEndian.PutUint16(l.packet[2:], uint16(l.number))
			binary.BigEndian.PutUint32(l.packet[4:], l.number*payload)
			binary.BigEndian.PutUint64(l.packet[header:], uint64(now))
			binary.BigEndian.PutUint32(l.packet[header+8:], l.number)
		}
		for len(messages) > 0 {
			n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(t.sides[s].fd), uintptr(unsafe.Pointer(&messages[0])), uintptr(len(messages)), 0, 0, 0)
			if errno != 0 {
				return fmt.Errorf("send: %w", errno)
			}
			if t.from != 0 {
				t.sent += int(n)
			}
			messages = messages[n:]
		}
	}
	return nil
}

// take takes all that has arrived.
func (t *Traffic) take() error {
	for s := range t.sides {
		for {
			n, err := t.sides[s].receive()
			if err != nil {
				return err
			}
			for i := range n {
				t.heard(t.sides[s].buffers[i][:t.sides[s].in[i].n], t.sides[s].control[i][:])
			}
			if n < batch {
				break
			}
		}
	}
	return nil
}

// heard counts a packet.
func (t *Traffic) heard(b, control []byte) {
	if len(b) != header+payload || b[0] != 0x80 || b[1]&0x7f != alaw {
		t.wrong++
		return
	}
	sent := int64(binary.BigEndian.Uint64(b[header:]))
	if t.from == 0 || sent < t.from {
		return
	}
	t.taken++
	t.stamp = append(t.stamp, time.Duration(arrival(control)-sent))
}

// arrival reads the kernel's time stamp, Unix nanoseconds, which is the only control message.
func arrival(control []byte) int64 {
	at := (*unix.Timespec)(unsafe.Pointer(&control[unix.CmsgLen(0)]))
	return unix.TimespecToNsec(*at)
}

func (s *side) open(host netip.Addr) error {
	const tries = 64
	var err error
	for range tries { // until the port above is free too
		if s.fd, err = listen(host, 0); err != nil {
			return err
		}
		var name unix.Sockaddr
		if name, err = unix.Getsockname(s.fd); err != nil {
			return err
		}
		port := name.(*unix.SockaddrInet4).Port
		if s.reports, err = listen(host, port+1); err == nil {
			s.address = netip.AddrPortFrom(host, uint16(port))
			break
		}
		_ = unix.Close(s.fd)
		s.fd = -1
	}
	if err != nil {
		return err
	}
	for i := range s.in {
		m := &s.in[i]
		s.vectors[i].Base = &s.buffers[i][0]
		s.vectors[i].SetLen(len(s.buffers[i]))
		m.Iov = &s.vectors[i]
		m.SetIovlen(1)
		m.Control = &s.control[i][0]
	}
	return nil
}

func listen(host netip.Addr, port int) (int, error) {
	const buffer = 8 << 20
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	// Only root may have more than the system's limit.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, buffer)
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: host.As4()})
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// receive takes up to a batch of datagrams and returns how many.
func (s *side) receive() (int, error) {
	for i := range s.in {
		s.in[i].SetControllen(len(s.control[i]))
	}
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.in[0])), batch, unix.MSG_DONTWAIT, 0, 0)
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return 0, nil
	case errno != 0:
		return 0, fmt.Errorf("receive: %w", errno)
	}
	return int(n), nil
}
