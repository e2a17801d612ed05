package gateway

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
)

// atDesk is a conversation at a desk with the agents li and wang, who are ready.
func atDesk(t *testing.T, change ...func(*seatOfDesk)) *seatOfDesk {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := desk.New(desk.Config{Directory: func(context.Context) (desk.Roster, error) {
		return desk.Roster{Queues: []desk.Queue{{ID: "q"}}, Agents: []desk.Agent{
			{ID: "li", Device: desk.Browser, Queues: []string{"q"}}, {ID: "wang", Device: desk.Browser, Queues: []string{"q"}},
		}}, nil
	}})
	ok(err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{}, 2)
	t.Cleanup(func() { cancel(); <-ended; <-ended })
	go func() { _ = d.Run(ctx); ended <- struct{}{} }()
	for _, agent := range []string{"li", "wang"} {
		_, err := d.Connect(ctx, agent)
		ok(err)
		ok(d.Line(ctx, agent, desk.Browser, true))
		ok(d.SetState(ctx, agent, desk.Ready, ""))
	}
	s := &seatOfDesk{
		desk: d, talk: desk.Talk{Conversation: "c1", Channel: hotline.ChannelPhone, Caller: "13800000000"}, log: slog.New(slog.DiscardHandler),
		brief: func(context.Context, dialog.State) desk.Brief { return desk.Brief{} }, understood: func(dialog.State) desk.Brief { return desk.Brief{} },
		last: func(context.Context) string { return "" }, reach: func(dialog.State) string { return "" },
		wishes: make(chan func(context.Context), wishesAhead), notices: make(chan desk.Notice, wishesAhead),
	}
	for _, change := range change {
		change(s)
	}
	go func() { s.run(ctx, nil); ended <- struct{}{} }()
	return s
}

func (s *seatOfDesk) told(t *testing.T) desk.Notice {
	t.Helper()
	select {
	case n := <-s.notices:
		return n
	case <-time.After(10 * time.Second):
		t.Fatal("the desk says nothing")
		return nil
	}
}

// The call of an agent who calls out has asked for nobody: what is known of it is what the desk knows.
func TestWhoWasCalledOutIsGivenToAnother(t *testing.T) {
	s := atDesk(t)
	for _, wish := range []handoff.Action{handoff.Take{Agent: "li"}, handoff.Release{Agent: "li", How: desk.Transferred}, handoff.Enqueue{Request: desk.Request{Reason: "transfer"}}} {
		s.Do(wish, dialog.State{})
	}
	if n, ok := s.told(t).(desk.Offered); !ok || n.Agent.ID != "wang" {
		t.Errorf("%+v, want an offer to wang", n)
	}
}

// Who consults somebody whom the desk does not know is told so, and not left with the ringing.
func TestAnInvitationThatTheDeskRefusesIsOver(t *testing.T) {
	s := atDesk(t)
	s.Do(handoff.Take{Agent: "li"}, dialog.State{})
	s.Do(handoff.Invite{From: "li", Agent: "nobody"}, dialog.State{})
	if n := s.told(t); n != (desk.Refused{Reason: desk.Nobody, Agent: "nobody"}) {
		t.Errorf("%+v, want a refusal of nobody", n)
	}
}

// After a start a conversation asks again for what the desk remembers. It is waiting then, and is not told that nobody is there.
func TestWhoWaitsAlreadyIsNotRefused(t *testing.T) {
	s := atDesk(t)
	asks := handoff.Enqueue{Request: desk.Request{Queue: "q"}}
	s.Do(asks, dialog.State{})
	if n, ok := s.told(t).(desk.Offered); !ok {
		t.Fatalf("%+v, want an offer", n)
	}
	s.Do(asks, dialog.State{})
	s.Do(handoff.Invite{From: "li", Agent: "nobody"}, dialog.State{})
	if n := s.told(t); n != (desk.Refused{Reason: desk.Nobody, Agent: "nobody"}) {
		t.Errorf("%+v, want nothing before the refusal of an invitation", n)
	}
}

// What is known of a person is looked for no longer than they would like to wait.
func TestABriefingThatHangsKeepsNobodyFromAnAgent(t *testing.T) {
	s := atDesk(t, func(s *seatOfDesk) {
		s.brief = func(ctx context.Context, _ dialog.State) desk.Brief { <-ctx.Done(); return desk.Brief{} }
		s.understood = func(dialog.State) desk.Brief { return desk.Brief{Summary: "停暖"} }
	})
	began := time.Now()
	s.Do(handoff.Enqueue{Request: desk.Request{Queue: "q"}}, dialog.State{})
	if n, ok := s.told(t).(desk.Offered); !ok || s.known.Summary != "停暖" {
		t.Errorf("%+v, want an offer with what was understood", n)
	}
	if took := time.Since(began); took < briefWithin {
		t.Errorf("asked after %v", took)
	}
}

// A chat may take a step to its end when the desk has been left already.
func TestAChatThatComesAfterTheDeskHoldsUpNobody(t *testing.T) {
	g := reception(t)
	g.people.chats = map[hotline.ConversationID]*seatOfDesk{}
	g.leaveChats()
	late := chats{g}
	late.Do(chat.Record{ID: "c1"}, handoff.Enqueue{Request: desk.Request{Queue: "q"}})
	late.Show(chat.Record{ID: "c1"})
	g.people.work.Wait()
	if len(g.people.chats) != 0 {
		t.Errorf("%d chats at the desk", len(g.people.chats))
	}
}
