// Package webrtc is the browser front end: it takes a browser's offer by HTTP as WHIP has it (RFC 9725), talks to the
// browser over ICE, DTLS and SRTP, and gives each connection as a Leg whose sound goes through media/rtp.
//
//	POST offer ─► admission ─► answer            HTTP
//	UDP port ─► gate ─► ICE ─┬─ DTLS ─► keys
//	                         └─ SRTP ─► media/rtp ─► Sink
//
// ICE and DTLS are pion's. What is above them is not: media/rtp decrypts, orders and paces, so there is one jitter buffer
// and one sender of reports, as on the telephone.
//
// We are a full ICE agent, not a lite one, because only checks of our own tell whether the browser still wants our sound
// (RFC 7675) and whether an address is the browser's. We are always controlled.
package webrtc

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/hotline-cc/hotline/media"
)

// Endpoint is the browser front end. It is an http.Handler; its methods are safe for concurrent use.
type Endpoint struct {
	cfg   Config
	log   *slog.Logger
	clock media.Clock

	listeners listeners // fixed once ready
	admission *admission
	counters  counters

	mu   sync.Mutex
	legs map[string]*Leg // by ID

	ready   chan struct{}
	running context.Context // ends when legs must
	tasks   tasks
}

// New returns an Endpoint. It opens nothing.
func New(cfg Config) (*Endpoint, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Endpoint{
		cfg: cfg, log: cfg.Logger, clock: cfg.Clock, admission: newAdmission(cfg.Limits, cfg.Clock),
		legs: make(map[string]*Leg), ready: make(chan struct{}),
	}, nil
}

// Ready is closed when every port is bound. Requests before are refused with 503.
func (e *Endpoint) Ready() <-chan struct{} { return e.ready }

// shutdownTime is how long legs that still stand get to be hung up.
const shutdownTime = 4 * time.Second

// Run listens until ctx ends. Legs that stand then are hung up. When it returns, everything it started has ended. It may be
// called once.
func (e *Endpoint) Run(ctx context.Context) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	e.running = running
	if err := e.listeners.open(ctx, e.cfg, e.log); err != nil {
		return err
	}
	close(e.ready)
	<-ctx.Done()

	e.admission.drain()
	e.hangupAll()
	stop()
	e.tasks.close()
	return e.listeners.close()
}

func (e *Endpoint) hangupAll() {
	ctx, cancel := context.WithTimeout(e.running, shutdownTime)
	defer cancel()
	e.mu.Lock()
	var legs sync.WaitGroup
	for _, l := range e.legs {
		legs.Go(func() { _ = l.Hangup(ctx, "shutdown") })
	}
	e.mu.Unlock()
	legs.Wait()
}

// Drain lets no new leg in; those that come get 503 with Retry-After. It returns when the last leg has ended, or with ctx's
// error.
func (e *Endpoint) Drain(ctx context.Context) error {
	select {
	case <-e.admission.drain():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Endpoint) find(id string) *Leg {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.legs[id]
}

func (e *Endpoint) add(l *Leg) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.legs[l.id] = l
}

func (e *Endpoint) remove(l *Leg) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.legs, l.id)
}

// tasks waits for goroutines. Unlike a WaitGroup it may be closed while others still begin.
type tasks struct {
	mu     sync.Mutex
	closed bool
	wg     sync.WaitGroup
}

// run runs f in a goroutine and reports whether tasks may still begin.
func (t *tasks) run(f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.wg.Go(f)
	return true
}

func (t *tasks) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.wg.Wait()
}
