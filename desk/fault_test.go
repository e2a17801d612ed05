package desk

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

// TestNothingIsLostWhateverHappens does random things to a room and looks after each of them whether
// everybody is accounted for. DESK_SEED=n repeats one run, DESK_STEPS=n makes it longer.
func TestNothingIsLostWhateverHappens(t *testing.T) {
	seeds := make([]uint64, 50)
	for i := range seeds {
		seeds[i] = uint64(i + 1)
	}
	if text := os.Getenv("DESK_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = []uint64{seed}
	}
	steps := 2000
	if text := os.Getenv("DESK_STEPS"); text != "" {
		var err error
		if steps, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	var answered, found, gone, settled atomic.Int64
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			defer func() {
				if broken := recover(); broken != nil {
					t.Errorf("repeat with DESK_SEED=%d: panic: %v", seed, broken)
					panic(broken)
				}
			}()
			for i := range steps {
				did := w.act()
				w.account()
				w.look()
				if t.Failed() {
					t.Fatalf("step %d, after %s; repeat with DESK_SEED=%d", i, did, seed)
				}
			}
			w.evening()
			if t.Failed() {
				t.Fatalf("in the end; repeat with DESK_SEED=%d", seed)
			}
			answered.Add(int64(w.answered))
			found.Add(int64(w.found))
			gone.Add(int64(w.gone))
			settled.Add(int64(len(w.done)))
		})
	}
	t.Cleanup(func() {
		t.Logf("%d runs of %d steps: %d answered, %d came back, %d were lost, %d callbacks done",
			len(seeds), steps, answered.Load(), found.Load(), gone.Load(), settled.Load())
		for _, n := range []*atomic.Int64{&answered, &found, &gone, &settled} {
			if !t.Failed() && n.Load() < int64(steps*len(seeds)/2000) {
				t.Error("these runs show nothing")
			}
		}
	})
}

// A seed that fails would be of no use if it did not fail again.
func TestTheSameStepsGiveTheSameDecisions(t *testing.T) {
	log := func() string {
		var said strings.Builder
		w := newWorld(t, 7)
		for range 1000 {
			said.WriteString(w.act())
			w.account()
		}
		for _, id := range w.ids {
			fmt.Fprintln(&said, id, w.views[id].notices)
		}
		return said.String()
	}
	if first, second := log(), log(); first != second {
		t.Errorf("two runs differ:\n%s\n%s", first, second)
	}
}

// world is a room, the people around it, and what these were told.
type world struct {
	t     *testing.T
	r     *room
	rand  *rand.Rand
	clock time.Time
	ids   []hotline.ConversationID
	views map[hotline.ConversationID]*view
	next  int
	dials map[hotline.ConversationID]string // agent who is reserved

	outcomes map[string]Outcome
	talking  map[string]bool     // outcomes that are answered and go on
	kept     map[string]Callback // as the ledger has them
	done     map[string]bool
	places   map[hotline.ConversationID]bool
	answered int
	found    int
	gone     int
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, rand: rand.New(rand.NewPCG(seed, 1)), clock: time.Date(2026, 10, 8, 9, 0, 0, 0, time.UTC),
		views: map[hotline.ConversationID]*view{}, outcomes: map[string]Outcome{}, talking: map[string]bool{}, kept: map[string]Callback{},
		done: map[string]bool{}, places: map[hotline.ConversationID]bool{}, dials: map[hotline.ConversationID]string{},
	}
	w.r = newRoom(w.clock, graces{calling: 3 * time.Second, chatting: 15 * time.Second}, discard, unobserved{})
	if err := w.r.reload(w.roster()); err != nil {
		t.Fatal(err)
	}
	w.r.settle()
	return w
}

func (w *world) roster() Roster {
	roster := Roster{
		Queues: []Queue{
			{ID: "general", Overflow: "second", OverflowAfter: 40, WrapUp: 20, Sticky: 15, MaxLength: 12},
			{ID: "second", Skills: map[string]int{"law": 3}, MaxWait: 120, RingTimeout: 10},
			{ID: "day", Hours: Hours{Days: map[string][]Range{"thu": {{"09:00", "19:00"}}, "fri": {{"09:00", "19:00"}}}}, Patience: 60},
		},
		Shifts: []Shift{{Queue: "day"}},
	}
	for i := range 8 {
		a := Agent{
			ID: fmt.Sprintf("a%d", i), Device: Browser, Queues: []string{"general"}, Chats: i % 4,
			Skills: map[string]int{"law": i}, Supervisor: i > 5, // one on a phone, one with a headset
		}
		switch i % 3 {
		case 0:
			a.Device, a.Extension = Phone, "10"+strconv.Itoa(i)
			a.Queues = append(a.Queues, "second")
		case 1:
			a.Languages = []string{"yue"}
			a.Queues = append(a.Queues, "day")
		}
		if w.rand.IntN(10) > 0 || w.next == 0 {
			roster.Agents = append(roster.Agents, a)
		}
	}
	return roster
}

