package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/store"
	"github.com/hotline-cc/hotline/store/db"
)

// settles waits until nothing of all the calls is left in the gateway.
func (s *storm) settles(calm int) {
	s.t.Helper()
	var left string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		board, err := s.board()
		if err != nil {
			s.t.Fatal(err)
		}
		left = ""
		for _, talk := range board.Talks {
			if talk.Channel != string(hotline.ChannelChat) {
				left += fmt.Sprintf("; the desk has %+v", talk)
			}
		}
		for _, agent := range board.Agents {
			if agent.Presence.State != "offline" {
				left += fmt.Sprintf("; %s is %s", agent.Agent.Name, agent.Presence.State)
			}
		}
		if n := s.metric(s.t, "hotline_calls_active"); n != 0 {
			left += fmt.Sprintf("; %d calls", n)
		}
		if n := s.goroutines(s.t); n > calm+20 {
			left += fmt.Sprintf("; %d goroutines, before %d", n, calm)
		}
		if left == "" {
			return
		}
	}
	s.t.Errorf("after everybody had gone%s\n%s", left, s.r.log.String())
}

type (
	stormBoard struct {
		Talks  []stormTalk
		Agents []stormAgent
	}
	stormTalk  struct{ Conversation, Channel, Phase, With string }
	stormAgent struct {
		Agent    struct{ Name string }
		Presence struct{ State string }
	}
)

// board is asked for by somebody who is not at work.
func (s *storm) board() (board stormBoard, err error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	_, err = s.looker.do(ctx, http.MethodGet, "/desk/board", "", nil, &board)
	return board, err
}

func (c *centre) goroutines(t *testing.T) int { return c.metric(t, "go_goroutines") }

