package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline"
)

var discard = slog.New(slog.DiscardHandler)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a ledger that can be told to fail.
type memory struct {
	mu        sync.Mutex
	fail      error
	callbacks map[string]Callback
	places    map[hotline.ConversationID]Place
	outcomes  map[string]Outcome
}

func (m *memory) Keep(_ context.Context, entries []Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.callbacks == nil {
		m.callbacks, m.places, m.outcomes = map[string]Callback{}, map[hotline.ConversationID]Place{}, map[string]Outcome{}
	}
	for _, e := range entries {
		switch e := e.(type) {
		case Callback:
			m.callbacks[e.ID] = e
		case Place:
			m.places[e.Request.Conversation] = e
		case PlaceGone:
			delete(m.places, e.Conversation)
		case Outcome:
			m.outcomes[e.ID] = e
		}
	}
	return nil
}

func (m *memory) Load(context.Context) (callbacks []Callback, places []Place, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.callbacks {
		if c.State != CallbackDone {
			callbacks = append(callbacks, c)
		}
	}
	for _, p := range m.places {
		places = append(places, p)
	}
	return callbacks, places, nil
}

func (m *memory) breaks(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// start runs a desk until the returned function is called.
func start(t *testing.T, c Config) (*Desk, func()) {
	t.Helper()
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return d, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	}
}

func staff(r Roster) func(context.Context) (Roster, error) {
	return func(context.Context) (Roster, error) { return r, nil }
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAConsoleIsToldEverythingInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := start(t, Config{Directory: staff(team(Queue{}))})
		defer stop()
		ctx := t.Context()
		console, err := d.Connect(ctx, "li")
		must(t, err)
		must(t, d.Line(ctx, "li", Browser, true))
		must(t, d.SetState(ctx, "li", Ready, ""))
		notices := make(chan Notice, 16)
		must(t, d.Open(ctx, Talk{Conversation: "c1", Channel: hotline.ChannelPhone, Caller: "138"}, func(n Notice) {
			if c, ok := n.(Commanded); ok {
				c.Reply(nil)
			}
			notices <- n
		}))
		must(t, d.Enqueue(ctx, Request{Conversation: "c1", Queue: "q", Brief: Brief{Summary: "路灯坏了"}}))
		offer := (<-notices).(Offered).Offer
		must(t, d.Accept(ctx, "li", offer))
		must(t, d.Phase(ctx, "c1", "talk", []Party{{ID: "li", Role: "agent"}}))
		must(t, d.Command(ctx, "li", "c1", Command{Verb: Hold}))
		must(t, d.Release(ctx, "c1", "li", Finished))
		must(t, d.Close(ctx, "c1"))
		time.Sleep(boardEvery)
		synctest.Wait()

		var kinds []string
		for len(kinds) == 0 || kinds[len(kinds)-1] != "board" {
			u, err := console.Next(ctx)
			must(t, err)
			if u.Kind() != "state" {
				kinds = append(kinds, u.Kind())
			}
			if o, is := u.(OfferOpened); is && o.Request.Brief.Summary != "路灯坏了" {
				t.Errorf("offer without a brief: %+v", o)
			}
		}
		want := fmt.Sprint([]string{"hello", "offer", "offer_closed", "talk", "talk", "talk_ended", "board"})
		if got := fmt.Sprint(kinds); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
		console.Close()
	})
}

func TestAConsoleThatCannotFollowIsToldAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := start(t, Config{Directory: staff(team(Queue{}))})
		defer stop()
		ctx := t.Context()
		console, err := d.Connect(ctx, "zhao")
		must(t, err)
		defer console.Close()
		for i := range streamBacklog + 10 {
			must(t, d.Line(ctx, "zhao", Phone, i%2 == 0))
		}
		first, err := console.Next(ctx)
		must(t, err)
		if h, is := first.(Hello); !is || !h.Resync || h.State.Line || len(h.Board.Agents) != 3 {
			t.Errorf("first update is %+v", first)
		}
		must(t, d.Line(ctx, "zhao", Phone, true))
		next, err := console.Next(ctx)
		must(t, err)
		if s, is := next.(StateChanged); !is || !s.State.Line {
			t.Errorf("next update is %+v", next)
		}
	})
}

func TestASecondConsoleTakesOverAndTheFirstOneClosesInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := start(t, Config{Directory: staff(team(Queue{}))})
		defer stop()
		ctx := t.Context()
		first, err := d.Connect(ctx, "li")
		must(t, err)
		second, err := d.Connect(ctx, "li")
		must(t, err)
		if _, err := first.Next(ctx); hotline.CodeOf(err) != hotline.CodeConflict {
			t.Errorf("first console: %v", err)
		}
		first.Close()
		must(t, d.Line(ctx, "li", Browser, true))
		must(t, d.SetState(ctx, "li", Ready, ""))
		time.Sleep(10 * time.Second)
		if b, err := d.Board(ctx); err != nil || b.Agents[0].State != Ready {
			t.Errorf("li is %+v, %v", b.Agents[0], err)
		}
		second.Close()
		time.Sleep(4 * time.Second)
		if b, err := d.Board(ctx); err != nil || b.Agents[0].State != Offline {
			t.Errorf("li is %+v, %v", b.Agents[0], err)
		}
	})
}

