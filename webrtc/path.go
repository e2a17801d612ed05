package webrtc

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"

	"github.com/hotline-cc/hotline/media"
)

const (
	// keepAlive is the time between our checks of a path that works. RFC 7675 section 5.1 wants 4…6 s on average where a
	// lost answer is asked for again within it; a shorter time needs no repetition.
	keepAlive = 2 * time.Second
	// consentLife is how long a valid answer lets us send (RFC 7675 section 5.1).
	consentLife = 30 * time.Second
	// lookEvery is how often a path looks at its checks, lookAgain how soon when a record waits for one.
	lookEvery = 500 * time.Millisecond
	lookAgain = 20 * time.Millisecond
	// retireAfter is how long a path that another took the place of still hears what was under way.
	retireAfter = time.Second
)

// credentials are the name and password of one side of ICE.
type credentials struct{ ufrag, pwd string }

// path is one ICE session with a browser. A restart makes another path; the old one goes on until the new one works
// (RFC 8445 section 9).
type path struct {
	ours, theirs credentials
	agent        *ice.Agent
	conn         *ice.Conn // after begin
	gate         *gate
	clock        media.Clock
	deliver      func([]byte)
	ctx          context.Context // ends with the path
	cancel       context.CancelFunc
	candidates   int // of theirs, counted under the leg's lock

	muted    atomic.Bool  // consent has run out
	answered atomic.Int64 // Unix ns of the last valid answer to a check
	answers  uint64       // how many there were; belongs to watch

	nominated *ice.CandidatePair // by the browser; belongs to the agent
}

// newPath opens our side of a path. It must be closed.
func (e *Endpoint) newPath(ctx context.Context, theirs credentials, deliver func([]byte)) (*path, error) {
	ours := credentials{rand.Text()[:16], rand.Text()}
	p := &path{
		ours: ours, theirs: theirs, clock: e.clock, deliver: deliver,
		gate: newGate(e.clock, &e.counters, ours.pwd, e.cfg.Limits.Candidates),
	}
	networks := []ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}
	options := []ice.AgentOption{
		ice.WithLocalCredentials(p.ours.ufrag, p.ours.pwd),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithUDPMux(muxUDP{e.listeners.udp, p.gate}),
		ice.WithKeepaliveInterval(keepAlive),
		// Whether the browser is still there is our own question: pion takes any packet for a sign of life.
		ice.WithDisconnectedTimeout(0), ice.WithFailedTimeout(0),
		ice.WithBindingRequestHandler(p.follow),
		ice.WithDisableActiveTCP(),
		ice.WithLoggerFactory(stackLogger{e.log}),
	}
	if e.listeners.tcp != nil {
		networks = append(networks, ice.NetworkTypeTCP4, ice.NetworkTypeTCP6)
		options = append(options, ice.WithTCPMux(muxTCP{e.listeners.tcp, p.gate}))
		if e.listeners.loopback {
			options = append(options, ice.WithIncludeLoopback())
		}
	}
	agent, err := ice.NewAgentWithOptions(append(options, ice.WithNetworkTypes(networks))...)
	if err != nil {
		return nil, fmt.Errorf("open ICE: %w", err)
	}
	p.agent = agent
	p.ctx, p.cancel = context.WithCancel(ctx)
	if err := p.gather(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// gather opens the agent's share of the ports. It takes no time, because we ask no server.
func (p *path) gather() error {
	gathered := make(chan struct{})
	done := sync.OnceFunc(func() { close(gathered) })
	err := p.agent.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			done()
		}
	})
	if err == nil {
		err = p.agent.OnSelectedCandidatePairChange(func(ice.Candidate, ice.Candidate) { p.wake() })
	}
	if err == nil {
		err = p.agent.GatherCandidates()
	}
	if err != nil {
		return fmt.Errorf("open ICE: %w", err)
	}
	select {
	case <-gathered:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

func (p *path) wake() {
	select {
	case p.gate.look <- struct{}{}:
	default:
	}
}

// follow makes us change to the pair the browser nominated last, if a check of ours has found it good. pion's own rule stays
// with a pair of higher priority, which may be the one that died.
func (p *path) follow(m *stun.Message, _, _ ice.Candidate, pair *ice.CandidatePair) bool {
	if !m.Contains(stun.AttrUseCandidate) || pair == p.nominated || pair.ResponsesReceived() == 0 {
		return false
	}
	p.nominated = pair
	return true
}

// begin starts the checks.
func (p *path) begin() error {
	conn, err := p.agent.StartAccept(p.theirs.ufrag, p.theirs.pwd)
	if err != nil {
		return fmt.Errorf("begin ICE: %w", err)
	}
	p.conn = conn
	return nil
}

// connect waits until a pair works and the browser has chosen it.
func (p *path) connect() error { return p.agent.AwaitConnect(p.ctx) }

// pump hands on what arrives until the path is closed.
func (p *path) pump() {
	buffer := make([]byte, maxPacket)
	for {
		n, err := p.conn.Read(buffer)
		if err != nil {
			return
		}
		p.deliver(buffer[:n])
	}
}

// watch keeps the gate and the consent up to date until the path is closed.
func (p *path) watch() {
	p.answered.Store(p.clock.Now().UnixNano())
	wait := lookEvery
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-p.gate.look:
		case <-p.clock.After(wait):
		}
		records, more := p.gate.believe(p.valid())
		for _, record := range records {
			p.deliver(record)
		}
		p.heed()
		wait = lookEvery
		if more {
			wait = lookAgain
		}
		// Whoever sends to a closed gate must not keep us busy.
		select {
		case <-p.ctx.Done():
			return
		case <-p.clock.After(lookAgain / 2):
		}
	}
}

// valid returns the addresses that have answered a check.
func (p *path) valid() []netip.AddrPort {
	remotes := make(map[string]netip.AddrPort)
	candidates, err := p.agent.GetRemoteCandidates()
	if err != nil {
		return nil
	}
	for _, c := range candidates {
		if a, err := netip.ParseAddr(c.Address()); err == nil && c.Port() > 0 && c.Port() < 1<<16 {
			remotes[c.ID()] = netip.AddrPortFrom(a.Unmap(), uint16(c.Port()))
		}
	}
	var list []netip.AddrPort
	for _, pair := range p.agent.GetCandidatePairsStats() {
		if a, ok := remotes[pair.RemoteCandidateID]; ok && pair.State == ice.CandidatePairStateSucceeded {
			list = append(list, a)
		}
	}
	return list
}

// heed counts answers to checks of the pair we send on.
func (p *path) heed() {
	now := p.clock.Now()
	if s, ok := p.agent.GetSelectedCandidatePairStats(); ok && s.ResponsesReceived != p.answers {
		p.answers = s.ResponsesReceived
		p.answered.Store(now.UnixNano())
	}
	p.muted.Store(p.silence(now) >= consentLife)
}

// silence is how long no check has been answered.
func (p *path) silence(now time.Time) time.Duration {
	return now.Sub(time.Unix(0, p.answered.Load()))
}

func (p *path) write(b []byte) (int, error) {
	if p.muted.Load() {
		return 0, errNoPath
	}
	return p.conn.Write(b)
}

// remote is the address in use, the zero value while there is none.
func (p *path) remote() netip.AddrPort {
	a, _ := addrPort(p.conn.RemoteAddr())
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// retire ends the path in a moment.
func (p *path) retire() { time.AfterFunc(retireAfter, p.cancel) }

// close ends the path and returns when its goroutines have ended.
func (p *path) close() {
	p.cancel()
	_ = p.agent.GracefulClose()
}