// metric is the value of a metric without labels.
func (c *centre) metric(t *testing.T, name string) int {
	t.Helper()
	response, err := http.Get("http://" + c.r.HTTP + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// audit looks at all that was written down.
func (s *storm) audit() {
	s.t.Helper()
	log, err := store.Open(store.Config{Dir: s.r.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	byCall, records := map[string]int{}, map[hotline.ConversationID][]store.CDR{}
	stays := map[string][]stay{}
	seen := tallies{}
	days := []time.Time{time.Now().Add(-10 * time.Minute), time.Now()}
	if days[0].YearDay() == days[1].YearDay() {
		days = days[:1]
	}
	for _, day := range days {
		cdrs, err := log.CDRs(day)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, c := range cdrs {
			records[c.Conversation] = append(records[c.Conversation], c)
		}
	}
	for _, day := range days {
		ids, err := log.List(day)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, id := range ids {
			events, err := log.Read(id)
			if err != nil {
				s.t.Fatal(err)
			}
			started, ok := events[0].Body.(hotline.Started)
			if !ok {
				s.t.Errorf("%s begins with %s", id, events[0].Body.Kind())
			}
			byCall[started.CallID]++
			if n := len(records[id]); n != 1 {
				s.t.Errorf("%s has %d call detail records", id, n)
			} else {
				wholeRecording(s.t, records[id][0], events, s.calls[started.CallID])
			}
			oneEnding(s.t, id, events)
			oneWriter(s.t, id, events)
			for who, list := range staysIn(s.t, id, events) {
				stays[who] = append(stays[who], list...)
			}
			seen.add(events)
			delete(records, id)
		}
	}
	for id := range records {
		s.t.Errorf("there is a call detail record of %s and no log", id)
	}
	for call := range s.calls {
		if byCall[call] != 1 {
			s.t.Errorf("call %s has %d conversations", call, byCall[call])
		}
	}
	for who, list := range stays {
		oneAtATime(s.t, who, list)
	}
	s.auditChats(&seen)
	s.t.Logf("%d calls, %d chats; %s; a supervisor came in %v", len(s.calls), len(s.chats), seen, s.phases)
	for _, what := range []string{"joined agent", "joined peer", "offer_ended declined", "offer_ended no_answer", "left network", "rated", "chat joined agent"} {
		if seen[what] == 0 {
			s.t.Logf("%q did not happen this time", what)
		}
	}
	if seen["joined agent"] < len(s.calls)/10 {
		s.t.Errorf("only %d of %d calls got to a person: this shows nothing", seen["joined agent"], len(s.calls))
	}
}

// auditChats reads the conversations in writing.
func (s *storm) auditChats(seen *tallies) {
	s.t.Helper()
	kept, err := db.Open(s.t.Context(), db.Config{Dir: s.r.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = kept.Close() }()
	for _, talk := range s.chats {
		id := hotline.ConversationID(talk.id)
		events, err := kept.Events(s.t.Context(), id, 0, 500)
		if err != nil {
			s.t.Fatal(err)
		}
		oneWriter(s.t, id, events)
		for _, e := range events {
			if j, ok := e.Body.(hotline.Joined); ok {
				(*seen)["chat joined "+j.Role]++
			}
		}
	}
}

// tallies counts what happened in all conversations.
type tallies map[string]int

func (t tallies) add(events []hotline.Event) {
	for _, e := range events {
		switch b := e.Body.(type) {
		case hotline.Joined:
			t["joined "+b.Role]++
		case hotline.Left:
			t["left "+b.Reason]++
		case hotline.OfferEnded:
			t["offer_ended "+b.Reason]++
		case hotline.Unattended:
			t["unattended "+b.Reason]++
		case hotline.Rated, hotline.Held, hotline.Returned:
			t[b.Kind()]++
		}
	}
}

func (t tallies) String() string {
	var list []string
	for _, what := range slices.Sorted(maps.Keys(t)) {
		list = append(list, fmt.Sprintf("%s %d", what, t[what]))
	}
	return strings.Join(list, ", ")
}

// wholeRecording checks that a recording is closed and has a channel for everybody who took part.
func wholeRecording(t *testing.T, cdr store.CDR, events []hotline.Event, hungUp time.Time) {
	t.Helper()
	m, err := record.ReadManifest(cdr.Recording)
	if err != nil {
		t.Error(err)
		return
	}
	if m.Closed.IsZero() || m.Recovered || m.Conversation != cdr.Conversation {
		t.Errorf("recording of %s: closed %v, recovered %v, of %s", cdr.Conversation, m.Closed, m.Recovered, m.Conversation)
	}
	parties := m.Parties()
	for _, e := range events {
		if j, ok := e.Body.(hotline.Joined); ok && !slices.ContainsFunc(parties, func(p string) bool { return strings.HasSuffix(p, ":"+j.Party) }) {
			if !momentary(events, j.Party, hungUp) {
				t.Errorf("recording of %s has no channel of %s, only %v\n%s", cdr.Conversation, j.Party, parties, outline(events))
			}
		}
	}
}

// momentary tells whether a party was there for less than the next tick on a loaded machine. A caller who has hung up
// ticks no more, and a line that broke brings nothing, although it may take a while until that is written down.
func momentary(events []hotline.Event, party string, hungUp time.Time) bool {
	var in, out time.Time
	for _, e := range events {
		switch b := e.Body.(type) {
		case hotline.Joined:
			if b.Party == party && in.IsZero() {
				in = e.At
			}
		case hotline.Said:
			if b.Prompt == "lost" && !in.IsZero() && out.IsZero() {
				out = e.At.Add(-time.Duration(b.HeardMS) * time.Millisecond)
			}
		case hotline.Left:
			if b.Party == party && out.IsZero() {
				out = e.At
			}
		}
	}
	if !hungUp.IsZero() && hungUp.Before(out) {
		out = hungUp
	}
	return out.Sub(in) < 500*time.Millisecond
}

// oneEnding checks that the last event, and it alone, is the end.
func oneEnding(t *testing.T, id hotline.ConversationID, events []hotline.Event) {
	t.Helper()
	for i, e := range events {
		if _, ended := e.Body.(hotline.Ended); ended != (i == len(events)-1) {
			t.Errorf("%s: event %d of %d is %s\n%s", id, i+1, len(events), e.Body.Kind(), outline(events))
		}
	}
}

// cutOff is how soon after somebody came what the bot was saying is written down, on a loaded machine.
const cutOff = time.Second

// oneWriter checks that the bot is silent while a person is there: but for what it was saying when they came, and
// for telling that their line broke, after which it has the floor while they may come back.
func oneWriter(t *testing.T, id hotline.ConversationID, events []hotline.Event) {
	t.Helper()
	const grace = 4 * time.Second // that of the desk, and what it takes to write it down
	there, came, broke := map[string]bool{}, time.Time{}, time.Time{}
	for _, e := range events {
		switch b := e.Body.(type) {
		case hotline.Joined:
			if b.Role != "supervisor" {
				there[b.Party], came = true, e.At
			}
		case hotline.Left:
			if b.Role != "supervisor" {
				delete(there, b.Party)
			}
		case hotline.Said:
			if b.Prompt == "lost" {
				broke = e.At
			}
			if len(there) > 0 && e.At.Sub(came) > cutOff && e.At.Sub(broke) > grace {
				t.Errorf("%s: the bot says %q while %v is there\n%s", id, b.Text, slices.Collect(maps.Keys(there)), outline(events))
			}
		case hotline.Uttered:
			if !there[b.Party] {
				t.Errorf("%s: %s says %q without being there\n%s", id, b.Party, b.Text, outline(events))
			}
		}
	}
}

// stay is how long somebody was in a conversation.
type stay struct {
	id       hotline.ConversationID
	role     string
	from, to time.Time
}

// moving is how long the conversation that a supervisor leaves for another may take to write that down. Nobody hears
// both: a headset is lent to one at a time.
const moving = time.Second

// staysIn returns who was in a conversation and when.
func staysIn(t *testing.T, id hotline.ConversationID, events []hotline.Event) map[string][]stay {
	t.Helper()
	stays, in := map[string][]stay{}, map[string]stay{}
	for _, e := range events {
		switch b := e.Body.(type) {
		case hotline.Joined:
			if _, already := in[b.Party]; already && b.Role != "supervisor" { // who changes how to take part joins anew
				t.Errorf("%s: %s joins twice\n%s", id, b.Party, outline(events))
			} else if !already {
				in[b.Party] = stay{id, b.Role, e.At, e.At}
			}
		case hotline.Left:
			was, there := in[b.Party]
			if !there {
				t.Errorf("%s: %s leaves without having been there\n%s", id, b.Party, outline(events))
				continue
			}
			was.to = e.At
			stays[b.Party] = append(stays[b.Party], was)
			delete(in, b.Party)
		}
	}
	for who := range in {
		t.Errorf("%s: %s has not left\n%s", id, who, outline(events))
	}
	return stays
}

// oneAtATime checks that nobody was in two conversations at once.
func oneAtATime(t *testing.T, who string, stays []stay) {
	t.Helper()
	slices.SortFunc(stays, func(a, b stay) int { return cmp.Or(a.from.Compare(b.from), a.to.Compare(b.to)) })
	for i := 1; i < len(stays); i++ {
		a, b := stays[i-1], stays[i]
		if a.role == "supervisor" {
			a.to = a.to.Add(-moving)
		}
		if b.from.Before(a.to) {
			t.Errorf("%s was in %s until %v and in %s from %v", who, a.id, a.to, b.id, b.from)
		}
	}
}

// outline is a log in short lines.
func outline(events []hotline.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "  %s %s %+v\n", e.At.Format("05.000"), e.Body.Kind(), e.Body)
	}
	return b.String()
}

// closeChats ends the conversations in writing that their visitors have left open.
func (s *storm) closeChats() {
	for _, talk := range s.chats {
		if _, err := talk.client.post(s.t.Context(), "/conversations/"+talk.id+"/close", "", struct{}{}, nil); err != nil {
			s.t.Error(err)
		}
	}
}
