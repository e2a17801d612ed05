package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

// follow reads a watch until it ends.
func follow(ctx context.Context, w *Watch) (seqs []uint64, err error) {
	for {
		events, err := w.Next(ctx)
		if err != nil {
			return seqs, err
		}
		for _, e := range events {
			seqs = append(seqs, e.Seq)
		}
	}
}

func TestWhoWatchesSeesEveryEventOnce(t *testing.T) {
	h := hosted(t, newMemory())
	id := begun(t, h)
	type result struct {
		after uint64
		seqs  []uint64
		err   error
	}
	results := make(chan result)
	watch := func(after uint64) {
		w, err := h.Watch(t.Context(), id, after)
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			seqs, err := follow(t.Context(), w)
			w.Stop()
			results <- result{after, seqs, err}
		}()
	}
	for i := range 12 { // fewer steps than a watcher may be behind
		watch(uint64(i % 3))
		posted(t, h, id, fmt.Sprint(i))
	}
	watch(1 << 60) // an event that is not there yet
	posted(t, h, id, "再见")
	last := uint64(2 + 12*3 + 3)
	for range 13 {
		r := <-results
		if !errors.Is(r.err, io.EOF) {
			t.Fatal(r.err)
		}
		want := []uint64{}
		for seq := r.after + 1; seq <= last; seq++ {
			want = append(want, seq)
		}
		if r.after == 1<<60 {
			want = []uint64{last - 2, last - 1, last}
		}
		if diff := cmp.Diff(want, r.seqs); diff != "" {
			t.Fatalf("after %d: %s", r.after, diff)
		}
	}
	w, err := h.Watch(t.Context(), id, last)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	if _, err := w.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Error("a conversation that has ended:", err)
	}
}

func TestAWatchEndsThoughTheKeeperTellsTheEndFirst(t *testing.T) {
	h := hosted(t, newMemory())
	id := begun(t, h)
	w, err := h.Watch(t.Context(), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	posted(t, h, id, "再见")
	within, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if seqs, err := follow(within, w); !errors.Is(err, io.EOF) || len(seqs) != 5 {
		t.Error(seqs, err)
	}
}

func TestWhoIsTooSlowIsLetGoAndTakesUpTheThread(t *testing.T) {
	h := hosted(t, newMemory())
	id := begun(t, h)
	w, err := h.Watch(t.Context(), id, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range watchBuffer + 1 {
		posted(t, h, id, fmt.Sprint(i))
	}
	seqs, err := follow(t.Context(), w)
	if !errors.Is(err, ErrSlow) || len(seqs) != watchBuffer*3 {
		t.Errorf("%d events, then %v", len(seqs), err)
	}
	w.Stop()
	w, err = h.Watch(t.Context(), id, seqs[len(seqs)-1])
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	rest, err := w.Next(t.Context())
	if err != nil || len(rest) != 3 || rest[0].Seq != seqs[len(seqs)-1]+1 {
		t.Error(rest, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Next(gone); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestEventsAreToldAfterTheyAreKept(t *testing.T) {
	m := newMemory()
	var told []string
	h := hosted(t, m, func(c *Config) {
		c.OnEvent = func(e hotline.Event) {
			kept, _ := m.Events(t.Context(), e.Conversation, e.Seq-1, 1)
			told = append(told, shown(kept)...)
		}
	})
	id := begun(t, h)
	posted(t, h, id, "一")
	if err := h.Note(t.Context(), id, hotline.Attached{ID: "f", Name: "a.png"}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // closing twice is closing once
		if err := h.Close(t.Context(), id, "caller", "closed"); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"1 started", "2 said 您好", "3 heard 1 一", "4 decided", "5 said 1", "6 attached", "7 ended caller closed"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if err := h.Note(t.Context(), id, hotline.Attached{}); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Error(err)
	}
}
