package kb

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Answer is what the graph says to a question.
type Answer struct {
	Matter     Matter
	Aspects    []Aspect // answered
	Missing    []Aspect // asked as well, and not known
	Voice      string   // at most MaxVoice characters, speakable
	Text       string   // lines, with what the links lead to and what they rest on
	Entries    []string // ids that the answer rests on
	Confidence float64  // share of the question that matter, aspects and small words explain

	// Ambiguous are the matters that fit equally well. There is no answer then, but a question back.
	Ambiguous []Matter
}

// leastExplained is the share of a question that must be explained before the graph answers it. A
// question with more in it asks something else.
const leastExplained = 0.7

// maxAspects is how many aspects one answer takes up.
const maxAspects = 3

// Answer composes an answer from the links of the matter that a question names, for the aspects it
// asks about; links whose source is not in force on the day are left out. It answers nothing, and
// found is false, when no aspect is asked, no matter is named, the links do not know, or much of
// the question remains unexplained.
func (g *Graph) Answer(question string, day Day) (answer Answer, found bool) {
	u := newUtterance(question)
	aspects, explained := g.aspects.find(u)
	if len(aspects) == 0 {
		return Answer{}, false
	}
	candidates := g.recognize(u)
	if len(candidates) == 0 {
		return Answer{}, false
	}
	best := candidates[0]
	a := Answer{Matter: best.Matter, Aspects: aspects[:min(len(aspects), maxAspects)]}
	if a.Confidence = g.explained(u, best.spots, explained); a.Confidence < leastExplained {
		return Answer{}, false
	}
	for _, other := range candidates[1:] {
		if other.Score == best.Score {
			a.Ambiguous = append(a.Ambiguous, other.Matter)
		}
	}
	if len(a.Ambiguous) > 0 {
		a.Ambiguous = append([]Matter{best.Matter}, a.Ambiguous...)
		return a, false
	}
	return g.compose(a, day)
}

// explained returns the share of an utterance that something was found for.
func (g *Graph) explained(u utterance, matter, aspects []bool) float64 {
	spots := slices.Clone(matter)
	for i, s := range aspects {
		spots[i] = spots[i] || s
	}
	for _, found := range g.aspects.small.find(u) {
		for _, s := range found {
			mark(spots, s)
		}
	}
	return float64(taken(spots)) / float64(len(spots))
}

// About composes an answer for aspects of a matter, without a question.
func (g *Graph) About(matter string, day Day, aspects ...Aspect) (Answer, bool) {
	m, found := g.Matter(matter)
	if !found {
		return Answer{}, false
	}
	return g.compose(Answer{Matter: m, Aspects: aspects, Confidence: 1}, day)
}

// answers are the kinds of link that answer an aspect, with how text and speech introduce them. An
// aspect is answered by the first line that has links; a line in addition follows it.
var answers = []struct {
	aspect   Aspect
	kind     EdgeKind
	label    string
	say      string // before the items
	end      string // after them
	addition bool
}{
	{AspectMaterials, Needs, "材料", "要带", "", false},
	{AspectPlace, At, "地点", "可以到", "办", false},
	{AspectPlace, Online, "网上", "也可以在", "上办", true},
	{AspectFee, Costs, "费用", "", "", false},
	{AspectFee, Pays, "标准", "", "", false},
	{AspectTime, Takes, "时限", "", "", false},
	{AspectConditions, Requires, "条件", "条件是", "", false},
	{AspectPhone, Calls, "电话", "可以拨打", "", false},
	{AspectDepartment, OwnedBy, "负责部门", "由", "负责", false},
	{AspectOnline, Online, "网上", "可以在", "上办", false},
}

func (g *Graph) compose(a Answer, day Day) (Answer, bool) {
	var voice, text, answered []string
	var known []Aspect
	for _, aspect := range a.Aspects {
		done := false
		for _, w := range answers {
			if w.aspect != aspect || done && !w.addition {
				continue
			}
			links := g.inForce(a.Matter.ID, w.kind, day)
			if len(links) == 0 || slices.Contains(answered, w.label) {
				continue
			}
			say := w.say
			if w.addition && !done {
				say = strings.TrimPrefix(say, "也")
			}
			done = true
			answered = append(answered, w.label)
			voice = append(voice, g.speak(links, say, w.end, w.kind)...)
			text = append(text, w.label+"："+g.written(links, day))
			a.rest(links)
			a.Entries = append(a.Entries, g.ledTo(links, day)...)
		}
		if done {
			known = append(known, aspect)
		} else {
			a.Missing = append(a.Missing, aspect)
		}
	}
	if len(known) == 0 {
		return Answer{}, false
	}
	a.Aspects = known
	a.Voice = fit(a.Matter.Name, voice)
	a.Text = a.Matter.Name + "\n" + strings.Join(append(text, g.basis(a.Entries)...), "\n")
	a.Entries = unique(a.Entries)
	return a, true
}

func (a *Answer) rest(links []Edge) {
	for _, e := range links {
		if e.Source != "" {
			a.Entries = append(a.Entries, e.Source)
		}
	}
}

