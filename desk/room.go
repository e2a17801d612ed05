package desk

import (
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/hotline-cc/hotline"
)

// room is everything the desk knows and decides. It has no goroutine and no clock of its own: each
// step is told the time, does what is due and then one thing more. The same steps at the same times
// give the same decisions.
type room struct {
	logger   *slog.Logger
	observer Observer
	graces   graces
	callable func(number string) bool // nil is every number

	now    time.Time
	raw    time.Time     // as the clock said last
	behind time.Duration // how far the clock was set back in all
	timers timers
	prefix string // of IDs
	ids    uint64
	serial uint64 // of requests

	almanac *almanac
	shifts  []Shift
	people  map[string]*person
	roster  []*person // by person.index
	queues  map[string]*queue
	order   []*queue // as in the roster

	talks    map[hotline.ConversationID]*talk
	offers   map[string]*offer
	tasks    map[string]*task
	numbers  map[string][]*task
	places   map[hotline.ConversationID]Request // from before a restart
	hungry   []*person
	left     []*request // by agents who are gone; to be looked after
	tending  timer
	marks    marks
	consoles int
	kept     []Entry // by this step
}

func newRoom(now time.Time, g graces, logger *slog.Logger, observer Observer) *room {
	return &room{
		logger: logger, observer: observer, graces: g, now: now, raw: now,
		prefix: strconv.FormatInt(now.UnixMilli(), 36),
		people: map[string]*person{}, queues: map[string]*queue{},
		talks: map[hotline.ConversationID]*talk{}, offers: map[string]*offer{},
		tasks: map[string]*task{}, numbers: map[string][]*task{}, places: map[hotline.ConversationID]Request{},
		marks: newMarks(),
	}
}

// newID returns an identifier that no other start of the program gives out.
func (r *room) newID(kind string) string {
	r.ids++
	return kind + r.prefix + "-" + strconv.FormatUint(r.ids, 36)
}

func (r *room) keep(e Entry) { r.kept = append(r.kept, e) }

// day is the date by which counts begin anew.
func (r *room) day() string { return r.now.In(r.almanac.zone).Format(time.DateOnly) }

// dueAtOnce bounds what one step does of what is due, so that nobody who asks something waits long:
// a thousand who came at the same moment are due at the same moments for as long as they wait.
const dueAtOnce = 32

// advance does what is due, or the first part of it. A clock that is set back does not stop the waits
// that run.
func (r *room) advance(raw time.Time) {
	if raw.Before(r.raw) {
		r.behind += r.raw.Sub(raw)
	}
	r.raw = raw
	r.now = raw.Add(r.behind)
	for range dueAtOnce {
		t := r.timers.due(r.now)
		if t == nil {
			return
		}
		t.fire()
		r.settle()
	}
}

// next returns how long nothing is due.
func (r *room) next() (time.Duration, bool) {
	at, found := r.timers.next()
	return at.Sub(r.now), found
}

// reload takes over a roster that has been validated. What is under way goes on: who is no longer
// in it keeps what they have, who waits in a queue that is gone is refused.
func (r *room) reload(in Roster) error {
	almanac, err := newAlmanac(in.Calendar)
	if err != nil {
		return err
	}
	r.almanac, r.shifts = almanac, in.Shifts
	if warning := almanac.warning(r.now); warning != "" {
		r.logger.Warn(warning)
	}
	for _, q := range r.queues {
		q.gone = true
	}
	r.order = nil
	for _, q := range in.Queues {
		at := r.queues[q.ID]
		if at == nil {
			at = &queue{classes: map[string]*class{}}
			r.queues[q.ID] = at
		}
		at.Queue, at.gone, at.members, at.staffing = q.withDefaults(), false, nil, staffing{}
		r.order = append(r.order, at)
	}
	renewed := r.enlist(in.Agents)
	for _, id := range slices.Sorted(maps.Keys(r.queues)) {
		q := r.queues[id]
		r.requeue(q)
		if q.gone && q.tasks == 0 {
			delete(r.queues, q.ID)
		}
	}
	for _, p := range slices.Clone(r.roster) {
		if p.gone {
			r.leaveWork(p, Offline)
		}
		r.reachChanged(p) // of those who talk on something else now, and of those who have gone in mid-talk
	}
	r.deserted(r.order)
	for _, p := range renewed {
		if p.stream != nil {
			p.stream.push(r.hello(p))
		}
	}
	return nil
}

// enlist makes the agents of a roster people, and returns of whom it says something else than before.
func (r *room) enlist(agents []Agent) (renewed []*person) {
	before := r.people
	r.people, r.roster = map[string]*person{}, nil
	for _, a := range agents {
		p := before[a.ID]
		delete(before, a.ID)
		if p == nil {
			p = &person{lines: map[Device]bool{}, chosen: Offline, last: Offline, since: r.now, idle: r.now}
		}
		changed := !reflect.DeepEqual(p.Agent, a)
		p.Agent, p.gone = a, false
		r.addPerson(p)
		if changed {
			renewed = append(renewed, p)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		p := before[id]
		p.Queues, p.gone = nil, true
		if p.stream != nil {
			p.stream.end(hotline.Errorf("read console stream", hotline.CodeForbidden, "agent %q is no longer in the roster", p.ID))
			p.stream = nil
			r.consoles--
		}
		if len(p.holds) > 0 || p.offer != nil || p.task != nil || p.dials != "" || p.watched != nil || len(p.wanted) > 0 {
			r.addPerson(p) // until they have nothing left, at the next reload
		}
	}
	return renewed
}

func (r *room) addPerson(p *person) {
	p.index = len(r.roster)
	r.roster = append(r.roster, p)
	r.people[p.ID] = p
	p.queues = nil
	for _, id := range p.Queues {
		q := r.queues[id]
		p.queues = append(p.queues, q)
		q.members = append(q.members, p)
	}
}

// requeue fits those who wait in a queue to its new rules.
func (r *room) requeue(q *queue) {
	line := q.line
	if !q.gone {
		for _, c := range q.classes {
			c.forget(len(r.roster))
		}
		for _, s := range line {
			s.key = q.keyOf(s.request)
		}
		slices.SortFunc(line, func(a, b *spot) int { return a.key.compare(b.key) })
		return
	}
	for _, s := range slices.Clone(line) {
		if s.request.home == q {
			r.refuse(s.request, Closed)
			continue
		}
		q.remove(s)
		s.request.spots = slices.DeleteFunc(s.request.spots, func(other *spot) bool { return other == s })
	}
}

// load takes over what was kept before a restart: chats have their place when they ask again, calls
// that broke off are to be called back.
func (r *room) load(callbacks []Callback, places []Place) {
	for _, c := range callbacks {
		if c.State == CallbackDone {
			continue
		}
		if !c.Dialled.IsZero() { // the call broke off
			c.tried(c.Dialled, Failure, "")
		}
		taken := c.State == CallbackTaken
		c.State, c.Agent = CallbackOpen, ""
		t := r.addTask(c)
		if taken { // lists read what is kept
			r.keepTask(t)
		}
		r.comeUp(t.Callback)
	}
	for _, p := range places {
		id := p.Request.Conversation
		if p.Request.Channel == hotline.ChannelChat && r.now.Sub(p.Request.Since) < placeLife {
			r.places[id] = p.Request
			continue
		}
		if home := r.queues[p.Request.Queue]; home != nil {
			r.missed(&request{Request: p.Request, home: home}, CallbackAbandoned)
		}
		r.keep(PlaceGone{id})
	}
}

// placeLife is how long the place of a chat is kept that does not ask again.
const placeLife = 24 * time.Hour
