package rtp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

var errPolled = errors.New("a socket of a Poller is read by it alone")

// polledSocket is a UDP socket outside of Go's own poller, which would be woken for each packet too.
type polledSocket struct {
	loop  *pollLoop
	local netip.AddrPort

	open sync.RWMutex // held for reading while fd is used
	fd   int          // -1 once closed

	number int32      // with the loop
	taking sync.Mutex // held while a datagram is taken
	take   func(b []byte, from netip.AddrPort)
	from   unix.RawSockaddrAny
}

// listen binds a socket that the Poller receives for.
func (p *Poller) listen(at netip.AddrPort, buffer int) (*polledSocket, error) {
	family, name := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16(), ZoneId: zoneOf(at.Addr())})
	if at.Addr().Is4() {
		family, name = unix.AF_INET, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a media socket: %w", err)
	}
	if family == unix.AF_INET6 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err == nil {
		err = unix.Bind(fd, name)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("bind media port %d: %w", at.Port(), err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, buffer)
	loop := p.loops[int(p.next.Add(1))%len(p.loops)]
	return &polledSocket{loop: loop, local: at, fd: fd}, nil
}

func zoneOf(a netip.Addr) uint32 {
	if a.Zone() == "" {
		return 0
	}
	if i, err := net.InterfaceByName(a.Zone()); err == nil {
		return uint32(i.Index)
	}
	return 0
}

// LocalAddr returns what the socket is bound to.
func (s *polledSocket) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.local) }

// Close closes the socket. It may be called more than once.
func (s *polledSocket) Close() error {
	s.open.Lock()
	defer s.open.Unlock()
	if s.fd < 0 {
		return net.ErrClosed
	}
	err := unix.Close(s.fd)
	s.fd = -1
	return err
}

// ReadFromUDPAddrPort always fails: serve brings the datagrams.
func (s *polledSocket) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	return 0, netip.AddrPort{}, errPolled
}

// SetReadDeadline does nothing, as nothing is read.
func (s *polledSocket) SetReadDeadline(time.Time) error { return nil }

func (s *polledSocket) serve(take func(b []byte, from netip.AddrPort)) (stop func(), err error) {
	s.open.RLock()
	defer s.open.RUnlock()
	if s.fd < 0 {
		return nil, net.ErrClosed
	}
	s.taking.Lock()
	defer s.taking.Unlock()
	s.take = take
	if err := s.loop.add(s); err != nil {
		return nil, fmt.Errorf("receive media: %w", err)
	}
	return s.stop, nil
}

func (s *polledSocket) stop() {
	s.taking.Lock()
	defer s.taking.Unlock()
	s.take = nil
	s.loop.remove(s)
}

// receive takes the datagram that waits. When more do, epoll tells again.
func (s *polledSocket) receive(buffer []byte) {
	s.taking.Lock()
	defer s.taking.Unlock()
	if s.take == nil {
		return
	}
	size := uint32(unix.SizeofSockaddrAny)
	// The socket does not block, so Go's scheduler need not know of the call.
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd), uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)),
		0, uintptr(unsafe.Pointer(&s.from)), uintptr(unsafe.Pointer(&size)))
	if errno == 0 {
		s.take(buffer[:n], addressOf(&s.from))
	}
}

// addressOf reads what the system has written.
func addressOf(a *unix.RawSockaddrAny) netip.AddrPort {
	switch a.Addr.Family {
	case unix.AF_INET:
		b := (*unix.RawSockaddrInet4)(unsafe.Pointer(a))
		return netip.AddrPortFrom(netip.AddrFrom4(b.Addr), swapped(b.Port))
	case unix.AF_INET6:
		b := (*unix.RawSockaddrInet6)(unsafe.Pointer(a))
		return netip.AddrPortFrom(netip.AddrFrom16(b.Addr), swapped(b.Port))
	}
	return netip.AddrPort{}
}

// swapped returns a port from or in network order.
func swapped(port uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(&port))
	return uint16(b[0])<<8 | uint16(b[1])
}

// WriteToUDPAddrPort sends a datagram. It never blocks: what does not fit into the socket's buffer is
// refused.
func (s *polledSocket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	s.open.RLock()
	defer s.open.RUnlock()
	if s.fd < 0 {
		return 0, net.ErrClosed
	}
	host, errno := to.Addr().Unmap(), unix.Errno(0)
	switch {
	case len(b) == 0 || host.Is4() != s.local.Addr().Is4():
		errno = unix.EINVAL
	case host.Is4():
		name := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: swapped(to.Port()), Addr: host.As4()}
		errno = s.send(b, unsafe.Pointer(&name), unix.SizeofSockaddrInet4)
	default:
		name := unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: swapped(to.Port()), Addr: host.As16(), Scope_id: zoneOf(host)}
		errno = s.send(b, unsafe.Pointer(&name), unix.SizeofSockaddrInet6)
	}
	if errno != 0 {
		return 0, errno
	}
	return len(b), nil
}

func (s *polledSocket) send(b []byte, name unsafe.Pointer, size uintptr) unix.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0, uintptr(name), size)
	return errno
}
