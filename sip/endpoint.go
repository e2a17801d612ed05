// Package sip is the telephone front end: it answers and places calls by SIP (RFC 3261) over UDP,
// TCP and TLS, keeps registrations with trunks and of phones, and gives each call as a Leg whose
// sound goes through media/rtp.
//
// Parsing, transports and transactions are sipgo's; dialogs are ours. Every message passes receive
// before the stack's transactions see it, so that nothing is answered unexamined.
//
//	socket ─► limiter ─► parser ─► receive ─► transactions ─► handle ─► Invitation ─► Leg
package sip

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/sip/digest"
	"github.com/hotline-cc/hotline/sip/screen"
)

// product is what User-Agent and Server say: no version, which would only tell attackers.
const product = "Hotline"

// Endpoint is the telephone front end. Its methods are safe for concurrent use.
type Endpoint struct {
	cfg   Config
	log   *slog.Logger
	wary  *slog.Logger // tells of what strangers do, not more than a little
	clock media.Clock

	stack     *gosip.TransportLayer
	txs       *gosip.TransactionLayer
	listeners []*listener // fixed once ready
	tcp, tls  *streams
	handles   atomic.Int64
	faces     faces
	limiter   *screen.Limiter

	ports4, ports6 *rtp.Ports
	auth           *digest.Server // nil without users
	users          map[string]*registered
	trunks         []*trunk

	admission *admission
	calls     table
	counters  counters

	ready   chan struct{}
	running context.Context // ends when calls must
	tasks   tasks           // handlers, legs and everything else that calls start
	readers sync.WaitGroup  // of sockets
}

// New returns an Endpoint. It opens nothing.
func New(cfg Config) (*Endpoint, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Endpoint{
		cfg: cfg, log: cfg.Logger, wary: slog.New(screen.Quiet(cfg.Logger.Handler(), quietly)), clock: cfg.Clock,
		admission: newAdmission(cfg.Limits), calls: newTable(), faces: newFaces(), ready: make(chan struct{}),
		users: make(map[string]*registered, len(cfg.Users)),
	}
	if err := e.newPorts(); err != nil {
		return nil, err
	}
	if err := e.newUsers(); err != nil {
		return nil, err
	}
	if err := e.newTrunks(); err != nil {
		return nil, err
	}
	if e.limiter, err = e.newLimiter(); err != nil {
		return nil, err
	}
	stackLog := StackLogger(cfg.Logger)
	e.tcp, e.tls = newStreams(TCP, e), newStreams(TLS, e)
	e.stack = gosip.NewTransportLayer(net.DefaultResolver, screen.NewParser(), nil,
		gosip.WithTransportLayerLogger(stackLog), gosip.WithTransportLayerConnectionReuse(false),
		gosip.WithTransportLayerReadFilter(e.limiter.Filter))
	e.stack.OnMessage(e.receive) // before the transactions, which ask for messages in the next line
	e.txs = gosip.NewTransactionLayer(e.stack, gosip.WithTransactionLayerLogger(stackLog),
		gosip.WithTransactionLayerUnhandledResponseHandler(func(*gosip.Response) {}))
	e.txs.OnRequest(e.handle)
	return e, nil
}

func (e *Endpoint) newPorts() error {
	cfg := e.cfg.Media
	both := !cfg.Address.IsValid()
	if both {
		cfg.Address = netip.IPv4Unspecified()
	}
	ports, err := rtp.NewPorts(cfg)
	if err != nil {
		return err
	}
	if cfg.Address.Is4() {
		e.ports4 = ports
	} else {
		e.ports6 = ports
	}
	if both {
		cfg.Address = netip.IPv6Unspecified()
		e.ports6, err = rtp.NewPorts(cfg)
	}
	return err
}

// Ready is closed when every listener is bound.
func (e *Endpoint) Ready() <-chan struct{} { return e.ready }

// shutdownTime is how long calls that still stand get to be hung up.
const shutdownTime = 4 * time.Second

// Run listens and serves until ctx ends. Calls that stand then are hung up. When it returns,
// everything it started has ended. It may be called once.
func (e *Endpoint) Run(ctx context.Context) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	e.running = running
	if err := e.open(ctx); err != nil {
		return err
	}
	e.serve()
	trunksDone := e.runTrunks(ctx)
	close(e.ready)
	<-ctx.Done()

	e.admission.drain()
	trunksDone()
	e.hangupAll()
	stop()
	e.tasks.close()
	e.txs.Close()
	err := e.closeSockets()
	_ = e.stack.Close() // of connections that closeSockets has closed
	e.readers.Wait()
	return err
}

func (e *Endpoint) hangupAll() {
	ctx, cancel := context.WithTimeout(e.running, shutdownTime)
	defer cancel()
	var calls sync.WaitGroup
	for _, l := range e.calls.all() {
		calls.Go(func() { _ = l.Hangup(ctx, "shutdown") })
	}
	calls.Wait()
}

// Drain lets no new call in; those that come get 503 with Retry-After. It returns when the last
// call has ended, or with ctx's error.
func (e *Endpoint) Drain(ctx context.Context) error {
	select {
	case <-e.admission.drain():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Endpoint) nextHandle() int { return firstHandle + int(e.handles.Add(1)) }

// tasks waits for goroutines. Unlike a WaitGroup it may be closed while others still begin.
type tasks struct {
	mu     sync.Mutex
	closed bool
	wg     sync.WaitGroup
}

// begin reports whether a task may run; it must call end then.
func (t *tasks) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.wg.Add(1)
	return true
}

func (t *tasks) end() { t.wg.Done() }

// run runs f in a goroutine, if tasks may still begin.
func (t *tasks) run(f func()) bool {
	if !t.begin() {
		return false
	}
	go func() {
		defer t.end()
		f()
	}()
	return true
}

func (t *tasks) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.wg.Wait()
}
