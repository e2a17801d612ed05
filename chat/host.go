package chat

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
	"github.com/hotline-cc/hotline/dialog"
)

// Config is what a Host needs. Engine, Keeper and Census are required.
type Config struct {
	// Engine returns the dialog that takes the next step; it may be another one at each call.
	Engine func() dialog.Engine
	Keeper Keeper
	Census Census
	Clerk  dialog.Clerk // nil does no errands
	Desk   Desk         // nil has no people
	// OnEvent is told every event that was kept, in order within a conversation. It must not block.
	OnEvent func(hotline.Event)
	Logger  *slog.Logger
	Now     func() time.Time

	Idle    time.Duration // a conversation ends after it; 0 is 30 minutes
	MaxOpen int           // open conversations; 0 is 10,000
}

// Host holds all text conversations. It is safe for concurrent use.
//
// Lock order: a room's own before Host.mu before a room's mu.
type Host struct {
	cfg Config

	mu    sync.Mutex
	rooms map[hotline.ConversationID]*room
}

// room is a conversation in memory. It is there while somebody uses or watches it.
type room struct {
	id hotline.ConversationID
	// own holds a token while nobody owns the conversation. Those who wait get it in order.
	own    chan struct{}
	record Record // the owner's; zero Version means that it has to be read

	users int // by Host.mu

	mu       sync.Mutex
	watchers map[*Watch]bool
}

// New returns a host. Run ends idle conversations; everything else works without it.
func New(cfg Config) (*Host, error) {
	if cfg.Engine == nil || cfg.Keeper == nil || cfg.Census == nil {
		return nil, hotline.Errorf("hold conversations", hotline.CodeInvalid, "engine, keeper and census are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Idle = cmp.Or(cfg.Idle, 30*time.Minute)
	cfg.MaxOpen = cmp.Or(cfg.MaxOpen, 10000)
	return &Host{cfg: cfg, rooms: map[hotline.ConversationID]*room{}}, nil
}

// now is the time in the precision that is kept.
func (h *Host) now() time.Time { return h.cfg.Now().UTC().Truncate(time.Microsecond) }

// enter returns the room of a conversation; leave has to follow.
func (h *Host) enter(id hotline.ConversationID) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, found := h.rooms[id]
	if !found {
		r = &room{id: id, own: make(chan struct{}, 1), watchers: map[*Watch]bool{}}
		r.own <- struct{}{}
		h.rooms[id] = r
	}
	r.users++
	return r
}

func (h *Host) leave(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.users--; r.users == 0 {
		delete(h.rooms, r.id)
	}
}

// Rooms returns how many conversations are in memory.
func (h *Host) Rooms() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.rooms)
}

// stepWithin is how long a step may take, with everything it has done.
const stepWithin = 30 * time.Second

// owned does something as the one owner of a conversation, with what is kept of it at hand.
func (h *Host) owned(ctx context.Context, id hotline.ConversationID, do func(context.Context, *room) error) (err error) {
	if _, err := id.Time(); err != nil {
		return unknown(id)
	}
	r := h.enter(id)
	defer h.leave(r)
	select {
	case <-r.own:
	case <-ctx.Done():
		return hotline.Errorf("wait for the conversation", hotline.CodeTimeout, "%w", context.Cause(ctx))
	}
	defer func() {
		// A fault of one conversation is not the end of all others, whoever's goroutine it is in.
		if fault := recover(); fault != nil {
			h.cfg.Logger.Error("conversation panicked", "conversation", id, "panic", fmt.Sprint(fault), "stack", string(debug.Stack()))
			err = hotline.Errorf("take step", hotline.CodeInternal, "panic")
		}
		if err != nil {
			r.record.Version = 0
		}
		r.own <- struct{}{}
	}()
	// What has begun is finished: who asked may be gone, the conversation is not. A database that
	// hangs does not hold it for ever.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepWithin)
	defer cancel()
	if r.record.Version == 0 {
		if r.record, err = h.cfg.Keeper.Load(ctx, id); err != nil {
			return err
		}
	}
	err = do(ctx, r)
	if hotline.CodeOf(err) == hotline.CodeConflict && errors.Is(err, errMoved) {
		// Another process has taken a step: look at it and try again, once.
		if r.record, err = h.cfg.Keeper.Load(ctx, id); err == nil {
			err = do(ctx, r)
		}
	}
	return err
}

func unknown(id hotline.ConversationID) error {
	return hotline.Errorf("find conversation", hotline.CodeNotFound, "没有这个会话 no conversation %.40q", string(id))
}

// Get returns a conversation as it is kept.
func (h *Host) Get(ctx context.Context, id hotline.ConversationID) (Record, error) {
	if _, err := id.Time(); err != nil {
		return Record{}, unknown(id)
	}
	return h.cfg.Keeper.Load(ctx, id)
}

// History returns events after a number, in order, at most limit (1…MaxPage) of them.
func (h *Host) History(ctx context.Context, id hotline.ConversationID, after uint64, limit int) ([]hotline.Event, error) {
	if _, err := id.Time(); err != nil {
		return nil, unknown(id)
	}
	return h.cfg.Keeper.Events(ctx, id, after, min(max(limit, 1), MaxPage))
}

// sweepEvery is how often idle conversations are looked for, sweepAtOnce how many are ended then.
const (
	sweepEvery  = 15 * time.Second
	sweepAtOnce = 500
)

// Run ends conversations in which nothing happens, until ctx ends.
func (h *Host) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := h.sweep(ctx); err != nil && ctx.Err() == nil {
			h.cfg.Logger.Error("idle conversations not ended", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (h *Host) sweep(ctx context.Context) error {
	before := h.now().Add(-h.cfg.Idle)
	list, err := h.cfg.Census.Idle(ctx, before, sweepAtOnce)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range list {
		failed = append(failed, h.owned(ctx, id, func(ctx context.Context, r *room) error {
			if !r.record.Open() || !r.record.Last.Before(before) {
				return nil
			}
			return h.end(ctx, r, hotline.Ended{By: "system", Reason: "idle"})
		}))
	}
	return errors.Join(failed...)
}
