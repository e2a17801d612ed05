package slot

import (
	"sort"
	"strings"
)

// capturePlace reads the answer to "在哪里". What was said before, partial, is amended: a district
// decides between namesakes, a building is added, another place replaces it.
func capturePlace(s sentence, c Context, partial string) Captured {
	g := c.Places
	if g == nil {
		return Captured{Problem: Unknown, Partial: partial}
	}
	if t, ok := g.answer(s, c, ""); ok {
		if partial == "" || t.last().level() > 2 {
			return g.captured(s, t)
		}
	}
	if partial != "" {
		if v, ok := s.withBuilding(g, partial); ok {
			s = read(v)
		} else {
			s = read(partial + "，" + string(s.r))
		}
		if t, ok := g.answer(s, c, ""); ok {
			return g.captured(s, t)
		}
	}
	if s.len() < 2 {
		return Captured{Problem: Missing, Partial: partial}
	}
	return Captured{Problem: Unknown, Partial: partial, Candidates: g.nearest(s, 3)}
}

func (g *Gazetteer) answer(s sentence, c Context, region string) (site, bool) {
	if region == "" {
		region = c.Region
	}
	found := g.mentions(s, region, true)
	return s.chooseSite(g.sites(s, found))
}

// withBuilding adds a building to a place that was captured before, if nothing else was said.
func (s sentence) withBuilding(g *Gazetteer, place string) (string, bool) {
	if len(g.mentions(s, "", true)) > 0 {
		return "", false
	}
	for i := range s.r {
		if j := s.buildingAt(i); j > i {
			base := read(place)
			for k := 2; k < base.len(); k++ {
				if base.buildingAt(k) == base.len() && strings.ContainsRune("栋幢座楼号", s.r[j-1]) {
					place = base.text(0, k) // another building replaces the one before
					break
				}
			}
			return place + s.building(i, j), true
		}
	}
	return "", false
}

// captured turns a site into an answer; namesakes make it ambiguous.
func (g *Gazetteer) captured(s sentence, t site) Captured {
	value := g.written(s, t) + s.spot(t)
	last := t.last()
	got := Captured{Value: value, Spoken: value, Partial: value, Confidence: 0.9, Repaired: last.form >= formConfusion}
	if got.Repaired {
		got.Confidence = 0.7
	}
	if len(last.names) == 1 {
		return got
	}
	got = Captured{Problem: Ambiguous, Partial: value, Confidence: 0.5}
	for _, n := range last.names {
		c := g.candidate(n.place)
		c.Value += t.tail
		got.Candidates = append(got.Candidates, c)
	}
	sort.Slice(got.Candidates, func(i, j int) bool { return got.Candidates[i].ID < got.Candidates[j].ID })
	return got
}

// spot is the word for what is next to a place, which is not the place itself.
func (s sentence) spot(t site) string {
	switch {
	case s.hasAny(t.to, "对面") > 0:
		return "对面"
	case s.hasAny(t.to, "旁边", "旁") > 0:
		return "旁"
	}
	return ""
}

// captureDistrict reads a district, or the one district in which the place that was named lies.
func captureDistrict(s sentence, c Context) Captured {
	g := c.Places
	if g == nil {
		return Captured{Problem: Unknown}
	}
	found := g.mentions(s, "", true)
	value, form := "", formName
	for i, m := range found {
		if m.level() == 1 && !s.denied(m, found, i) {
			value, form = m.place().Name, m.form
		}
	}
	if value != "" {
		return captured(value, form >= formConfusion, true)
	}
	for _, m := range found {
		got := Captured{Problem: Ambiguous}
		seen := map[string]bool{}
		for _, n := range m.names {
			if d := g.District(n.place); d != nil && !seen[d.Name] {
				seen[d.Name] = true
				got.Candidates = append(got.Candidates, Candidate{Value: d.Name, Label: d.Name, District: d.Name, ID: d.ID})
			}
		}
		switch len(got.Candidates) {
		case 0:
			continue
		case 1:
			return Captured{Value: got.Candidates[0].Value, Repaired: true, Confidence: 0.7}
		}
		sort.Slice(got.Candidates, func(i, j int) bool { return got.Candidates[i].ID < got.Candidates[j].ID })
		return got
	}
	return Captured{Problem: unlessEmpty(s)}
}

func unlessEmpty(s sentence) Problem {
	if s.len() < 2 {
		return Missing
	}
	return Unknown
}

// nearest returns up to n places whose names share most pairs of syllables with what was said.
func (g *Gazetteer) nearest(s sentence, n int) []Candidate {
	if s.len() > 40 {
		return nil
	}
	heard := soundPairs(s.r)
	type scored struct {
		p     *Place
		score float64
	}
	var list []scored
	for p, own := range g.pairs {
		shared := 0
		for pair := range own {
			if heard[pair] {
				shared++
			}
		}
		if score := float64(shared) / float64(len(own)+1); shared > 0 && score >= 0.33 {
			list = append(list, scored{p, score})
		}
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].score != list[j].score {
			return list[i].score > list[j].score
		}
		return list[i].p.ID < list[j].p.ID
	})
	var out []Candidate
	for _, l := range list[:min(n, len(list))] {
		out = append(out, g.candidate(l.p))
	}
	return out
}
