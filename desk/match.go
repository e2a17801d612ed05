package desk

import (
	"slices"
	"time"
)

// suits tells whether a person who is free may be offered what stands at a spot.
func (r *room) suits(p *person, s *spot) bool {
	q := s.request
	if s.fit(p) > s.queue.step(r.now.Sub(q.Since)) {
		return false
	}
	if q.Agent != "" && q.Agent != p.ID && q.sticky.After(r.now) {
		return false
	}
	if q.shunned[p.ID].After(r.now) {
		return false
	}
	return q.talk == nil || !slices.ContainsFunc(q.talk.holds, func(h *hold) bool { return h.person == p })
}

// seek offers a request to the best of those who are free: whom it prefers, then who fits with the
// least relaxing, then who has the fewest chats, then who has been idle the longest.
func (r *room) seek(q *request) bool {
	if !q.waiting || q.Only {
		return false
	}
	var best *person
	var bestFit int
	for _, s := range q.spots {
		for _, p := range s.queue.members {
			if !p.free(q.kind()) || !r.suits(p, s) {
				continue
			}
			if fit := s.fit(p); best == nil || r.better(q, p, fit, best, bestFit) {
				best, bestFit = p, fit
			}
		}
	}
	if best == nil {
		return false
	}
	r.offerTo(q, best)
	return true
}

func (r *room) better(q *request, p *person, fit int, than *person, thanFit int) bool {
	switch {
	case (p.ID == q.Agent) != (than.ID == q.Agent):
		return p.ID == q.Agent
	case fit != thanFit:
		return fit < thanFit
	case len(p.holds) != len(than.holds):
		return len(p.holds) < len(than.holds)
	default:
		return p.idle.Before(than.idle)
	}
}

// feed offers a person who may be free what is next for them.
func (r *room) feed(p *person) bool {
	free := [...]bool{calling: p.free(calling), chatting: p.free(chatting), tasking: p.free(tasking)}
	if free == [len(free)]bool{} {
		return false
	}
	for _, s := range p.wanted {
		if free[s.request.kind()] {
			r.offerTo(s.request, p)
			return true
		}
	}
	var best *spot
	for _, q := range p.queues {
		for _, s := range q.line {
			if best != nil && best.key.compare(s.key) <= 0 {
				break
			}
			if free[s.request.kind()] && r.suits(p, s) {
				best = s
				break
			}
		}
	}
	if best == nil {
		return false
	}
	r.offerTo(best.request, p)
	return true
}

// freed remembers to feed a person when what is under way is done.
func (r *room) freed(p *person) { r.hungry = append(r.hungry, p) }

// settle ends each step of the room.
func (r *room) settle() {
	for len(r.hungry) > 0 {
		p := r.hungry[0]
		r.hungry = r.hungry[1:]
		r.feed(p)
	}
	r.hungry = nil
}

// headPatience is how long somebody whose agent was lost waits for anybody to log in.
const headPatience = time.Minute

// forsaken looks after a request that nobody who is logged in could ever take: it goes to the
// overflow, waits for people who are due, or is refused. True when it does not wait any more.
func (r *room) forsaken(q *request) bool {
	for i := 0; i < len(q.spots); i++ {
		if q.spots[i].served() {
			return false
		}
		if i == len(q.spots)-1 && r.spill(q, q.spots[i].queue) && r.seek(q) {
			return true
		}
	}
	patience := q.home.Patience.Duration()
	if q.head {
		patience = max(patience, headPatience)
	} else if due, found := r.due(q.home, r.now); !found || due.Sub(r.now) > patience {
		patience = 0
	}
	if patience == 0 {
		r.refuse(q, Nobody)
		return true
	}
	if q.nobody.index == 0 {
		r.timers.set(&q.nobody, r.now.Add(patience), func() {
			if !slices.ContainsFunc(q.spots, (*spot).served) {
				r.refuse(q, Nobody)
			}
		})
	}
	return false
}

// served tells whether somebody is logged in who could take what stands at a spot some day.
func (s *spot) served() bool {
	return slices.ContainsFunc(s.queue.members, func(p *person) bool { return p.present() && s.fit(p) != never })
}

// deserted has those looked after who wait in queues that somebody has left, one by one: a thousand
// may be refused because of the last one who leaves.
func (r *room) deserted(queues []*queue) {
	for _, q := range queues {
		if !slices.ContainsFunc(q.line, func(s *spot) bool { return s.request.callback == nil }) {
			continue
		}
		served := map[*class]bool{}
		for _, s := range q.line {
			known, found := served[s.class]
			if !found {
				known = s.served()
				served[s.class] = known
			}
			if !known && s.request.callback == nil {
				r.left = append(r.left, s.request)
			}
		}
	}
	r.tendLater()
}

func (r *room) tendLater() {
	if len(r.left) > 0 {
		r.timers.set(&r.tending, r.now, r.tend)
	}
}

// tend looks after the first of those who were left, unless they do not wait any more.
func (r *room) tend() {
	q := r.left[0]
	r.left = r.left[1:]
	r.tendLater()
	if q.waiting {
		r.forsaken(q)
	}
}