// speak says links in clauses: what holds always, then each case.
func (g *Graph) speak(links []Edge, say, end string, kind EdgeKind) []string {
	var always, clauses []string
	for _, e := range links {
		what := e.To
		if d, found := g.base.Department(what); found && kind == OwnedBy {
			what = d.Name
		}
		if e.When == "" {
			always = append(always, what)
		}
	}
	if len(always) > 0 {
		separator := "、"
		if strings.Contains(strings.Join(always, ""), "，") || kind == Takes || kind == Requires || kind == Costs || kind == Pays {
			separator = "，"
		}
		clauses = append(clauses, say+strings.Join(always, separator)+end)
	}
	for _, e := range links {
		if e.When != "" {
			clauses = append(clauses, e.When+"的"+say+e.To+end)
		}
	}
	return clauses
}

// fit joins clauses to what can be said in one breath, leaving out the last ones when they are too
// many. The first is cut where an item ends when it alone is too long.
func fit(name string, clauses []string) string {
	text := name + "，" + clauses[0]
	for utf8.RuneCountInString(text) > MaxVoice-2 {
		at := strings.LastIndexAny(text, "，、；")
		if at <= len(name) {
			runes := []rune(text)
			text = string(runes[:MaxVoice-2])
			break
		}
		text = text[:at]
	}
	for _, c := range clauses[1:] {
		if utf8.RuneCountInString(text+c) > MaxVoice-2 {
			break
		}
		text += "，" + c
	}
	return text + "。"
}

// written writes links with their cases and what they lead to.
func (g *Graph) written(links []Edge, day Day) string {
	var items []string
	for _, e := range links {
		item := e.To
		switch e.Kind {
		case OwnedBy:
			item = g.ownerName(e)
		case Needs:
			item += g.howToGet(e.To, day)
		case At:
			for _, p := range g.placesIn(e.To) {
				for _, open := range g.inForce(p, Opens, day) {
					item += "（" + open.To + "）"
				}
			}
		}
		if e.When != "" {
			item = e.When + "：" + item
		}
		items = append(items, item)
	}
	return strings.Join(items, "；")
}

func (g *Graph) ownerName(e Edge) string {
	d, _ := g.base.Department(e.To)
	m, _ := g.Matter(e.From)
	if c, _ := g.base.Category(m.Category); c.Dispatch == "district" {
		return d.Name + "（由所在区县受理）"
	}
	return d.Name
}

// howToGet follows a material to the matter it is got by.
func (g *Graph) howToGet(material string, day Day) string {
	for _, name := range g.materialsIn(material) {
		for _, e := range g.edges[name] {
			m, found := g.Matter(e.To)
			if e.Kind != ObtainedBy || !found || len(g.inForce(m.ID, At, day))+len(g.inForce(m.ID, Online, day)) == 0 {
				continue
			}
			var where []string
			for _, kind := range []EdgeKind{At, Online} {
				for _, at := range g.inForce(m.ID, kind, day) {
					where = append(where, at.To)
				}
			}
			return "（没有" + name + "的，先到" + strings.Join(where, "或") + "办理）"
		}
	}
	return ""
}

// ledTo returns the entries that the second steps of links rest on.
func (g *Graph) ledTo(links []Edge, day Day) []string {
	var ids []string
	for _, e := range links {
		switch e.Kind {
		case At:
			for _, p := range g.placesIn(e.To) {
				for _, open := range g.inForce(p, Opens, day) {
					ids = append(ids, open.Source)
				}
			}
		case Needs:
			for _, name := range g.materialsIn(e.To) {
				for _, by := range g.edges[name] {
					if m, found := g.Matter(by.To); found && by.Kind == ObtainedBy && g.howToGet(name, day) != "" {
						ids = append(ids, m.Source)
					}
				}
			}
		}
	}
	return ids
}

// materialsIn returns the known materials that a text names, the longest first.
func (g *Graph) materialsIn(text string) []string {
	var best string
	for _, e := range g.obtainable {
		if strings.Contains(text, e) && len(e) > len(best) {
			best = e
		}
	}
	if best == "" {
		return nil
	}
	return []string{best}
}

// placesIn returns the known place that a text names, the longest name first.
func (g *Graph) placesIn(text string) []string {
	best, length := "", 0
	for _, p := range g.places {
		for _, w := range p.words {
			if strings.Contains(text, w) && len(w) > length {
				best, length = p.name, len(w)
			}
		}
	}
	if best == "" {
		return nil
	}
	return []string{best}
}

// basis names the rules that entries rest on.
func (g *Graph) basis(ids []string) []string {
	var sources []string
	for _, id := range unique(ids) {
		if e, found := g.base.Entry(id); found && e.Source != "" {
			sources = append(sources, strings.TrimSpace(e.Source+" "+e.Clause))
		}
	}
	if len(sources) == 0 {
		return nil
	}
	return []string{"依据：" + strings.Join(unique(sources), "；")}
}

func unique(list []string) []string {
	var once []string
	for _, s := range list {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}
