package rtp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
)

// PortsConfig says which UDP ports media may use.
type PortsConfig struct {
	// Address is what sockets are bound to, IPv4 or IPv6. The zero value is every IPv4 address.
	Address netip.Addr
	// Low and High bound the ports, both included; RTP takes an even one and RTCP the next. Both 0
	// lets the system choose.
	Low, High uint16
	// Quarantine is how long a closed pair rests, so that a late packet cannot enter the next call.
	// When nothing else is left, a pair is used again after a thirtieth of that. Default 30 s.
	Quarantine time.Duration
	// Buffer is the socket buffer of each direction in bytes, as far as the system grants it.
	// Default 256 KiB.
	Buffer int
	// Poller receives for the sockets. Without one each has a goroutine that does while a session runs.
	Poller *Poller
	// Clock is the machine's when nil; only its Now is used.
	Clock media.Clock
}

func (c PortsConfig) withDefaults() (PortsConfig, error) {
	if !c.Address.IsValid() {
		c.Address = netip.IPv4Unspecified()
	}
	if c.Quarantine == 0 {
		c.Quarantine = 30 * time.Second
	}
	if c.Buffer == 0 {
		c.Buffer = 256 << 10
	}
	if c.Clock == nil {
		c.Clock = media.SystemClock{}
	}
	if (c.Low != 0 || c.High != 0) && (c.Low < 1024 || firstEven(c.Low) >= int(c.High)) {
		return c, fmt.Errorf("media ports %d…%d: want both 0, or a range from 1024 that holds an even port and the next", c.Low, c.High)
	}
	if c.Quarantine < 0 || c.Quarantine > 10*time.Minute {
		return c, fmt.Errorf("media ports: Quarantine %v is not within 0…10 min", c.Quarantine)
	}
	if c.Buffer < 0 || c.Buffer > 64<<20 {
		return c, fmt.Errorf("media ports: Buffer %d is not within 0…64 MiB", c.Buffer)
	}
	return c, nil
}

func firstEven(port uint16) int { return (int(port) + 1) &^ 1 }

// Ports hands out pairs of UDP ports. It is safe for concurrent use.
type Ports struct {
	cfg PortsConfig

	mu     sync.Mutex
	states []pairState // empty when the system chooses
	next   int
	open   int
}

// pairState is whether a pair is taken and, after that, until when it rests.
type pairState struct {
	taken bool
	until time.Time
}

// NewPorts returns an allocator. It opens nothing.
func NewPorts(cfg PortsConfig) (*Ports, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Ports{cfg: cfg}
	if cfg.High != 0 {
		p.states = make([]pairState, (int(cfg.High)-firstEven(cfg.Low)+1)/2)
		p.next = rand.IntN(len(p.states)) // so that a restart does not meet the calls before it
	}
	return p, nil
}

// Socket is a bound UDP socket: a *net.UDPConn, or one of a Poller.
type Socket interface {
	Conn
	LocalAddr() net.Addr
	Close() error
}

// Pair is an even UDP port for RTP and the next for RTCP.
type Pair struct {
	RTP, RTCP Socket
	Port      uint16 // of RTP
	release   func()
}

// Close closes both sockets and lets their ports rest. It may be called more than once.
func (p *Pair) Close() error {
	err := errors.Join(p.RTP.Close(), p.RTCP.Close())
	p.release()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// InUse returns how many pairs are open.
func (p *Ports) InUse() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// Open binds a pair. When all are taken or have just been closed the error has hotline.CodeOverload.
func (p *Ports) Open() (*Pair, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.states) == 0 {
		return p.openAny()
	}
	now := p.cfg.Clock.Now()
	if pair := p.openRested(now); pair != nil {
		return pair, nil
	}
	if pair := p.openRested(now.Add(p.cfg.Quarantine - p.cfg.Quarantine/30)); pair != nil {
		return pair, nil
	}
	return nil, hotline.Errorf("open media ports", hotline.CodeOverload, "all %d pairs within %d…%d are taken or resting",
		len(p.states), p.cfg.Low, p.cfg.High)
}

// openRested binds the next pair that has rested at a time; nil when there is none. They come in
// turn, so it is the one that has rested longest, give or take the length of calls. mu is held.
func (p *Ports) openRested(at time.Time) *Pair {
	for range p.states {
		i := p.next
		p.next = (p.next + 1) % len(p.states)
		state := &p.states[i]
		if state.taken || at.Before(state.until) {
			continue
		}
		pair, err := p.bind(firstEven(p.cfg.Low) + 2*i)
		if err != nil {
			continue // another program has the port
		}
		state.taken = true
		p.open++
		pair.release = sync.OnceFunc(func() { p.rest(state) })
		return pair
	}
	return nil
}

func (p *Ports) rest(state *pairState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*state = pairState{until: p.cfg.Clock.Now().Add(p.cfg.Quarantine)}
	p.open--
}

// openAny lets the system choose until an even port with a free neighbour turns up.
func (p *Ports) openAny() (*Pair, error) {
	const tries = 64
	var err error
	for range tries {
		var probe *net.UDPConn
		probe, err = net.ListenUDP(p.network(), p.udpAddr(0))
		if err != nil {
			break
		}
		port := probe.LocalAddr().(*net.UDPAddr).Port &^ 1
		_ = probe.Close()
		var pair *Pair
		if pair, err = p.bind(port); err == nil {
			p.open++
			pair.release = sync.OnceFunc(func() { p.rest(new(pairState)) })
			return pair, nil
		}
	}
	return nil, hotline.Errorf("open media ports", hotline.CodeOverload, "no free pair: %w", err)
}

func (p *Ports) bind(port int) (*Pair, error) {
	media, err := p.listen(port)
	if err != nil {
		return nil, err
	}
	reports, err := p.listen(port + 1)
	if err != nil {
		_ = media.Close()
		return nil, err
	}
	return &Pair{RTP: media, RTCP: reports, Port: uint16(port)}, nil
}

func (p *Ports) listen(port int) (Socket, error) {
	if p.cfg.Poller != nil {
		return p.cfg.Poller.listen(netip.AddrPortFrom(p.cfg.Address, uint16(port)), p.cfg.Buffer)
	}
	c, err := net.ListenUDP(p.network(), p.udpAddr(port))
	if err != nil {
		return nil, fmt.Errorf("bind media port %d: %w", port, err)
	}
	// The system caps the sizes; a smaller buffer only loses packets earlier under stress.
	_ = c.SetReadBuffer(p.cfg.Buffer)
	_ = c.SetWriteBuffer(p.cfg.Buffer)
	return c, nil
}

func (p *Ports) udpAddr(port int) *net.UDPAddr {
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.cfg.Address, uint16(port)))
}

// network keeps IPv4 and IPv6 sockets apart: "udp" would bind every IPv4 address as IPv6.
func (p *Ports) network() string {
	if p.cfg.Address.Is4() {
		return "udp4"
	}
	return "udp6"
}
