package desk

import (
	"context"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
)

// Update is what the desk tells a console. Kind names it on the wire.
type Update interface{ Kind() string }

// The updates.
type (
	// Hello is everything a console shows. It comes first, again in place of what a console was too
	// slow to take, and when the roster says something else of the agent.
	Hello struct {
		Agent    Agent        `json:"agent"`
		State    PersonRow    `json:"state"`
		Talks    []Held       `json:"talks"`
		Offer    *OfferOpened `json:"offer,omitempty"`
		Callback *Callback    `json:"callback,omitempty"` // that the agent has taken
		Board    Board        `json:"board"`
		Resync   bool         `json:"resync,omitempty"`
	}
	// StateChanged is the agent's own state.
	StateChanged struct {
		State PersonRow `json:"state"`
	}
	// OfferOpened rings: a request, or somebody to call back.
	OfferOpened struct {
		Offer    string    `json:"offer"`
		Request  Request   `json:"request"`
		Callback *Callback `json:"callback,omitempty"`
		Until    time.Time `json:"until"`
	}
	// OfferClosed stops the ringing; Reason is "" when the agent has taken it.
	OfferClosed struct {
		Offer  string `json:"offer"`
		Reason Reason `json:"reason,omitempty"`
	}
	// TalkChanged is a conversation that the agent has.
	TalkChanged struct {
		Talk Held `json:"talk"`
	}
	// TalkEnded is one that they do not have any more.
	TalkEnded struct {
		Conversation hotline.ConversationID `json:"conversation"`
		Reason       Reason                 `json:"reason,omitempty"`
	}
	// BoardChanged is what changed on the board, at most twice a second. Agents see their queues,
	// supervisors everything.
	BoardChanged struct {
		Board Board                    `json:"board"`
		Gone  []hotline.ConversationID `json:"gone,omitempty"`
	}
)

func (Hello) Kind() string        { return "hello" }
func (StateChanged) Kind() string { return "state" }
func (OfferOpened) Kind() string  { return "offer" }
func (OfferClosed) Kind() string  { return "offer_closed" }
func (TalkChanged) Kind() string  { return "talk" }
func (TalkEnded) Kind() string    { return "talk_ended" }
func (BoardChanged) Kind() string { return "board" }

// Held is a conversation that an agent has.
type Held struct {
	Talk    Talk      `json:"talk"`
	Request Request   `json:"request"` // with the brief
	Since   time.Time `json:"since"`
	Phase   string    `json:"phase,omitempty"`
	Parties []Party   `json:"parties,omitempty"`
	Lost    bool      `json:"lost,omitempty"` // the agent's own console or headset
}

// streamBacklog is how many updates a console may be behind before it is told everything anew.
const streamBacklog = 256

// Stream is the connection of one console. One goroutine calls Next.
type Stream struct {
	desk  *Desk
	agent string

	mu     sync.Mutex
	queue  []Update
	behind bool
	ended  error
	wake   chan struct{} // holds a token when there is something to look at
}

// Agent returns whose console it is.
func (s *Stream) Agent() string { return s.agent }

// Next returns the next update, waiting for it. It fails with CodeConflict when another console of
// the agent has taken over, with CodeUnavailable when the desk ends, and with ctx.
func (s *Stream) Next(ctx context.Context) (Update, error) {
	for {
		s.mu.Lock()
		switch {
		case s.ended != nil:
			defer s.mu.Unlock()
			return nil, s.ended
		case s.behind:
			s.mu.Unlock()
			if err := s.desk.resync(ctx, s); err != nil {
				return nil, err
			}
			continue
		case len(s.queue) > 0:
			defer s.mu.Unlock()
			u := s.queue[0]
			s.queue[0] = nil
			s.queue = s.queue[1:]
			return u, nil
		}
		s.mu.Unlock()
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close ends the stream: the agent is counted as lost if no other comes within the grace.
func (s *Stream) Close() {
	s.end(hotline.Errorf("read console stream", hotline.CodeConflict, "closed"))
	s.desk.disconnect(s)
}

// push is called by the desk. It does not wait.
func (s *Stream) push(u Update) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.behind || s.ended != nil {
		return
	}
	if len(s.queue) >= streamBacklog {
		s.queue, s.behind = nil, true
	} else {
		s.queue = append(s.queue, u)
	}
	s.signal()
}

// restart puts a snapshot in place of everything that waits.
func (s *Stream) restart(h Hello) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue, s.behind = []Update{h}, false
	s.signal()
}

func (s *Stream) end(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended, s.queue = cause, nil
	}
	s.signal()
}

func (s *Stream) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (r *room) push(p *person, u Update) {
	if p.stream != nil {
		p.stream.push(u)
	}
}

// connect gives an agent a console in place of the one before.
func (r *room) connect(s *Stream) error {
	p, err := r.person("connect console", s.agent)
	if err != nil {
		return err
	}
	if p.stream != nil {
		p.stream.end(hotline.Errorf("read console stream", hotline.CodeConflict, "another console of this agent has taken over"))
	} else {
		r.consoles++
	}
	p.stream = s
	s.restart(r.hello(p))
	r.reachChanged(p)
	return nil
}

func (r *room) disconnect(s *Stream) {
	if p := r.people[s.agent]; p != nil && p.stream == s {
		p.stream = nil
		r.consoles--
		r.reachChanged(p)
	}
}

func (r *room) hello(p *person) Hello {
	h := r.look(p)
	if p.Supervisor {
		h.Board = r.board()
	} else {
		h.Board = Board{At: r.now, Queues: r.queueRows(p.queues)}
	}
	return h
}

// look is what concerns an agent alone.
func (r *room) look(p *person) Hello {
	h := Hello{Agent: p.Agent, State: r.personRow(p), Talks: []Held{}}
	for _, held := range p.holds {
		h.Talks = append(h.Talks, r.held(held))
	}
	if p.offer != nil {
		opened := r.opened(p.offer)
		h.Offer = &opened
	}
	if p.task != nil {
		c := *p.task
		h.Callback = &c
	}
	return h
}

func (r *room) held(h *hold) Held {
	return Held{
		Talk: h.talk.Talk, Request: h.request, Since: h.outcome.Answered,
		Phase: h.talk.phase, Parties: h.talk.parties, Lost: h.lost,
	}
}
