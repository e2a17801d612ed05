package gateway

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
)

// seatOfDesk is one conversation at the desk. What it wants is carried out in order by a goroutine of
// its own, so that the conversation never waits for the desk or its storage.
type seatOfDesk struct {
	desk       *desk.Desk
	talk       desk.Talk
	brief      func(context.Context, dialog.State) desk.Brief // before the first word
	last       func(context.Context) string                   // agent of the last talk
	reach      func(dialog.State) string                      // by which number
	understood func(dialog.State) desk.Brief
	log        *slog.Logger

	phase   string // as the desk knows it; these are of the goroutine
	parties []desk.Party
	known   desk.Brief

	wishes  chan func(context.Context)
	notices chan desk.Notice

	leave context.CancelFunc // of a chat

	mu      sync.Mutex
	whisper string
	queue   string // asked for last
	number  string // to call back then, "" for none
}

// wishesAhead is how many wishes and notices may wait.
const wishesAhead = 64

// wishWithin bounds one wish; a callback waits for the disk.
const wishWithin = 10 * time.Second

// newSeat makes a conversation known to the desk. Run has to follow.
func (g *Gateway) newSeat(talk desk.Talk, log *slog.Logger) *seatOfDesk {
	return &seatOfDesk{
		desk: g.people.desk, talk: talk, log: log,
		brief:      func(ctx context.Context, s dialog.State) desk.Brief { return g.brief(ctx, talk, s) },
		last:       func(ctx context.Context) string { return g.lastAgent(ctx, talk) },
		reach:      func(s dialog.State) string { return g.reach(talk, s) },
		understood: g.understood,
		wishes:     make(chan func(context.Context), wishesAhead), notices: make(chan desk.Notice, wishesAhead),
	}
}

// run works until ctx ends, then lets go of the conversation. notify is told notices; nil puts them
// into Notices.
func (s *seatOfDesk) run(ctx context.Context, notify func(desk.Notice)) {
	if notify == nil {
		notify = s.put
	}
	s.known = s.understood(dialog.State{})
	if err := s.desk.Open(ctx, s.talk, notify); err != nil {
		s.log.Error("conversation not known to the desk", "error", err)
	}
	for {
		select {
		case wish := <-s.wishes:
			s.carryOut(wish)
			continue
		case <-ctx.Done():
		}
		for len(s.wishes) > 0 {
			s.carryOut(<-s.wishes)
		}
		s.carryOut(func(ctx context.Context) {
			if err := s.desk.Close(ctx, s.talk.Conversation); err != nil && hotline.CodeOf(err) != hotline.CodeNotFound && hotline.CodeOf(err) != hotline.CodeUnavailable {
				s.log.Warn("conversation not closed at the desk", "error", err)
			}
		})
		s.refuseRest()
		return
	}
}

// refuseRest answers commands that came too late for the conversation to take them.
func (s *seatOfDesk) refuseRest() {
	for {
		select {
		case n := <-s.notices:
			if c, ok := n.(desk.Commanded); ok && c.Reply != nil {
				c.Reply(hotline.Errorf("tell conversation", hotline.CodeConflict, "会话已经结束 the conversation has ended"))
			}
		default:
			return
		}
	}
}

func (s *seatOfDesk) carryOut(wish func(context.Context)) {
	ctx, cancel := context.WithTimeout(context.Background(), wishWithin)
	defer cancel()
	wish(ctx)
}

// put hands a notice to the conversation. The desk must not wait: a conversation that is 64 notices
// behind is stuck.
func (s *seatOfDesk) put(n desk.Notice) {
	select {
	case s.notices <- n:
	default:
		s.log.Error("conversation does not take notices of the desk", "notice", n)
		if c, ok := n.(desk.Commanded); ok && c.Reply != nil {
			c.Reply(hotline.Errorf("tell conversation", hotline.CodeUnavailable, "会话没有应答 the conversation does not answer"))
		}
	}
}

func (s *seatOfDesk) later(wish func(context.Context)) {
	select {
	case s.wishes <- wish:
	default:
		s.log.Error("the desk is too slow for a conversation")
	}
}

// Notices implements call.Desk.
func (s *seatOfDesk) Notices() <-chan desk.Notice { return s.notices }

// Whisper implements call.Desk.
func (s *seatOfDesk) Whisper() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whisper + "按一接听，按二拒接。"
}

// Show implements call.Desk.
func (s *seatOfDesk) Show(st call.Standing) {
	parties := []desk.Party{{ID: s.talk.Caller, Role: string(handoff.RoleCaller)}}
	for _, p := range st.Parties {
		parties = append(parties, desk.Party{ID: p.ID, Role: string(p.Role), Mode: string(p.Mode), Muted: p.Role == handoff.RoleAgent && st.Muted, Ringing: !p.On, Holding: p.Holds})
	}
	s.show(string(st.Phase), parties, st.State)
}

