package api

import (
	"sync"

	"github.com/hotline-cc/hotline"
)

// Feed passes the events of conversations on to the consoles of those who have them.
type Feed struct {
	mu        sync.Mutex
	followers map[hotline.ConversationID]map[follower]bool
	lasts     map[hotline.ConversationID]uint64 // of those that are not over
}

// follower is told events. It must not wait.
type follower interface{ tell(hotline.Event) }

// maxLasts is of how many conversations the last event is remembered.
const maxLasts = 1 << 17

// NewFeed returns a feed that nobody follows.
func NewFeed() *Feed {
	return &Feed{followers: map[hotline.ConversationID]map[follower]bool{}, lasts: map[hotline.ConversationID]uint64{}}
}

// Tell is to be called with every event of every conversation, in order of each, after it is kept. It
// does not wait.
func (f *Feed) Tell(e hotline.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, over := e.Body.(hotline.Ended); over {
		delete(f.lasts, e.Conversation)
	} else if _, known := f.lasts[e.Conversation]; known || len(f.lasts) < maxLasts {
		f.lasts[e.Conversation] = e.Seq
	}
	for to := range f.followers[e.Conversation] {
		to.tell(e)
	}
}

func (f *Feed) last(id hotline.ConversationID) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lasts[id]
}

// follow begins to tell somebody the events of a conversation and returns the number of the last one
// before, 0 when that is not known.
func (f *Feed) follow(id hotline.ConversationID, who follower) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.followers[id] == nil {
		f.followers[id] = map[follower]bool{}
	}
	f.followers[id][who] = true
	return f.lasts[id]
}

func (f *Feed) leave(id hotline.ConversationID, who follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.followers[id], who)
	if len(f.followers[id]) == 0 {
		delete(f.followers, id)
	}
}