// step does one thing and lets the room settle, as the desk does.
func (w *world) step(do func() error) error {
	w.r.advance(w.clock)
	err := do()
	w.r.settle()
	return err
}

// try does what the room may refuse.
func (w *world) try(do func() error) { _ = w.step(do) }

// pass lets time pass, so that what is due happens apart from what is done next: all of it, in as many
// steps as the room takes.
func (w *world) pass(d time.Duration) {
	w.clock = w.clock.Add(d)
	for due := true; due; {
		w.try(func() error { return nil })
		wait, found := w.r.next()
		due = found && wait <= 0
	}
}

func (w *world) agent() string { return "a" + strconv.Itoa(w.rand.IntN(8)) }

func (w *world) view() *view {
	if len(w.ids) == 0 {
		return nil
	}
	return w.views[w.ids[w.rand.IntN(len(w.ids))]]
}

func (w *world) act() string {
	w.pass(time.Duration(w.rand.IntN(4000)) * time.Millisecond)
	v := w.view()
	what := w.rand.IntN(100)
	if v == nil || what < 16 && len(w.ids) < 60 {
		return w.arrive()
	}
	switch {
	case what < 36:
		for _, id := range w.ids {
			if w.views[id].offer != "" {
				v = w.views[id]
			}
		}
		return w.ring(v)
	case what < 60:
		return w.work()
	case what < 66:
		if v.waits {
			return w.leave(v)
		}
		return w.enqueue(v)
	case what < 79:
		for i := 0; len(v.agents) == 0 && i < 10; i++ {
			v = w.view()
		}
		return w.converse(v)
	case what < 85:
		w.hangUp(v)
		return "hang up"
	case what < 86:
		w.pass(time.Duration(w.rand.IntN(400)-200) * time.Second)
		return "step of the clock"
	case what == 86:
		roster := w.roster()
		if err := w.step(func() error { return w.r.reload(roster) }); err != nil {
			w.t.Error(err)
		}
		return "reload"
	case what < 89:
		by, verbs := w.agent(), []Verb{Listen, Whisper, TakeOver, Leave, Hold}
		verb := verbs[w.rand.IntN(len(verbs))]
		err := w.step(func() error { return w.r.command(by, v.id, Command{Verb: verb}, func(error) {}) })
		if err == nil && supervisors(verb) && by < "a6" {
			w.t.Errorf("agent %s may %s", by, verb)
		}
		return string(verb)
	case what < 92:
		return w.dialOut()
	default:
		return w.callBack()
	}
}

// arrive opens a conversation, most often one that asks for a person.
func (w *world) arrive() string {
	w.next++
	id := hotline.ConversationID(fmt.Sprintf("c%05d", w.next))
	v := &view{id: id, agents: map[string]bool{}, lost: map[string]bool{}}
	talk := Talk{Conversation: id, Channel: hotline.ChannelPhone, Caller: fmt.Sprintf("138%04d", w.rand.IntN(300))}
	if w.rand.IntN(3) == 0 {
		talk.Channel, talk.Caller = hotline.ChannelChat, ""
	}
	if err := w.step(func() error { return w.r.open(talk, func(n Notice) { w.hear(v, n) }) }); err != nil {
		w.t.Error(err)
	}
	w.views[id] = v
	w.ids = append(w.ids, id)
	return w.enqueue(v)
}

func (w *world) enqueue(v *view) string {
	q := Request{Conversation: v.id, Queue: []string{"general", "general", "second", "day"}[w.rand.IntN(4)], Priority: w.rand.IntN(10)}
	switch w.rand.IntN(6) {
	case 0:
		q.Skills = map[string]int{"law": 1 + w.rand.IntN(9)}
	case 1:
		q.Language = "yue"
	case 2:
		q.Agent = w.agent()
		q.Only = w.rand.IntN(2) == 0
	}
	v.waits = true
	if err := w.step(func() error { return w.r.enqueue(q) }); err != nil {
		if hotline.CodeOf(err) != hotline.CodeNotFound {
			w.t.Error(err)
		}
		v.waits = false
	}
	return "enqueue " + string(v.id)
}

// ring is what becomes of an offer.
func (w *world) ring(v *view) string {
	o := w.r.offers[v.offer]
	if o == nil {
		return "no offer"
	}
	agent := o.person.ID
	switch w.rand.IntN(16) {
	case 0:
		w.try(func() error { return w.r.decline(agent, v.offer) })
		return "decline"
	case 1:
		if v.phone {
			reason := []Reason{NoAnswer, BusyLine, Network, Declined}[w.rand.IntN(4)]
			w.try(func() error { return w.r.failed(v.offer, reason) })
			return "failed " + string(reason)
		}
		w.pass(25 * time.Second)
		return "no answer"
	case 2:
		offer := v.offer
		if err := w.step(func() error { return w.r.accept("nobody", offer) }); err == nil {
			w.t.Error("somebody else's offer was accepted")
		}
		return "foreign accept"
	default:
		offer, phone := v.offer, v.phone
		err := w.step(func() error {
			if phone {
				return w.r.answered(offer)
			}
			return w.r.accept(agent, offer)
		})
		if err == nil && phone {
			v.waits, v.offer = false, ""
			v.agents[agent] = true
			w.answered++
		}
		return "accept"
	}
}