// show tells the desk where the conversation stands and what is known of it, as far as that has changed.
func (s *seatOfDesk) show(phase string, parties []desk.Party, state dialog.State) {
	s.later(func(ctx context.Context) {
		id := s.talk.Conversation
		if phase != s.phase || !slices.Equal(parties, s.parties) {
			s.failed("phase", s.desk.Phase(ctx, id, phase, parties))
			s.phase, s.parties = phase, parties
		}
		if known := s.understood(state); !reflect.DeepEqual(known, s.known) {
			s.failed("learn", s.desk.Learn(ctx, id, known))
			s.known = known
		}
	})
}

// Do implements call.Desk.
func (s *seatOfDesk) Do(w handoff.Action, state dialog.State) {
	id := s.talk.Conversation
	s.later(func(ctx context.Context) {
		switch w := w.(type) {
		case handoff.Enqueue:
			s.known = s.understood(state)
			w.Request.Conversation, w.Request.Brief = id, s.briefly(ctx, state) // one that was called out has asked for nobody before
			w.Request.Brief.Reason = w.Request.Reason
			// Who is in danger waits for nobody in particular, and an agent who gives the person away has
			// thought of somebody else.
			if w.Request.Agent == "" && w.Request.Reason != handoff.TransferReason && state.Safety == "" {
				w.Request.Agent = s.last(ctx)
			}
			w.Request.Number = s.reach(state)
			s.mu.Lock()
			s.whisper, s.queue, s.number = w.Request.Brief.Summary, w.Request.Queue, w.Request.Number
			s.mu.Unlock()
			err := s.desk.Enqueue(ctx, w.Request)
			s.failed("enqueue", err)
			if err != nil && hotline.CodeOf(err) != hotline.CodeConflict { // else it waits already
				s.put(desk.Refused{Reason: desk.Nobody, Agent: w.Request.Alone()})
			}
		case handoff.Withdraw:
			_, err := s.desk.Withdraw(ctx, id, w.Parting)
			s.failed("withdraw", err)
		case handoff.PickedUp:
			s.failed("pick up offer", s.desk.PickedUp(ctx, w.Offer))
		case handoff.Took:
			s.failed("take offer", s.desk.Answered(ctx, w.Offer))
		case handoff.Missed:
			s.failed("give back offer", s.desk.Failed(ctx, w.Offer, w.Reason))
		case handoff.Release:
			s.failed("release", s.desk.Release(ctx, id, w.Agent, w.How))
		case handoff.Take:
			s.failed("take", s.desk.Take(ctx, id, w.Agent))
		case handoff.Invite:
			about := s.briefly(ctx, state).Summary
			s.mu.Lock()
			s.whisper = about
			s.mu.Unlock()
			if err := s.desk.Transfer(ctx, id, w.From, desk.Target{Agent: w.Agent}); err != nil {
				s.failed("invite", err)
				s.put(desk.Refused{Reason: desk.Nobody, Agent: w.Agent})
			}
		case handoff.Uninvite:
			_, err := s.desk.Withdraw(ctx, id, desk.Parting{Ending: desk.EndReturned})
			s.failed("uninvite", err)
		}
	})
}

// briefWithin bounds how long somebody who asks for a person is held up by the search for what is known of them.
const briefWithin = 2 * time.Second

// briefly is what an agent is told beforehand, or what is known without a search when that takes too long.
func (s *seatOfDesk) briefly(ctx context.Context, state dialog.State) desk.Brief {
	brief, err := within(ctx, briefWithin, func(ctx context.Context) (desk.Brief, error) { return s.brief(ctx, state), nil })
	if err != nil {
		s.log.Warn("an agent is told little", "error", err)
		return s.understood(state)
	}
	return brief
}

// callBack promises a call to the person, when there is a number to call.
func (s *seatOfDesk) callBack(kind desk.CallbackKind) {
	s.later(func(ctx context.Context) {
		s.mu.Lock()
		queue, number := s.queue, s.number
		s.mu.Unlock()
		if number == "" {
			return
		}
		_, err := s.desk.Promise(ctx, desk.Callback{Kind: kind, Conversation: s.talk.Conversation, Queue: queue, Number: number})
		s.failed("promise callback", err)
	})
}

// failed writes down what the desk refused. That something is over already is no fault: desk and
// conversation cross each other.
func (s *seatOfDesk) failed(what string, err error) {
	switch hotline.CodeOf(err) {
	case "":
	case hotline.CodeConflict, hotline.CodeNotFound:
		s.log.Debug("the desk is ahead", "wish", what, "error", err)
	default:
		s.log.Error("the desk refuses a wish", "wish", what, "error", err)
	}
}
