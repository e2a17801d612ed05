package webrtc

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/stun/v4"
)

const (
	// maxQueued is how many packets of a path wait for its ICE agent, which takes them at once.
	maxQueued = 64
	// maxAsked is how many checks of ours a path waits for the answers to.
	maxAsked = 512
)

// port is one UDP port that all browsers share. It gives each path its packets: a check by the name it says, an answer by
// the check it answers, and sound by the address it is from once a path has found that address good. pion's own mux goes by the
// address we wrote to last, so that a caller could draw the sound and the checks of others to itself by naming their addresses.
type port struct {
	socket *net.UDPConn
	done   chan struct{} // closed when run has ended

	mu     sync.RWMutex
	shares map[string]*share           // by our name in ICE
	asked  map[transaction]*share      // who waits for the answer
	heard  map[netip.AddrPort][]*share // whose checks came from there, the latest share last
}

type transaction [stun.TransactionIDSize]byte

func openPort(socket *net.UDPConn) *port {
	p := &port{
		socket: socket, done: make(chan struct{}),
		shares: make(map[string]*share), asked: make(map[transaction]*share), heard: make(map[netip.AddrPort][]*share),
	}
	go p.run()
	return p
}

// run hands out what arrives until the socket is closed.
func (p *port) run() {
	defer close(p.done)
	buffer := make([]byte, maxPacket)
	var m stun.Message
	for {
		n, from, err := p.socket.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // the system is short of something; the port has to go on
			continue
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if b := buffer[:n]; stun.IsMessage(b) {
			p.signal(b, from, &m)
		} else if s := p.owner(from); s != nil && s.gate.admit(b, from) {
			s.put(b, from)
		}
	}
}

// signal hands out a STUN message, which m is used to read.
func (p *port) signal(b []byte, from netip.AddrPort, m *stun.Message) {
	if stun.Decode(b, m) != nil {
		return
	}
	var s *share
	switch class := m.Type.Class; class {
	case stun.ClassRequest:
		username, _ := m.Get(stun.AttrUsername)
		ours, _, _ := strings.Cut(string(username), ":")
		p.mu.RLock()
		s = p.shares[ours]
		p.mu.RUnlock()
	case stun.ClassSuccessResponse, stun.ClassErrorResponse:
		p.mu.RLock()
		s = p.asked[m.TransactionID]
		p.mu.RUnlock()
	default:
		s = p.owner(from)
	}
	if s == nil || !s.gate.admit(b, from) {
		return
	}
	if m.Type.Class == stun.ClassRequest {
		p.hear(s, from)
	}
	s.put(b, from)
}

// hear remembers that checks of a path come from an address. How many there are of a path is up to its gate.
func (p *port) hear(s *share, from netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shares[s.ours] == s && !slices.Contains(p.heard[from], s) {
		p.heard[from] = append(p.heard[from], s)
		s.sources = append(s.sources, from)
	}
}

// owner returns whose sound comes from an address: the latest that has found it good. While nobody has, it is the latest whose
// check came from there, which keeps a browser's first record until its check is through.
func (p *port) owner(from netip.AddrPort) *share {
	p.mu.RLock()
	defer p.mu.RUnlock()
	heard := p.heard[from]
	for _, s := range slices.Backward(heard) {
		if s.gate.believes(from) {
			return s
		}
	}
	if len(heard) == 0 {
		return nil
	}
	return heard[len(heard)-1]
}

// ask remembers who has sent a check.
func (p *port) ask(s *share, id transaction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shares[s.ours] != s {
		return
	}
	if len(s.asked) == maxAsked {
		delete(p.asked, s.asked[0])
		s.asked = s.asked[1:]
	}
	s.asked = append(s.asked, id)
	p.asked[id] = s
}

// open gives a path its share.
func (p *port) open(ours string, g *gate) *share {
	s := &share{port: p, ours: ours, gate: g, packets: make(chan packet, maxQueued), closed: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shares[ours] = s
	return s
}

// remove takes a share back. Only the first time counts.
func (p *port) remove(ours string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.shares[ours]
	if s == nil {
		return
	}
	delete(p.shares, ours)
	for _, id := range s.asked {
		delete(p.asked, id)
	}
	for _, from := range s.sources {
		others := slices.DeleteFunc(p.heard[from], func(o *share) bool { return o == s })
		if p.heard[from] = others; len(others) == 0 {
			delete(p.heard, from)
		}
	}
	close(s.closed)
}

// close ends the port. Its shares must have been closed.
func (p *port) close() error {
	err := p.socket.Close()
	<-p.done
	return err
}

// share is what a path has of a port. It is the connection of the path's ICE agent.
type share struct {
	port    *port
	ours    string
	gate    *gate
	packets chan packet
	closed  chan struct{}

	// Under the port's lock.
	sources []netip.AddrPort // in heard
	asked   []transaction    // in asked, the oldest first
}

type packet struct {
	bytes *[maxPacket]byte
	size  int
	from  netip.AddrPort
}

var packetBytes = sync.Pool{New: func() any { return new([maxPacket]byte) }}

// put queues a packet. An agent that is too slow loses it.
func (s *share) put(b []byte, from netip.AddrPort) {
	p := packet{packetBytes.Get().(*[maxPacket]byte), len(b), from} //nolint:forcetypeassert // there is nothing else in it
	copy(p.bytes[:], b)
	select {
	case s.packets <- p:
	default:
		packetBytes.Put(p.bytes)
	}
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (s *share) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case p := <-s.packets:
		n := copy(b, p.bytes[:p.size])
		packetBytes.Put(p.bytes)
		return n, p.from, nil
	case <-s.closed:
		return 0, netip.AddrPort{}, io.EOF
	}
}

// WriteToAddrPort implements ice.AddrPortReaderWriter.
func (s *share) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	select {
	case <-s.closed:
		return 0, io.ErrClosedPipe
	default:
	}
	if stun.IsMessage(b) {
		var kind stun.MessageType
		if kind.ReadValue(binary.BigEndian.Uint16(b)); kind.Class == stun.ClassRequest {
			s.port.ask(s, transaction(b[8:20])) // RFC 8489 section 5
		}
	}
	return s.port.socket.WriteToUDPAddrPort(b, to)
}

func (s *share) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := s.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

func (s *share) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := addrPort(to)
	if !ok {
		return 0, net.InvalidAddrError(to.String())
	}
	return s.WriteToAddrPort(b, a)
}

func (s *share) Close() error {
	s.port.remove(s.ours)
	return nil
}

func (s *share) LocalAddr() net.Addr { return s.port.socket.LocalAddr() }

// Close ends reading; nothing else has to.
func (s *share) SetDeadline(time.Time) error      { return nil }
func (s *share) SetReadDeadline(time.Time) error  { return nil }
func (s *share) SetWriteDeadline(time.Time) error { return nil }