// work is what agents do at their consoles.
func (w *world) work() string {
	id := w.agent()
	p := w.r.people[id]
	if p == nil {
		return "agent is gone"
	}
	switch w.rand.IntN(20) {
	case 0:
		s := p.stream
		if s == nil {
			return "no console"
		}
		w.try(func() error { w.r.disconnect(s); return nil })
		if w.rand.IntN(2) == 0 {
			w.pass(time.Second)
			w.try(func() error { return w.r.connect(&Stream{agent: id, wake: make(chan struct{}, 1)}) })
		}
		return "console drops"
	case 1, 2, 3, 4:
		w.try(func() error { return w.r.connect(&Stream{agent: id, wake: make(chan struct{}, 1)}) })
		return "console connects"
	case 5:
		w.try(func() error { return w.r.setLine(id, w.r.people[id].Device, false) })
		return "line drops"
	case 6:
		w.try(func() error { return w.r.setLine(id, w.r.people[id].Device, true) })
		return "line connects"
	case 7:
		state := []State{Break, Offline, Ready, Ready}[w.rand.IntN(4)]
		w.try(func() error { return w.r.setState(id, state, "tea") })
		return "set " + string(state)
	default:
		w.try(func() error { return w.r.setLine(id, w.r.people[id].Device, true) })
		if p.stream == nil {
			w.try(func() error { return w.r.connect(&Stream{agent: id, wake: make(chan struct{}, 1)}) })
		}
		w.try(func() error { return w.r.setState(id, Ready, "") })
		return "log in"
	}
}

// leave takes a conversation out of the queue.
func (w *world) leave(v *view) string {
	ending := []Ending{EndAbandoned, EndReturned, EndCallback, EndMessage}[w.rand.IntN(4)]
	v.waits, v.offer = false, ""
	err := w.step(func() error {
		_, err := w.r.withdraw(v.id, Parting{Ending: ending, Number: fmt.Sprintf("139%04d", w.rand.IntN(100))})
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
	return "withdraw " + string(ending)
}

// converse is what becomes of a talk with an agent.
func (w *world) converse(v *view) string {
	for _, agent := range slices.Sorted(maps.Keys(v.agents)) {
		switch w.rand.IntN(5) {
		case 0:
			to := Target{Queue: "second"}
			if w.rand.IntN(2) == 0 {
				to = Target{Agent: w.agent()}
			}
			waited := v.waits
			v.waits = true
			if err := w.step(func() error { return w.r.transfer(v.id, agent, to) }); err != nil && v.offer == "" {
				v.waits = waited || w.r.talks[v.id].request != nil
			}
			return "transfer"
		case 1:
			return w.release(v, agent, Transferred)
		case 2:
			return w.release(v, agent, Broken)
		case 3:
			return w.release(v, agent, GivenBack)
		default:
			return w.release(v, agent, Finished)
		}
	}
	taker := w.agent()
	if err := w.step(func() error { return w.r.take(v.id, taker) }); err == nil {
		v.waits, v.offer = false, ""
		v.agents[taker] = true
	}
	return "take"
}

func (w *world) release(v *view, agent string, how Release) string {
	err := w.step(func() error { return w.r.release(v.id, agent, how) })
	if err == nil && how != Broken {
		delete(v.agents, agent)
		delete(v.lost, agent)
	}
	return "release " + string(how)
}

func (w *world) hangUp(v *view) {
	if err := w.step(func() error { return w.r.close(v.id) }); err != nil {
		w.t.Error(err)
	}
	delete(w.views, v.id)
	w.ids = slices.DeleteFunc(w.ids, func(id hotline.ConversationID) bool { return id == v.id })
}

// callBack is what agents do with callbacks.
func (w *world) callBack() string {
	for _, id := range slices.Sorted(maps.Keys(w.r.offers)) {
		if o := w.r.offers[id]; o.request.callback != nil {
			w.try(func() error { return w.r.accept(o.person.ID, id) })
			return "accept callback"
		}
	}
	agent := w.agent()
	if p := w.r.people[agent]; p != nil && p.task != nil {
		result := []Result{Reached, Void, Unanswered, Engaged, Failure}[w.rand.IntN(5)]
		w.try(func() error { _, err := w.r.settleCallback(agent, p.task.ID, result, ""); return err })
		return "settle callback"
	}
	if open := w.r.openCallbacks(); len(open) > 0 {
		w.try(func() error { _, err := w.r.takeCallback(agent, open[w.rand.IntN(len(open))].ID); return err })
	}
	return "take callback"
}
