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
	talks map[hotline.ConversationID]*talk
	lost  int
}

// learnAhead is how many notes wait.
const learnAhead = 1024

// talk is what of a conversation is not decided yet.
type talk struct {
	channel hotline.Channel
	said    string // last
}

func newLearner(keep kb.Store, base *kb.Base, log *slog.Logger) (*learner, error) {
	inbox, err := kb.NewInbox(keep, base)
	return &learner{inbox: inbox, hits: keep, log: log, notes: make(chan func() error, learnAhead), talks: map[hotline.ConversationID]*talk{}}, err
}

// note takes an event; it does not wait.
func (l *learner) note(e hotline.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.talks[e.Conversation]
	switch b := e.Body.(type) {
	case hotline.Started:
		l.talks[e.Conversation] = &talk{channel: b.Channel}
	case hotline.Heard:
		if t == nil { // begun before a restart
			t = &talk{channel: hotline.ChannelChat}
			l.talks[e.Conversation] = t
		}
		t.said = b.Text
	case hotline.Decided:
		switch {
		case b.What == "answer" && b.Entry != "":
			l.put(func() error { return l.hits.AddHits(kb.DayOf(e.At.Local()), b.Entry, 1) })
		case (b.What == "no_answer" || b.What == "reprompt" && b.Slot == "" && strings.HasPrefix(b.Reason, "no_match")) && t != nil && t.said != "":
			said := *t
			t.said = ""
			l.put(func() error {
				_, err := l.inbox.Add(said.said, said.channel, e.At)
				return err
			})
		}
	case hotline.Ended:
		delete(l.talks, e.Conversation)
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
					l.mu.Lock()
					defer l.mu.Unlock()
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
