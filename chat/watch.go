package chat

import (
	"context"
	"io"

	"github.com/hotline-cc/hotline"
)

// watchBuffer is how many steps a watcher may be behind before it is let go.
const watchBuffer = 32

// ErrSlow is the end of a Watch that could not follow: take up the thread at the last event seen.
var ErrSlow = hotline.Errorf("watch conversation", hotline.CodeOverload, "接收太慢，请从最后一条事件继续 too slow, resume after the last event")

// Watch is the events of a conversation as they happen. It is for one goroutine.
type Watch struct {
	host *Host
	room *room
	last uint64 // seen

	upTo  uint64               // the last event that is the keeper's to tell
	ended bool                 // nothing comes after that
	steps chan []hotline.Event // closed when the watcher was too slow
}

// Watch returns the events after a number, those that were and those to come. Stop has to follow.
func (h *Host) Watch(ctx context.Context, id hotline.ConversationID, after uint64) (*Watch, error) {
	w := &Watch{host: h, last: after, steps: make(chan []hotline.Event, watchBuffer)}
	err := h.owned(ctx, id, func(_ context.Context, r *room) error {
		h.mu.Lock()
		r.users++
		h.mu.Unlock()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.watchers[w] = true
		w.room, w.upTo, w.ended = r, r.record.Seq, !r.record.Open()
		w.last = min(w.last, w.upTo)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// Next returns the next events, waiting for them: io.EOF after the last one of a conversation that
// has ended, ErrSlow when the watcher has not followed.
func (w *Watch) Next(ctx context.Context) ([]hotline.Event, error) {
	if w.last < w.upTo {
		events, err := w.host.cfg.Keeper.Events(ctx, w.room.id, w.last, MaxPage)
		if err != nil {
			return nil, err
		}
		if len(events) > 0 {
			w.saw(events)
			return events, nil
		}
		w.upTo = w.last
	}
	for !w.ended {
		select {
		case events, open := <-w.steps:
			if !open {
				return nil, ErrSlow
			}
			if events = w.unseen(events); len(events) > 0 {
				return events, nil
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return nil, io.EOF
}

// unseen cuts off events that the keeper has told.
func (w *Watch) unseen(events []hotline.Event) []hotline.Event {
	for len(events) > 0 && events[0].Seq <= w.last {
		events = events[1:]
	}
	if len(events) > 0 {
		w.saw(events)
	}
	return events
}

// saw remembers how far the watcher has come. The keeper may tell the end before a step does.
func (w *Watch) saw(events []hotline.Event) {
	last := events[len(events)-1]
	w.last = last.Seq
	if _, ended := last.Body.(hotline.Ended); ended {
		w.ended = true
	}
}

// Stop ends the watch.
func (w *Watch) Stop() {
	w.room.mu.Lock()
	delete(w.room.watchers, w)
	w.room.mu.Unlock()
	w.host.leave(w.room)
}

// publish tells whoever watches; a watcher that is too far behind is let go.
func (h *Host) publish(r *room, events []hotline.Event) {
	if h.cfg.OnEvent != nil {
		for _, e := range events {
			h.cfg.OnEvent(e)
		}
	}
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for w := range r.watchers {
		select {
		case w.steps <- events:
		default:
			close(w.steps)
			delete(r.watchers, w)
		}
	}
}

// Over tells whether there is nothing to come after an event: the conversation had ended when the
// watch began.
func (w *Watch) Over(after uint64) bool { return w.ended && after >= w.upTo }
