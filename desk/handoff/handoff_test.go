package handoff

import (
	stdcmp "cmp"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
)

var (
	update = flag.Bool("update", false, "write testdata/table.txt anew")
	seed   = flag.Uint64("seed", 0, "seed of the random walk; 0 takes the clock")
)

var (
	li   = desk.Agent{ID: "li", Name: "李", Device: desk.Browser}
	wang = desk.Agent{ID: "wang", Name: "王", Device: desk.Phone, Extension: "801"}
)

func command(by string, verb desk.Verb, to desk.Target) Event {
	return Notice{desk.Commanded{By: by, Command: desk.Command{Verb: verb, Target: to}}}
}

// played returns the state after events.
func played(t *testing.T, events ...Event) State {
	t.Helper()
	var s State
	for _, e := range events {
		s, _ = Step(s, e)
	}
	return s
}

var (
	asked      = Asked{Request: desk.Request{Conversation: "c", Queue: "general", Reason: "user_request"}}
	offered    = Notice{desk.Offered{Offer: "1", Agent: li, Target: desk.Target{Agent: li.ID}}}
	offeredSIP = Notice{desk.Offered{Offer: "1", Agent: wang, Target: desk.Target{Agent: wang.ID, Extension: "801"}}}
	accepted   = Notice{desk.Accepted{Offer: "1", Agent: li.ID}}
	outside    = desk.Target{Number: "05551234567"}
)

// inEach returns a state of every phase.
func inEach(t *testing.T) map[Phase]State {
	talking := []Event{asked, offered, accepted}
	dialling := append(slices.Clone(talking), command(li.ID, desk.Consult, outside))
	consulting := append(slices.Clone(dialling), Answered{PeerSeat})
	return map[Phase]State{
		Bot:        played(t),
		Queued:     played(t, asked),
		Ringing:    played(t, asked, offered),
		Briefing:   played(t, asked, offeredSIP, Answered{AgentSeat}),
		Talking:    played(t, talking...),
		Held:       played(t, append(slices.Clone(talking), command(li.ID, desk.Hold, desk.Target{}))...),
		Dialling:   played(t, dialling...),
		Consulting: played(t, consulting...),
		Conference: played(t, append(slices.Clone(consulting), command(li.ID, desk.Merge, desk.Target{}))...),
		Lost:       played(t, append(slices.Clone(talking), Notice{desk.Lost{Agent: li.ID}})...),
		Survey:     played(t, append(slices.Clone(talking), command(li.ID, desk.Finish, desk.Target{}))...),
		Over:       played(t, CallerGone{}),
	}
}

// alphabet is every event, those with several meanings more than once.
func alphabet() map[string]Event {
	all := map[string]Event{
		"asked": asked, "asked+119": Asked{Request: asked.Request, Service: "119"}, "gave up": GaveUp{desk.Parting{Ending: desk.EndCallback}},
		"waiting": Notice{desk.Waiting{Position: 3, Wait: time.Minute}}, "offered": offered, "offered phone": offeredSIP,
		"accepted": accepted, "withdrawn": Notice{desk.Withdrawn{Offer: "1", Reason: desk.NoAnswer}},
		"refused": Notice{desk.Refused{Reason: desk.TimedOut}}, "lost": Notice{desk.Lost{Agent: li.ID}}, "lost for good": Notice{desk.Lost{Agent: li.ID, Gone: true}}, "found": Notice{desk.Found{Agent: li.ID}},
		"pressed 1": Pressed{AgentSeat, "1"}, "pressed 2": Pressed{AgentSeat, "2"},
		"pressed peer 1": Pressed{PeerSeat, "1"}, "pressed peer 2": Pressed{PeerSeat, "2"}, "confirm over": Expired{Confirm},
		"caller gone": CallerGone{}, "forgotten": Forgotten{}, "take over": command("chief", desk.TakeOver, desk.Target{}),
		"second offered": Notice{desk.Offered{Offer: "2", Agent: wang, Target: desk.Target{Agent: wang.ID, Extension: "801"}}},
		"transfer queue": command(li.ID, desk.Transfer, desk.Target{Queue: "other"}), "transfer agent": command(li.ID, desk.Transfer, desk.Target{Agent: wang.ID}),
		"transfer number": command(li.ID, desk.Transfer, outside), "consult agent": command(li.ID, desk.Consult, desk.Target{Agent: wang.ID}),
		"consult number": command(li.ID, desk.Consult, outside), "consult service": command(li.ID, desk.Consult, desk.Target{Service: "110"}),
	}
	for _, seat := range []Seat{AgentSeat, PeerSeat, ServiceSeat} {
		all["answered "+string(seat)] = Answered{seat}
		all["gone "+string(seat)] = Gone{Seat: seat}
		all["broken "+string(seat)] = Gone{seat, true}
		all["holds "+string(seat)], all["goes on "+string(seat)] = Holds{seat, true}, Holds{seat, false}
		for _, r := range []desk.Reason{desk.BusyLine, desk.NoAnswer, desk.Declined, desk.Network} {
			all["failed "+string(seat)+" "+string(r)] = Failed{seat, r}
		}
	}
	for _, v := range []desk.Verb{desk.Hold, desk.Resume, desk.Mute, desk.Unmute, desk.Complete, desk.Merge, desk.Drop, desk.Return, desk.Finish} {
		all["agent: "+string(v)] = command(li.ID, v, desk.Target{})
		all["stranger: "+string(v)] = command("stranger", v, desk.Target{})
	}
	return all
}

