package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

// stage plays a room by hand: people come and go, and each conversation writes down what it is told.
type stage struct {
	t     *testing.T
	r     *room
	clock time.Time
	told  map[hotline.ConversationID][]string
	offer map[hotline.ConversationID]string // the last one
}

func newStage(t *testing.T, roster Roster) *stage {
	t.Helper()
	s := &stage{
		t: t, clock: shanghai("2026-10-12 10:00"), // a Monday
		told: map[hotline.ConversationID][]string{}, offer: map[hotline.ConversationID]string{},
	}
	if err := roster.Validate(); err != nil {
		t.Fatal(err)
	}
	s.r = newRoom(s.clock, graces{3 * time.Second, 3 * time.Second}, discard, unobserved{})
	s.do(s.r.reload(roster))
	return s
}

// do ends a step that must go well.
func (s *stage) do(err error) {
	s.t.Helper()
	s.r.settle()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) pass(d time.Duration) {
	s.clock = s.clock.Add(d)
	s.r.advance(s.clock)
}

func (s *stage) login(agents ...string) {
	s.t.Helper()
	for _, a := range agents {
		s.do(s.r.connect(&Stream{agent: a, wake: make(chan struct{}, 1)}))
		s.do(s.r.setLine(a, s.r.people[a].Device, true))
		s.do(s.r.setState(a, Ready, ""))
		s.pass(time.Millisecond) // so that they are idle in this order
	}
}

func (s *stage) open(id hotline.ConversationID, channel hotline.Channel) {
	s.t.Helper()
	s.do(s.r.open(Talk{Conversation: id, Channel: channel, Caller: "138" + string(id)}, func(n Notice) {
		s.told[id] = append(s.told[id], say(n))
		if o, is := n.(Offered); is {
			s.offer[id] = o.Offer
		}
	}))
}

// say makes a notice short.
func say(n Notice) string {
	switch n := n.(type) {
	case Waiting:
		if n.Wait > 0 {
			return fmt.Sprintf("waiting %d %v", n.Position, n.Wait)
		}
		return fmt.Sprintf("waiting %d", n.Position)
	case Offered:
		return strings.TrimSpace("offered " + n.Agent.ID + " " + n.Target.Extension)
	case Accepted:
		return "accepted " + n.Agent
	case Withdrawn:
		return "withdrawn " + string(n.Reason)
	case Refused:
		said := "refused " + string(n.Reason)
		if n.Agent != "" {
			said += " by " + n.Agent
		}
		if !n.Back.IsZero() {
			said += " until " + n.Back.In(shanghai("2026-01-01 00:00").Location()).Format("01-02 15:04")
		}
		return said
	case Commanded:
		said := "commanded " + string(n.Command.Verb) + " by " + strings.TrimSpace(n.By+" "+n.Name)
		if n.Phone != "" {
			said += " on " + n.Phone
		}
		return said
	case Lost:
		if n.Gone {
			return "gone " + n.Agent
		}
		return "lost " + n.Agent
	case Found:
		return "found " + n.Agent
	default:
		return fmt.Sprintf("%T", n)
	}
}

func (s *stage) call(q Request) {
	s.t.Helper()
	if s.r.talks[q.Conversation] == nil {
		s.open(q.Conversation, hotline.ChannelPhone)
	}
	s.do(s.r.enqueue(q))
}

func (s *stage) accept(id hotline.ConversationID) {
	s.t.Helper()
	s.do(s.r.accept(s.r.offers[s.offer[id]].person.ID, s.offer[id]))
}

// heard compares what a conversation was told since it was asked last.
func (s *stage) heard(id hotline.ConversationID, want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.told[id]); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", id, diff)
	}
	s.told[id] = nil
}

func (s *stage) state(agent string, want State) {
	s.t.Helper()
	if got := s.r.people[agent].state(); got != want {
		s.t.Errorf("%s is %s, want %s", agent, got, want)
	}
}

