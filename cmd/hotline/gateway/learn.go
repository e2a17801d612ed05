package gateway

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/kb"
)

// learner tells the knowledge base what people ask: which entries answered, and which questions
// found no answer. It works beside the conversations; what comes faster than it can be kept is lost
// to it and counted in the log.
type learner struct {
	inbox *kb.Inbox
	hits  kb.Store
	log   *slog.Logger
	notes chan func() error

	mu    sync.Mutex
	heard map[hotline.ConversationID]string // what was said last, until it is decided on
	lost  int
}

// learnAhead is how many notes wait.
const learnAhead = 1024

func newLearner(inbox *kb.Inbox, hits kb.Store, log *slog.Logger) *learner {
	return &learner{inbox: inbox, hits: hits, log: log, notes: make(chan func() error, learnAhead), heard: map[hotline.ConversationID]string{}}
}

// note takes an event; it does not wait.
func (l *learner) note(e hotline.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch b := e.Body.(type) {
	case hotline.Heard:
		l.heard[e.Conversation] = b.Text
	case hotline.Decided:
		text := l.heard[e.Conversation]
		delete(l.heard, e.Conversation)
		switch {
		case b.Entry != "":
			l.put(func() error { return l.hits.AddHits(kb.DayOf(e.At.Local()), b.Entry, 1) })
		case strings.HasPrefix(b.Reason, "no_match"):
			l.put(func() error {
				_, err := l.inbox.Add(text, hotline.ChannelChat, e.At)
				return err
			})
		}
	case hotline.Ended:
		delete(l.heard, e.Conversation)
	}
}

// put leaves a note. l.mu is held.
func (l *learner) put(n func() error) {
	select {
	case l.notes <- n:
	default:
		l.lost++
	}
}

// run keeps notes until ctx ends, then those that wait.
func (l *learner) run(ctx context.Context) error {
	for {
		select {
		case n := <-l.notes:
			l.keep(n)
		case <-ctx.Done():
			for {
				select {
				case n := <-l.notes:
					l.keep(n)
				default:
					if l.lost > 0 {
						l.log.Warn("notes for the knowledge base were lost", "count", l.lost)
					}
					return nil
				}
			}
		}
	}
}

func (l *learner) keep(n func() error) {
	if err := n(); err != nil {
		l.log.Error("note for the knowledge base not kept", "error", err)
	}
}