// What every event does in every phase is laid down in a table that people read: none is missing.
func TestEveryEventInEveryPhaseDoesWhatTheTableSays(t *testing.T) {
	states := inEach(t)
	var got strings.Builder
	for _, p := range Phases() {
		s, ok := states[p]
		if !ok || s.phase() != p {
			t.Fatalf("no way leads to %s but to %s", p, s.phase())
		}
		fmt.Fprintf(&got, "%s\n", p)
		events := alphabet()
		for _, name := range sorted(events) {
			next, actions := Step(s, events[name])
			words := make([]string, len(actions))
			for i, a := range actions {
				words[i] = word(a)
			}
			what := strings.Join(words, " · ")
			if what == "" && cmp.Equal(next, s) {
				what = "-"
			}
			fmt.Fprintf(&got, "  %-24s %-10s %s\n", name, next.phase(), what)
		}
	}
	const file = "testdata/table.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the table says otherwise; -update writes it anew:\n%s", diff)
	}
}

func TestATransferToAQueueWantsItsPeopleInThePersonsLanguage(t *testing.T) {
	wants := asked
	wants.Request.Skills, wants.Request.Language = map[string]int{"law": 2}, "yue"
	for to, want := range map[desk.Target]desk.Request{
		{Queue: "other"}: {Conversation: "c", Queue: "other", Reason: TransferReason, Language: "yue"},
		{Agent: wang.ID}: {Conversation: "c", Queue: "general", Reason: TransferReason, Language: "yue", Skills: wants.Request.Skills, Agent: wang.ID, Only: true},
	} {
		got := played(t, wants, offered, accepted, command(li.ID, desk.Transfer, to)).Request
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func looking(p Phase) bool { return p == Queued || p == Ringing || p == Briefing }

func sorted(events map[string]Event) []string {
	names := make([]string, 0, len(events))
	for name := range events {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// word is an action in few words.
func word(a Action) string {
	switch a := a.(type) {
	case Log:
		return "log " + a.Body.Kind()
	case Enqueue:
		return strings.TrimSpace("enqueue " + a.Request.Queue + " " + a.Request.Agent)
	case Tell:
		return "tell " + strings.TrimPrefix(fmt.Sprintf("%T%+v", a.Event, a.Event), "dialog.")
	case Withdraw:
		return "withdraw " + string(a.Parting.Ending)
	case Ring:
		return "ring " + string(a.Seat)
	case Route:
		return "route " + string(a.Layout)
	case Start:
		return fmt.Sprintf("start %s %s", a.Timer, a.After)
	}
	name := strings.TrimPrefix(fmt.Sprintf("%T", a), "handoff.")
	return strings.ToLower(name) + strings.TrimRight(" "+strings.Trim(fmt.Sprintf("%v", a), "{}"), " ")
}

// world follows what a walk does to lines, agents and the desk.
type world struct {
	t         *testing.T
	trail     []string
	lines     map[Seat]bool // rung or on
	searching bool
	joined    map[string]int
	briefed   bool // the time for a key runs
	music     bool
	layout    Layout
}

func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("%s\nafter %s", fmt.Sprintf(format, args...), strings.Join(w.trail, "\n      "))
}

// carryOut does an action and looks for what may not be.
func (w *world) carryOut(a Action) {
	switch a := a.(type) {
	case Enqueue:
		if w.searching {
			w.fail("asked for twice")
		}
		w.searching = true
	case Withdraw:
		w.searching = false
	case Take:
		w.searching = false
	case Release:
		w.searching = w.searching || a.How == desk.Broken
	case Ring, Connect:
		seat := AgentSeat
		switch a := a.(type) {
		case Ring:
			seat = a.Seat
		case Connect:
			seat = a.Seat
		}
		w.lines[seat] = true
	case Move:
		if w.lines[a.To] {
			w.fail("the seat is taken")
		}
		if w.lines[a.From] {
			w.lines[a.To] = true
		}
		delete(w.lines, a.From)
	case HangUp:
		delete(w.lines, a.Seat)
	case Music:
		w.music = a.On
	case Route:
		w.layout = a.Layout
	case Start:
		w.briefed = true
	case Stop:
		w.briefed = false
	case Log:
		switch b := a.Body.(type) {
		case hotline.Joined:
			w.joined[b.Party]++
		case hotline.Left:
			if w.joined[b.Party]--; w.joined[b.Party] < 0 {
				w.fail("%s left without having joined", b.Party)
			}
		}
	}
}

// Whatever happens in whatever order: one party has the floor, nobody who left is heard again, and in
// the end nothing is open.
func TestAnyOrderOfEventsKeepsOneWriterAndLeavesNothingOpen(t *testing.T) {
	start := *seed
	if start == 0 {
		start = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", start)
	random := rand.New(rand.NewPCG(start, 0))
	events := alphabet()
	names := sorted(events)
	for range 300 {
		w := &world{t: t, lines: map[Seat]bool{}, joined: map[string]int{}}
		var s State
		for range 60 {
			name := names[random.IntN(len(names))]
			if name == "caller gone" && random.IntN(8) > 0 {
				continue
			}
			e := events[name]
			next, actions := Step(s, e)
			w.trail = append(w.trail, fmt.Sprintf("%s: %s -> %s", s.phase(), name, next.phase()))
			switch e := e.(type) {
			case Expired:
				w.briefed = false
			case Gone:
				delete(w.lines, e.Seat)
			case Failed:
				delete(w.lines, e.Seat)
			}
			if name == "forgotten" || name == "refused" && looking(s.phase()) && s.Request.Alone() == "" {
				w.searching = false // it was the desk's
			}
			if name == "lost for good" && s.Agent.ID == li.ID && (s.Staffed() || s.phase() == Lost) {
				w.searching = s.Second.ID == "" || !s.Rang // the desk has put them back, unless somebody has them
			}
			if looking(s.phase()) && !looking(next.phase()) && name != "gave up" {
				w.searching = false // found, or the desk has given up
			}
			for _, a := range actions {
				w.carryOut(a)
				if m, ok := a.(Tell); ok && m.Event != (dialog.Attended{}) && next.Writer() != BotWriter && next.phase() != Dialling {
					w.fail("the bot is told to speak (%v) while %s has the floor", m, next.Writer())
				}
			}
			if w.briefed != (next.Aside(AgentSeat) || next.Aside(PeerSeat)) {
				w.fail("the time for a key runs: %v", w.briefed)
			}
			if p := stdcmp.Or(next.Before, next.phase()); p == Talking || p == Conference {
				if want := next.OnHold() && !next.ServiceOn; w.music != want || (w.layout == Apart) != next.OnHold() {
					w.fail("on hold: %v; music %v, %s", next.OnHold(), w.music, w.layout)
				}
			}
			if writer := next.Writer(); writer != BotWriter && w.joined[writer] != 1 {
				w.fail("%q has the floor and joined %d times", writer, w.joined[writer])
			}
			if looking(next.phase()) != w.searching {
				w.fail("the desk searches: %v", w.searching)
			}
			raw, err := json.Marshal(next)
			var again State
			if err != nil || json.Unmarshal(raw, &again) != nil || !cmp.Equal(next, again) {
				w.fail("state does not survive JSON: %v %s", err, raw)
			}
			s = next
		}
		s, actions := Step(s, CallerGone{})
		w.trail = append(w.trail, "caller gone")
		for _, a := range actions {
			w.carryOut(a)
		}
		if len(w.lines) > 0 {
			w.fail("lines left open: %v", w.lines)
		}
		for who, n := range w.joined {
			if n != 0 {
				w.fail("%s never left", who)
			}
		}
		if s.phase() != Over || s.Writer() != BotWriter {
			w.fail("not over: %+v", s)
		}
	}
}

func TestWhoTakesOverIsNamed(t *testing.T) {
	next, actions := Step(played(t, asked), Notice{desk.Commanded{By: "chief", Name: "赵", Command: desk.Command{Verb: desk.TakeOver}}})
	joined := Log{hotline.Joined{Party: "chief", Name: "赵", Role: string(RoleAgent)}}
	if !slices.Contains(actions, Action(joined)) || next.Agent.Name != "赵" || next.Agent.Device != desk.Browser {
		t.Errorf("%+v, %+v; want %+v", actions, next.Agent, joined)
	}
	next, _ = Step(played(t, asked), Notice{desk.Commanded{By: "chief", Phone: "1003", Command: desk.Command{Verb: desk.TakeOver}}})
	if next.Agent.Device != desk.Phone || next.Agent.Extension != "1003" {
		t.Errorf("who took over by phone is %+v", next.Agent)
	}
}

// Whoever has been given a conversation has it like any other, on the line that they were rung on.
func TestTheSecondAgentTakesTheSeatOfTheFirst(t *testing.T) {
	s := played(t, asked, offered, accepted, command(li.ID, desk.Consult, desk.Target{Agent: wang.ID}),
		Notice{desk.Offered{Offer: "2", Agent: wang, Target: desk.Target{Agent: wang.ID, Extension: "801"}}}, Answered{PeerSeat}, Pressed{PeerSeat, "1"})
	s, actions := Step(s, command(li.ID, desk.Complete, desk.Target{}))
	left, moved := slices.Index(actions, Action(HangUp{AgentSeat})), slices.Index(actions, Action(Move{PeerSeat, AgentSeat}))
	if left < 0 || moved < left {
		t.Errorf("the first leaves and the second takes the seat: %v", actions)
	}
	var logged []hotline.EventBody
	for _, a := range actions {
		if l, ok := a.(Log); ok {
			logged = append(logged, l.Body)
		}
	}
	if diff := cmp.Diff([]hotline.EventBody{
		hotline.Left{Party: li.ID, Role: string(RoleAgent), Reason: "transferred"},
		hotline.Left{Party: wang.ID, Role: string(RolePeer), Reason: "attends"},
		hotline.Joined{Party: wang.ID, Name: wang.Name, Role: string(RoleAgent)},
	}, logged); diff != "" {
		t.Errorf("in the log (-want +got):\n%s", diff)
	}
	if ended, _ := Step(s, Gone{Seat: AgentSeat}); ended.phase() != Survey {
		t.Errorf("the second puts the phone down, and it is %s", ended.phase())
	}
	if _, actions := Step(s, CallerGone{}); !slices.Contains(actions, Action(HangUp{AgentSeat})) {
		t.Errorf("the caller hangs up: %v", actions)
	}
}

// ways plays events from a talk with li on and returns what is done about the last.
func ways(t *testing.T, events ...Event) (State, []Action) {
	t.Helper()
	s := played(t, append([]Event{asked, offered, accepted}, events[:len(events)-1]...)...)
	return Step(s, events[len(events)-1])
}

func TestAnAgentCallsAServiceIntoTheTalk(t *testing.T) {
	police := desk.Target{Service: "110"}
	calls, drops := command(li.ID, desk.Consult, police), command(li.ID, desk.Drop, desk.Target{})
	rings := []Action{Log{hotline.Offered{Party: "110"}}, Ring{ServiceSeat, police}}
	joins := []Action{Log{hotline.Joined{Party: "110", Role: string(RoleService)}}, Music{false}, Route{Together}}
	hold := command(li.ID, desk.Hold, desk.Target{})
	for name, c := range map[string]struct {
		events []Event
		phase  Phase
		want   []Action
	}{
		"while it rings they talk on":        {[]Event{calls}, Talking, rings},
		"who is on hold comes back":          {[]Event{hold, calls}, Talking, append([]Action{Log{hotline.Held{Party: li.ID}}, Route{Together}, Music{false}}, rings...)},
		"all three talk when it answers":     {[]Event{calls, Answered{ServiceSeat}}, Talking, joins},
		"it answers who waits":               {[]Event{calls, hold, Answered{ServiceSeat}}, Held, []Action{joins[0], Music{false}, Route{Apart}}},
		"it leaves, and who waits has music": {[]Event{calls, Answered{ServiceSeat}, hold, Gone{Seat: ServiceSeat}}, Held, []Action{Log{hotline.Left{Party: "110", Role: string(RoleService)}}, Music{true}}},
		"it does not answer":                 {[]Event{calls, Failed{ServiceSeat, desk.BusyLine}}, Talking, []Action{Log{hotline.OfferEnded{Party: "110", Reason: "busy"}}}},
		"the agent thinks better of it":      {[]Event{calls, drops}, Talking, []Action{Log{hotline.OfferEnded{Party: "110", Reason: "dropped"}}, HangUp{ServiceSeat}}},
		"the agent lets it go":               {[]Event{calls, Answered{ServiceSeat}, drops}, Talking, []Action{Log{hotline.Left{Party: "110", Role: string(RoleService), Reason: "dropped"}}, HangUp{ServiceSeat}}},
		"one at a time":                      {[]Event{calls, calls}, Talking, []Action{Refuse{desk.Consult}}},
		"it is not given to a service":       {[]Event{command(li.ID, desk.Transfer, police)}, Talking, []Action{Refuse{desk.Transfer}}},
		"again after the first":              {[]Event{calls, drops, calls}, Talking, rings},
		"it stays when the agent goes":       {[]Event{calls, Answered{ServiceSeat}, command(li.ID, desk.Finish, desk.Target{}), drops}, Bot, []Action{Refuse{desk.Drop}}},
	} {
		t.Run(name, func(t *testing.T) {
			s, actions := ways(t, c.events...)
			if diff := cmp.Diff(c.want, actions); diff != "" || s.phase() != c.phase {
				t.Errorf("%s, want %s (-want +got):\n%s", s.phase(), c.phase, diff)
			}
		})
	}
}

func TestWhoHearsWhom(t *testing.T) {
	everybody := map[string]Party{
		"caller": {Role: RoleCaller}, "bot": {Role: RoleBot}, "agent": {Role: RoleAgent}, "peer": {Role: RolePeer}, "service": {Role: RoleService},
		"listening": {Role: RoleSupervisor, Mode: Listening}, "whispering": {Role: RoleSupervisor, Mode: Whispering}, "barging": {Role: RoleSupervisor, Mode: Barging},
		"muted agent": {Role: RoleAgent, Muted: true}, "briefed": {Role: RolePeer, Aside: true},
	}
	heardBy := map[Layout]map[string]string{
		WithBot: {
			"caller": "bot service barging", "bot": "", "agent": "whispering barging", "peer": "barging", "service": "caller barging",
			"listening": "caller bot agent peer service barging", "whispering": "caller bot agent peer service barging", "barging": "caller bot agent peer service",
			"muted agent": "whispering barging",
		},
		Together: {
			"caller": "bot agent peer service barging", "bot": "", "agent": "caller peer service whispering barging", "peer": "caller agent service barging",
			"service": "caller agent peer barging", "listening": "caller bot agent peer service barging", "whispering": "caller bot agent peer service barging",
			"barging": "caller bot agent peer service", "muted agent": "caller agent peer service whispering barging",
		},
		Apart: {
			"caller": "bot service", "bot": "", "agent": "peer whispering barging", "peer": "agent barging", "service": "caller barging",
			"listening": "caller bot agent peer service barging", "whispering": "caller bot agent peer service barging", "barging": "caller bot agent peer service",
			"muted agent": "agent peer whispering barging",
		},
	}
	for layout, rows := range heardBy {
		for listener, speakers := range rows {
			var got []string
			for _, speaker := range []string{"caller", "bot", "agent", "peer", "service", "listening", "whispering", "barging"} {
				if speaker != listener && Hears(layout, everybody[listener], everybody[speaker]) {
					got = append(got, speaker)
				}
			}
			if diff := cmp.Diff(speakers, strings.Join(got, " ")); diff != "" {
				t.Errorf("%s, %s hears:\n%s", layout, listener, diff)
			}
			for _, silent := range []string{"muted agent", "briefed"} {
				if Hears(layout, everybody[listener], everybody[silent]) {
					t.Errorf("%s, %s hears a %s", layout, listener, silent)
				}
			}
			if Hears(layout, everybody["briefed"], everybody[listener]) {
				t.Errorf("%s, who is briefed hears %s", layout, listener)
			}
		}
	}
}
