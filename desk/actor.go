package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
)

// Config is what a Desk needs. Directory is required.
type Config struct {
	// Directory reads the roster, at the start and at each Reload.
	Directory func(context.Context) (Roster, error)
	Ledger    Ledger   // nil keeps nothing
	Observer  Observer // nil counts nothing
	Logger    *slog.Logger
	Now       func() time.Time
	// Callable tells which numbers may be called back; nil is all. A number is whatever the network or the person said.
	Callable func(number string) bool
	// Grace is how long a console or headset may be away in a call: 1…60 s; 0 is 3 s. ChatGrace is how long while there are
	// chats or nothing: Grace…5 min; 0 is 15 s, or Grace when that is more.
	Grace, ChatGrace time.Duration
}

// Desk assigns conversations to people. Run has to run; the other methods are safe for concurrent
// use, wait for the desk's answer only, and fail with CodeUnavailable once it has ended. What is asked
// with a context that ends meanwhile may still be done. Functions that are told notices are called
// by the desk itself: they must neither block nor call it.
type Desk struct {
	cfg     Config
	mail    chan func(*room)
	ended   chan struct{}
	journal *journal
}

// mailbox is how many requests may wait for the desk before their senders do.
const mailbox = 256

// New returns a desk.
func New(c Config) (*Desk, error) {
	const op = "open desk"
	if c.Directory == nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "directory is needed")
	}
	c.Grace = cmp.Or(c.Grace, 3*time.Second)
	if c.Grace < time.Second || c.Grace > time.Minute {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "grace %v is not within 1…60 s", c.Grace)
	}
	c.ChatGrace = cmp.Or(c.ChatGrace, max(c.Grace, 15*time.Second))
	if c.ChatGrace < c.Grace || c.ChatGrace > 5*time.Minute {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "grace of chats %v is not within %v…5 min", c.ChatGrace, c.Grace)
	}
	if c.Observer == nil {
		c.Observer = unobserved{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Desk{
		cfg: c, mail: make(chan func(*room), mailbox), ended: make(chan struct{}), journal: newJournal(c.Ledger, c.Logger),
	}, nil
}

// Run reads the roster and what was kept, and works until ctx ends. It is called once.
func (d *Desk) Run(ctx context.Context) error {
	defer close(d.ended)
	roster, err := d.read(ctx)
	if err != nil {
		return err
	}
	r := newRoom(d.cfg.Now(), graces{calling: d.cfg.Grace, chatting: d.cfg.ChatGrace}, d.cfg.Logger, d.cfg.Observer)
	r.callable = d.cfg.Callable
	if err := r.reload(roster); err != nil {
		return err
	}
	if d.cfg.Ledger != nil {
		callbacks, places, err := d.cfg.Ledger.Load(ctx)
		if err != nil {
			return fmt.Errorf("load what the desk kept: %w", err)
		}
		r.load(callbacks, places)
	}
	r.settle()

	var writing sync.WaitGroup
	writing.Go(func() { d.journal.run(ctx) })
	d.work(ctx, r)
	d.journal.add(r.kept)
	d.journal.close()
	writing.Wait()
	for _, p := range r.roster {
		if p.stream != nil {
			p.stream.end(unavailable("read console stream"))
		}
	}
	return nil
}

func (d *Desk) work(ctx context.Context, r *room) {
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	for {
		d.journal.add(r.kept)
		r.kept = nil
		sleep := time.Hour
		if until, found := r.next(); found {
			sleep = max(0, min(sleep, until))
		}
		alarm.Reset(sleep)
		var do func(*room)
		select {
		case do = <-d.mail:
		case <-alarm.C:
			do = func(*room) {}
		case <-ctx.Done():
			return
		}
		began := time.Now()
		d.step(func() { r.advance(d.cfg.Now()) })
		do(r)
		d.step(r.settle)
		d.cfg.Observer.Decided(time.Since(began))
	}
}

// step keeps a mistake about one conversation from ending all others.
func (d *Desk) step(do func()) {
	defer func() {
		if broken := recover(); broken != nil {
			d.cfg.Logger.Error("the desk broke", "panic", broken, "stack", string(debug.Stack()))
		}
	}()
	do()
}

func (d *Desk) read(ctx context.Context) (Roster, error) {
	roster, err := d.cfg.Directory(ctx)
	if err != nil {
		return Roster{}, fmt.Errorf("read roster: %w", err)
	}
	return roster, roster.Validate()
}

// Reload reads the roster again. One that is not valid is refused and the old one stays.
func (d *Desk) Reload(ctx context.Context) error {
	roster, err := d.read(ctx)
	if err != nil {
		return err
	}
	return d.do(ctx, "reload roster", func(r *room) error { return r.reload(roster) })
}

func unavailable(op string) error {
	return hotline.Errorf(op, hotline.CodeUnavailable, "the desk has ended")
}

// ask lets the desk do something and returns its answer. What panics is an error of its own request.
func ask[T any](ctx context.Context, d *Desk, op string, do func(*room) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	var none T
	letter := func(r *room) {
		var a answer
		defer func() {
			if broken := recover(); broken != nil {
				d.cfg.Logger.Error("the desk broke on a request", "op", op, "panic", broken, "stack", string(debug.Stack()))
				a.err = hotline.Errorf(op, hotline.CodeInternal, "panic: %v", broken)
			}
			answers <- a
		}()
		a.value, a.err = do(r)
	}
	select {
	case d.mail <- letter:
	case <-d.ended:
		return none, unavailable(op)
	case <-ctx.Done():
		return none, fmt.Errorf("%s: %w", op, ctx.Err())
	}
	select {
	case a := <-answers:
		return a.value, a.err
	case <-d.ended:
		select { // it may have been the last one
		case a := <-answers:
			return a.value, a.err
		default:
			return none, unavailable(op)
		}
	case <-ctx.Done():
		return none, fmt.Errorf("%s: %w", op, ctx.Err())
	}
}

func (d *Desk) do(ctx context.Context, op string, do func(*room) error) error {
	_, err := ask(ctx, d, op, func(r *room) (struct{}, error) { return struct{}{}, do(r) })
	return err
}

// promised is ask for what is confirmed to somebody only once the ledger has it.
func promised[T any](ctx context.Context, d *Desk, op string, do func(*room) (T, error)) (T, error) {
	var mark uint64
	value, err := ask(ctx, d, op, func(r *room) (T, error) {
		value, err := do(r)
		d.journal.add(r.kept)
		r.kept = nil
		mark = d.journal.mark()
		return value, err
	})
	if err == nil {
		err = d.journal.wait(ctx, mark)
	}
	if err != nil && errors.Is(err, context.DeadlineExceeded) {
		err = &hotline.Error{Op: op, Code: hotline.CodeTimeout, Err: err}
	}
	return value, err
}
