package webrtc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"golang.org/x/time/rate"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/rtp"
)

// maxKeys is how many keys wait to be read. Those beyond are dropped and counted.
const maxKeys = 64

// Who ended a leg.
const (
	byCaller  = "caller"
	bySystem  = "system"
	byNetwork = "network"
)

// Leg is one connection of a browser with its sound. Its methods are safe for concurrent use.
type Leg struct {
	e         *Endpoint
	log       *slog.Logger
	id        string // in its URL, which nobody else can guess
	token     [sha256.Size]byte
	admission Admission
	offer     *offer
	identity  identity
	stream    stream
	permit    *permit
	patches   *rate.Limiter
	restarts  *rate.Limiter
	wire      *wire
	ctx       context.Context // ends when the leg does
	cancel    context.CancelFunc
	parts     tasks // what the leg has started

	keys    chan dtmf.Event
	dropped atomic.Uint64 // keys
	merger  dtmf.Merger
	ends    chan hotline.Ended // why it is to end; the first counts
	done    chan struct{}
	told    chan hotline.Ended // holds one

	session atomic.Pointer[rtp.Session]

	mu    sync.Mutex
	path  *path // the last that was begun; signalling is about it
	ended bool
}

// newLeg answers an offer. The leg holds the permit until it ends; on an error it has not taken it.
func (e *Endpoint) newLeg(o *offer, a Admission, token string, p *permit) (*Leg, error) {
	id, err := newIdentity(e.clock.Now())
	if err != nil {
		return nil, err
	}
	name := rand.Text()
	l := &Leg{
		e: e, id: name, token: sha256.Sum256([]byte(token)), admission: a, offer: o, identity: id, stream: newStream(), permit: p,
		log:     e.log.With("conversation", a.Conversation, "role", a.Role, "leg", name[:6]),
		patches: rate.NewLimiter(rate.Limit(e.cfg.Limits.PatchesPerLeg), e.cfg.Limits.Candidates), restarts: rate.NewLimiter(rate.Limit(e.cfg.Limits.RestartsPerLeg), restartsAtOnce),
		wire: newWire(), keys: make(chan dtmf.Event, maxKeys), ends: make(chan hotline.Ended, 1),
		done: make(chan struct{}), told: make(chan hotline.Ended, 1),
	}
	l.ctx, l.cancel = context.WithCancel(e.running)
	first, err := e.newPath(l.ctx, o.theirs, l.wire.deliver)
	if err != nil {
		l.cancel()
		return nil, err
	}
	l.path = first
	e.add(l)
	if !e.tasks.run(func() { l.run(first) }) {
		e.remove(l)
		first.close()
		l.cancel()
		return nil, refuse(statusUnavailable, "shutting down")
	}
	_ = l.meet(first, o.candidates) // they have been counted
	return l, nil
}

// Admission says whom the leg belongs to.
func (l *Leg) Admission() Admission { return l.admission }

// ID names the leg; its URL ends with it. Whoever knows it still needs the token.
func (l *Leg) ID() string { return l.id }

// Remote is where the browser is, the zero value until its network is known. It changes when the browser moves.
func (l *Leg) Remote() netip.AddrPort {
	if p := l.wire.path.Load(); p != nil {
		return p.remote()
	}
	return netip.AddrPort{}
}

// Keys gives each telephone key once. It is never closed; see Done.
func (l *Leg) Keys() <-chan dtmf.Event { return l.keys }

// Done is closed when the connection and its sound have ended.
func (l *Leg) Done() <-chan struct{} { return l.done }

// Ended tells once how the leg ended: By is "caller", "system" or "network".
func (l *Leg) Ended() <-chan hotline.Ended { return l.told }

