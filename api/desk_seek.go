package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
)

// heardEvents are events on their way to a console.
type heardEvents struct {
	wake chan struct{}

	mu     sync.Mutex
	events []hotline.Event
	lost   bool
}

// tell implements follower.
func (c *console) tell(e hotline.Event) { c.heard.put(e) }

func (h *heardEvents) put(e hotline.Event) {
	h.mu.Lock()
	if len(h.events) < eventBacklog && !h.lost {
		h.events = append(h.events, e)
	} else {
		h.lost = true
	}
	h.mu.Unlock()
	poke(h.wake)
}

// take returns what has come, and whether more came than was kept.
func (h *heardEvents) take() (events []hotline.Event, lost bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	events, lost = h.events, h.lost
	h.events, h.lost = nil, false
	return events, lost
}

// seekEach is how long one console waits between two searches.
const seekEach = 500 * time.Millisecond

// seeker looks into the knowledge while people talk. What is said last of a conversation counts.
type seeker struct {
	wake chan struct{}

	mu    sync.Mutex
	texts map[hotline.ConversationID]string
}

// ask has a sentence looked up. It does not wait.
func (s *seeker) ask(id hotline.ConversationID, text string) {
	s.mu.Lock()
	if s.texts == nil {
		s.texts = map[hotline.ConversationID]string{}
	}
	s.texts[id] = text
	s.mu.Unlock()
	poke(s.wake)
}

func (s *seeker) take() map[hotline.ConversationID]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	texts := s.texts
	s.texts = nil
	return texts
}

// run searches until ctx ends, one search at a time in the whole office.
func (s *seeker) run(ctx context.Context, o *office, found chan<- suggestionsMessage) {
	shown := map[hotline.ConversationID][]Suggestion{}
	for {
		select {
		case <-s.wake:
		case <-ctx.Done():
			return
		}
		texts := s.take()
		if len(shown) > maxShown {
			clear(shown) // some are shown twice
		}
		for id, text := range texts {
			select {
			case o.turn <- struct{}{}:
			case <-ctx.Done():
				return
			}
			items := o.shelf.suggest(text)
			<-o.turn
			if len(items) == 0 || slices.EqualFunc(items, shown[id], func(a, b Suggestion) bool { return a.Entry == b.Entry }) {
				continue // what is shown may still be of use
			}
			shown[id] = items
			select {
			case found <- suggestionsMessage{"suggestions", id, items}:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-time.After(seekEach):
		case <-ctx.Done():
			return
		}
	}
}

// maxShown is of how many conversations is remembered what was shown.
const maxShown = 64