func TestASupervisorWhoIsRefusedIsNotHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		roster := team(Queue{})
		roster.Agents[2].Device = Browser
		d, stop := start(t, Config{Directory: staff(roster)})
		defer stop()
		ctx := t.Context()
		console, err := d.Connect(ctx, "zhao")
		must(t, err)
		defer console.Close()
		must(t, d.Line(ctx, "zhao", Browser, true))
		answer := hotline.Errorf("take notice", hotline.CodeConflict, "a chat cannot listen")
		var told []string
		must(t, d.Open(ctx, Talk{Conversation: "c1", Channel: hotline.ChannelPhone}, func(n Notice) {
			c := n.(Commanded)
			told = append(told, string(c.Command.Verb))
			if c.Reply != nil && c.Command.Verb != Barge {
				c.Reply(answer)
			}
		}))
		listening := func() hotline.ConversationID {
			t.Helper()
			b, err := d.Board(ctx)
			must(t, err)
			return b.Agents[2].Listening
		}
		if err := d.Command(ctx, "zhao", "c1", Command{Verb: Listen}); hotline.CodeOf(err) != hotline.CodeConflict || listening() != "" {
			t.Errorf("refused: %v, listens to %q", err, listening())
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := d.Command(short, "zhao", "c1", Command{Verb: Barge}); hotline.CodeOf(err) != hotline.CodeTimeout || listening() != "" {
			t.Errorf("not answered: %v, listens to %q", err, listening())
		}
		answer = nil
		must(t, d.Command(ctx, "zhao", "c1", Command{Verb: Listen}))
		answer = hotline.Errorf("take notice", hotline.CodeConflict, "not at present")
		if err := d.Command(ctx, "zhao", "c1", Command{Verb: Whisper}); hotline.CodeOf(err) != hotline.CodeConflict || listening() != "c1" {
			t.Errorf("refused another way of listening: %v, listens to %q", err, listening())
		}
		if diff := cmp.Diff([]string{"listen", "leave", "barge", "leave", "listen", "whisper"}, told); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAPromiseIsMadeOnlyOnceItIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := &memory{fail: errors.New("disk is full")}
		d, stop := start(t, Config{Directory: staff(team(Queue{})), Ledger: ledger})
		ctx := t.Context()
		c := Callback{Kind: CallbackMessage, Queue: "q", Number: "12345"}
		if _, err := d.Promise(ctx, c); hotline.CodeOf(err) != hotline.CodeUnavailable {
			t.Errorf("promised on a full disk: %v", err)
		}
		ledger.breaks(nil)
		time.Sleep(2 * retryEvery)
		c.Number = "12346"
		made, err := d.Promise(ctx, c)
		must(t, err)
		if _, found := ledger.callbacks[made.ID]; !found || len(ledger.callbacks) != 2 {
			t.Errorf("the ledger has %v", ledger.callbacks)
		}
		stop()
		if _, err := d.Promise(ctx, c); hotline.CodeOf(err) != hotline.CodeUnavailable {
			t.Errorf("promised after the end: %v", err)
		}
	})
}

func TestARosterThatIsWrongIsRefusedAndTheOldOneStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		roster := team(Queue{})
		d, stop := start(t, Config{Directory: func(context.Context) (Roster, error) { return roster, nil }})
		defer stop()
		ctx := t.Context()
		if _, err := d.Board(ctx); err != nil {
			t.Fatal(err)
		}
		roster = team(Queue{MaxLength: -1})
		if err := d.Reload(ctx); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("reload: %v", err)
		}
		roster = team(Queue{})
		roster.Agents = roster.Agents[:1]
		must(t, d.Reload(ctx))
		if b, err := d.Board(ctx); err != nil || len(b.Agents) != 1 || len(b.Queues) != 1 {
			t.Errorf("board %+v, %v", b, err)
		}
	})
}

func TestAMistakeInOneRequestEndsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := start(t, Config{Directory: staff(team(Queue{}))})
		defer stop()
		ctx := t.Context()
		must(t, d.Open(ctx, Talk{Conversation: "bad", Channel: hotline.ChannelPhone}, func(Notice) { panic("nobody home") }))
		if err := d.Enqueue(ctx, Request{Conversation: "bad", Queue: "q"}); hotline.CodeOf(err) != hotline.CodeInternal {
			t.Errorf("enqueue: %v", err)
		}
		if _, err := d.Board(ctx); err != nil {
			t.Error(err)
		}
	})
}