// team is agents li, wang and zhao in queue "q".
func team(q Queue) Roster {
	q.ID = "q"
	return Roster{Queues: []Queue{q}, Agents: []Agent{
		{ID: "li", Device: Browser, Queues: []string{"q"}, Chats: 2},
		{ID: "wang", Device: Browser, Queues: []string{"q"}, Chats: 2, Skills: map[string]int{"law": 3}, Languages: []string{"yue"}},
		{ID: "zhao", Name: "赵", Device: Phone, Extension: "1003", Queues: []string{"q"}, Skills: map[string]int{"law": 5}, Supervisor: true},
	}}
}

func TestWhoIsIdleTheLongestIsAskedFirst(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li", "wang", "zhao")
	for _, id := range []hotline.ConversationID{"c1", "c2", "c3", "c4"} {
		s.call(Request{Conversation: id, Queue: "q"})
	}
	s.heard("c1", "offered li")
	s.heard("c2", "offered wang")
	s.heard("c3", "offered zhao 1003")
	s.heard("c4", "waiting 1")
	s.accept("c1")
	s.do(s.r.release("c1", "li", Finished))
	s.heard("c1", "accepted li")
	s.heard("c4", "offered li")
}

func TestPriorityIsWorthMinutesOfWaiting(t *testing.T) {
	s := newStage(t, team(Queue{HeadStart: 60}))
	s.login("li")
	s.call(Request{Conversation: "busy", Queue: "q"})
	s.accept("busy")
	s.call(Request{Conversation: "late", Queue: "q", Priority: 2})
	s.pass(90 * time.Second)
	s.call(Request{Conversation: "urgent", Queue: "q", Priority: 0}) // 2 steps are 120 s, of which 90 have passed
	s.pass(time.Minute)
	s.call(Request{Conversation: "too late", Queue: "q", Priority: 0})
	s.do(s.r.release("busy", "li", Finished))
	s.accept("urgent")
	s.do(s.r.release("urgent", "li", Finished))
	s.accept("late")
	s.do(s.r.release("late", "li", Finished))
	s.accept("too late")
}

func TestSkillsAndLanguagesRelaxWithWaiting(t *testing.T) {
	s := newStage(t, team(Queue{MaxWait: 600}))
	s.login("li")
	s.call(Request{Conversation: "law", Queue: "q", Skills: map[string]int{"law": 4}})
	s.heard("law", "waiting 1")
	s.login("wang") // level 3 will do after 30 s
	s.heard("law")
	s.pass(31 * time.Second)
	s.heard("law", "offered wang")
	s.accept("law")
	s.call(Request{Conversation: "yue", Queue: "q", Language: "yue"})
	s.pass(50 * time.Second)
	s.told["yue"] = nil
	s.pass(11 * time.Second)
	s.heard("yue", "offered li") // anybody after 60 s
}

func TestTheAgentOfTheLastTalkIsWaitedFor(t *testing.T) {
	s := newStage(t, team(Queue{Sticky: 20, WrapUp: 60}))
	s.login("li", "wang")
	s.call(Request{Conversation: "first", Queue: "q"})
	s.accept("first") // li
	s.call(Request{Conversation: "again", Queue: "q", Agent: "li"})
	s.call(Request{Conversation: "away", Queue: "q", Agent: "zhao"}) // not logged in
	s.heard("again", "waiting 1")
	s.heard("away", "offered wang")
	s.do(s.r.decline("wang", s.offer["away"]))
	s.heard("away", "withdrawn declined", "waiting 2")
	s.pass(21 * time.Second)
	s.heard("again", "offered wang")
}

func TestOnlyOneAgentOrNobody(t *testing.T) {
	s := newStage(t, team(Queue{RingTimeout: 20}))
	s.login("li", "wang")
	s.call(Request{Conversation: "c1", Queue: "q", Agent: "wang", Only: true})
	s.call(Request{Conversation: "c2", Queue: "q", Agent: "wang", Only: true})
	s.call(Request{Conversation: "c3", Queue: "q", Agent: "zhao", Only: true})
	s.heard("c1", "offered wang")
	s.heard("c2", "waiting 1")
	s.heard("c3", "refused nobody by zhao")
	s.accept("c1")
	s.pass(21 * time.Second)
	s.heard("c2", "refused busy by wang")
}