// Hangup ends the leg and returns when it is Done, or with ctx's error. The browser notices by DTLS. It must not be called
// from a Sink or Source.
func (l *Leg) Hangup(ctx context.Context, reason string) error {
	l.end(bySystem, reason)
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end asks the leg to end. Only the first time counts.
func (l *Leg) end(by, reason string) {
	select {
	case l.ends <- hotline.Ended{By: by, Reason: reason}:
	default:
	}
}

// run is the life of the leg.
func (l *Leg) run(first *path) {
	end := l.live(first)
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.e.remove(l)
	l.cancel()
	l.wire.close()
	l.parts.close()
	if l.session.Load() == nil {
		l.e.counters.failed.Add(1)
	}
	l.permit.leave()
	l.told <- end
	close(l.done)
	l.log.Info("browser call ended", "by", end.By, "reason", end.Reason)
}

// security is what a handshake came to.
type security struct {
	conn *dtls.Conn
	keys keys
	err  error
}

// live connects and returns why the leg is to end.
func (l *Leg) live(first *path) hotline.Ended {
	setup, cancel := context.WithCancel(l.ctx)
	defer cancel()
	connected, secured := make(chan struct{}), make(chan security)
	var safe security
	l.parts.run(func() { l.take(first, func() { close(connected) }) })
	l.parts.run(func() {
		select {
		case <-connected:
		case <-setup.Done():
			return
		}
		conn, k, err := handshake(setup, l.wire, l.identity, l.offer.fingerprints, l.offer.passive, l.log)
		select {
		case secured <- security{conn, k, err}:
		case <-setup.Done():
			if conn != nil {
				_ = conn.Close()
			}
		}
	})
	late := l.e.clock.After(l.e.cfg.Setup)
	select {
	case safe = <-secured:
		if safe.err != nil {
			return hotline.Ended{By: byNetwork, Reason: safe.err.Error()}
		}
		defer func() { _ = safe.conn.Close() }() // says goodbye
	case <-late:
		return hotline.Ended{By: byNetwork, Reason: fmt.Sprintf("not connected within %v", l.e.cfg.Setup)}
	case end := <-l.ends:
		return end
	case <-l.ctx.Done():
		return hotline.Ended{By: bySystem, Reason: "shutdown"}
	}
	if err := l.sound(safe.keys); err != nil {
		return hotline.Ended{By: bySystem, Reason: err.Error()}
	}
	l.parts.run(func() { l.listen(safe.conn) })
	l.permit.begin()
	l.e.counters.answered.Add(1)
	l.log.Info("browser call begins", "codec", l.offer.codec.Name, "from", l.Remote())
	l.e.tasks.run(func() {
		l.e.cfg.Answer(l.ctx, l)
		l.end(bySystem, "")
	})
	return l.stay()
}

// listen waits for the browser to say goodbye.
func (l *Leg) listen(conn *dtls.Conn) {
	buffer := make([]byte, maxPacket)
	for {
		if _, err := conn.Read(buffer); err != nil {
			l.end(byCaller, "")
			return
		}
	}
}

const (
	// disconnected is how long checks may go unanswered before the network counts as lost.
	disconnected = 5 * time.Second
	stayEvery    = 500 * time.Millisecond
)

// stay waits until something ends the leg.
func (l *Leg) stay() hotline.Ended {
	for {
		select {
		case end := <-l.ends:
			return end
		case <-l.ctx.Done():
			return hotline.Ended{By: bySystem, Reason: "shutdown"}
		case <-l.e.clock.After(stayEvery):
		}
		if silence := l.wire.path.Load().silence(l.e.clock.Now()); silence > disconnected+l.e.cfg.Linger {
			return hotline.Ended{By: byNetwork, Reason: fmt.Sprintf("the browser has not answered for %v", silence.Round(time.Second))}
		}
	}
}

// take runs a path until it ends, and sends on it from when it works. working is told then.
func (l *Leg) take(p *path, working func()) {
	defer p.close()
	if err := p.begin(); err != nil {
		l.log.Warn("no ICE", "err", err)
		return
	}
	l.parts.run(p.pump)
	l.parts.run(p.watch)
	if p.connect() != nil {
		return
	}
	p.answered.Store(l.e.clock.Now().UnixNano())
	p.wake()
	if old := l.wire.path.Swap(p); old != nil {
		old.retire()
	}
	working()
	<-p.ctx.Done()
}

var errGone = errors.New("the call has ended")

// restart begins another path for new credentials of the browser, or returns the one it has begun for them.
func (l *Leg) restart(theirs credentials) (*path, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended:
		return nil, refuse(statusNotFound, "%w", errGone)
	case l.session.Load() == nil:
		return nil, refuse(statusConflict, "the call is still being set up")
	case l.path.theirs == theirs:
		return l.path, nil
	case !l.restarts.AllowN(l.e.clock.Now(), 1):
		return nil, refuse(statusTooMany, "too many restarts of this call")
	}
	p, err := l.e.newPath(l.ctx, theirs, l.wire.deliver)
	if err != nil {
		return nil, err
	}
	pending := l.path
	if !l.parts.run(func() { l.take(p, func() { l.e.counters.restarts.Add(1) }) }) {
		p.close()
		return nil, refuse(statusNotFound, "%w", errGone)
	}
	if pending != l.wire.path.Load() {
		pending.cancel() // it did not come through; the browser has given it up
	}
	l.path = p
	return p, nil
}

// current is the path that signalling is about.
func (l *Leg) current() *path {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.path
}

// meet tells a path candidates of the browser, which may not be too many.
func (l *Leg) meet(p *path, candidates []string) error {
	l.mu.Lock()
	p.candidates += len(candidates)
	tooMany := p.candidates > l.e.cfg.Limits.Candidates
	l.mu.Unlock()
	if tooMany {
		return refuse(statusTooLarge, "more than %d candidates", l.e.cfg.Limits.Candidates)
	}
	for _, c := range candidates {
		p.meet(c, l.e.listeners.loopback)
	}
	return nil
}
