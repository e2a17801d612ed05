package records

import (
	"context"
	"hash/fnv"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
)

// Source reads what a record is made of.
type Source interface {
	// Events returns the whole log of a conversation; CodeNotFound when there is none.
	Events(context.Context, hotline.ConversationID) ([]hotline.Event, error)
	// Recording returns the folder of its sound, "" when there is none.
	Recording(hotline.ConversationID) string
}

// Keeper keeps records.
type Keeper interface {
	// Aside returns what is known of a conversation beside its log.
	Aside(context.Context, hotline.ConversationID) (Aside, error)
	// PutRecords keeps records, each in the place of the one before of the same conversation.
	PutRecords(context.Context, []Record) error
}

// IndexerConfig is what an indexer needs. Source and Keeper are required.
type IndexerConfig struct {
	Source Source
	Keeper Keeper
	Logger *slog.Logger                         // nil discards
	After  func(time.Duration) <-chan time.Time // nil is the system's clock
}

// Indexer keeps the records up to date. It remembers which conversations have changed and reads their logs
// again, so an event that it is told twice, late or not at all does no harm.
// It is safe for concurrent use.
type Indexer struct {
	source Source
	keeper Keeper
	log    *slog.Logger
	after  func(time.Duration) <-chan time.Time

	mu    sync.Mutex
	soon  map[hotline.ConversationID]bool // changed in what lists show
	later map[hotline.ConversationID]bool // somebody said something
}

// Times of the indexer.
const (
	soonEvery  = time.Second
	laterEvery = 15 // times soonEvery
	batch      = 8  // records written together, for so long others who write wait
)

// NewIndexer returns an indexer that Run sets to work.
func NewIndexer(cfg IndexerConfig) *Indexer {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.After == nil {
		cfg.After = time.After
	}
	return &Indexer{
		source: cfg.Source, keeper: cfg.Keeper, log: cfg.Logger, after: cfg.After,
		soon: map[hotline.ConversationID]bool{}, later: map[hotline.ConversationID]bool{},
	}
}

// Note takes an event that is in the log. It does not wait.
func (x *Indexer) Note(e hotline.Event) {
	switch e.Body.(type) {
	case hotline.Heard, hotline.Said, hotline.Uttered, hotline.KeyPressed, hotline.Decided, hotline.TurnTraced, hotline.Unheard,
		hotline.Silent, hotline.LookedUp, hotline.Attached, hotline.Degraded, hotline.Held, hotline.Noted:
		x.mu.Lock()
		defer x.mu.Unlock()
		x.later[e.Conversation] = true
	default:
		x.Touch(e.Conversation)
	}
}

// Touch says that something about a conversation has changed, in its log or beside it.
func (x *Indexer) Touch(id hotline.ConversationID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.soon[id] = true
}

// Run keeps records until ctx ends, then those that have changed since.
func (x *Indexer) Run(ctx context.Context) error {
	for round := 1; ; round++ {
		select {
		case <-x.after(soonEvery):
			x.flush(ctx, func(id hotline.ConversationID) bool { return turn(id) == round%laterEvery })
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWithin)
			defer cancel()
			x.flush(last, func(hotline.ConversationID) bool { return true })
			return nil
		}
	}
}

// lastWithin bounds how long the end is held up. What is left then is found at the next start.
const lastWithin = 5 * time.Second

// turn is the one of laterEvery rounds in which a conversation is read again. Were it the same for all, those who write
// meanwhile would feel it.
func turn(id hotline.ConversationID) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return int(h.Sum32() % laterEvery)
}

// flush keeps the records of what has changed in what lists show, and of the conversations whose turn it is.
func (x *Indexer) flush(ctx context.Context, due func(hotline.ConversationID) bool) {
	x.mu.Lock()
	changed := x.soon
	x.soon = map[hotline.ConversationID]bool{}
	for id := range x.later {
		if due(id) {
			changed[id] = true
		}
		if changed[id] {
			delete(x.later, id)
		}
	}
	x.mu.Unlock()
	if len(changed) == 0 {
		return
	}
	ids := func(yield func(hotline.ConversationID) bool) {
		for id := range changed {
			if !yield(id) {
				return
			}
		}
	}
	if _, err := x.Index(ctx, ids, time.Time{}); err != nil {
		x.log.Error("records not kept, tried again", "conversations", len(changed), "error", err)
		x.mu.Lock()
		defer x.mu.Unlock()
		for id := range changed {
			x.soon[id] = true
		}
	}
}

// Index works the records of conversations out anew and returns how many there are. A call whose log has no
// end and stopped before broken was broken off: it ended with its last event. A log that
// cannot be read to its end gives the record of what can be read, and a line in our log.
func (x *Indexer) Index(ctx context.Context, ids iter.Seq[hotline.ConversationID], broken time.Time) (n int, err error) {
	var list []Record
	put := func() error {
		if len(list) == 0 {
			return nil
		}
		err := x.keeper.PutRecords(ctx, list)
		if err == nil {
			n += len(list)
		}
		list = list[:0]
		return err
	}
	for id := range ids {
		r, found, err := x.record(ctx, id, broken)
		if err != nil {
			return n, err
		}
		if !found {
			continue
		}
		if list = append(list, r); len(list) == batch {
			if err := put(); err != nil {
				return n, err
			}
		}
	}
	return n, put()
}

func (x *Indexer) record(ctx context.Context, id hotline.ConversationID, broken time.Time) (r Record, found bool, err error) {
	events, err := x.source.Events(ctx, id)
	if err != nil && len(events) == 0 {
		switch hotline.CodeOf(err) {
		case hotline.CodeNotFound, hotline.CodeInvalid, hotline.CodeInternal: // a log that cannot be read keeps nobody else from the list
			x.log.Warn("conversation without a record", "conversation", string(id), "error", err)
			return r, false, nil
		}
		return r, false, err
	}
	if err != nil {
		x.log.Warn("record of a damaged log", "conversation", string(id), "error", err)
	}
	aside, err := x.keeper.Aside(ctx, id)
	if err != nil {
		return r, false, err
	}
	if last := events[len(events)-1]; cutOff(events, broken) {
		// The event is in the record only; the log says what was.
		events = append(events, hotline.Event{Conversation: id, Seq: last.Seq, At: last.At, Body: hotline.Ended{By: "system", Reason: "broken off"}})
	}
	r = Of(events, aside)
	r.Recording = x.source.Recording(id)
	return r, true, nil
}

// cutOff tells whether a log is that of a call that nobody can be in any more.
func cutOff(events []hotline.Event, broken time.Time) bool {
	started, _ := events[0].Body.(hotline.Started)
	if started.Channel == hotline.ChannelChat || !events[len(events)-1].At.Before(broken) {
		return false
	}
	for _, e := range events {
		if e.Body.Kind() == (hotline.Ended{}).Kind() {
			return false
		}
	}
	return true
}
