package whisper

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/hotline-cc/hotline"
)

// taken is what one utterance got.
type taken struct {
	name  string
	state *state
	err   error
}

// queue lets utterances wait for the only state, one after another, and returns what they get in
// the order in which they get it.
func queue(ctx context.Context, s *slots, order chan<- taken, names ...string) {
	for _, name := range names {
		go func() {
			state, err := s.take(ctx, name[0] == 's')
			order <- taken{name, state, err}
		}()
		synctest.Wait()
	}
}

func TestFinalUtterancesComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots([]*state{{}}, 10)
		order := make(chan taken, 10)
		queue(t.Context(), s, order, "f1", "s1", "f2", "s2", "f3")
		for _, want := range []string{"f1", "f2", "f3", "s1", "s2"} {
			got := <-order
			if got.name != want || got.err != nil {
				t.Errorf("%s came, %v; want %s", got.name, got.err, want)
			}
			s.give(got.state)
		}
	})
}

func TestFullQueueRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots([]*state{{}}, 2)
		order := make(chan taken, 10)
		refused := func(want string) {
			t.Helper()
			synctest.Wait()
			got := <-order
			if got.name != want || hotline.CodeOf(got.err) != hotline.CodeOverload {
				t.Errorf("%s got %v; want %s refused", got.name, got.err, want)
			}
		}
		queue(t.Context(), s, order, "f1")
		running := <-order
		queue(t.Context(), s, order, "s1", "s2", "s3")
		refused("s3")
		queue(t.Context(), s, order, "f2")
		refused("s2") // the youngest speculative one makes room
		queue(t.Context(), s, order, "f3")
		refused("s1")
		queue(t.Context(), s, order, "f4")
		refused("f4")
		s.give(running.state)
		for range 2 {
			s.give((<-order).state)
		}
	})
}

func TestWhoLeavesTheQueueIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots([]*state{{}}, 2)
		order := make(chan taken, 10)
		queue(t.Context(), s, order, "f1")
		running := <-order
		ctx, cancel := context.WithCancelCause(t.Context())
		queue(ctx, s, order, "f2")
		queue(t.Context(), s, order, "f3")
		hungUp := errors.New("the caller hung up")
		cancel(hungUp)
		if got := <-order; got.name != "f2" || !errors.Is(got.err, hungUp) {
			t.Errorf("%s got %v", got.name, got.err)
		}
		s.give(running.state)
		got := <-order
		if got.name != "f3" || got.err != nil {
			t.Errorf("%s got %v", got.name, got.err)
		}
		s.give(got.state)
	})
}

func TestClosingRefusesTheQueueAndWaitsForTheRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots([]*state{{}}, 2)
		order := make(chan taken, 10)
		queue(t.Context(), s, order, "f1")
		running := <-order
		queue(t.Context(), s, order, "f2", "s1")
		closed := make(chan int)
		go func() { closed <- len(s.close()) }()
		synctest.Wait()
		for range 2 {
			if got := <-order; hotline.CodeOf(got.err) != hotline.CodeUnavailable {
				t.Errorf("%s got %v", got.name, got.err)
			}
		}
		select {
		case <-closed:
			t.Error("closed while an utterance was decoded")
		default:
		}
		s.give(running.state)
		if n := <-closed; n != 1 {
			t.Errorf("%d states came back", n)
		}
		if _, err := s.take(t.Context(), false); !errors.Is(err, errClosed) {
			t.Error(err)
		}
	})
}
