package kb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/internal/han"
)

// EdgeKind is how two nodes of the graph are linked.
type EdgeKind string

// The kinds of link. Those of a matter answer one aspect each; the last two lead on from there.
const (
	Needs      EdgeKind = "needs"       // a material
	At         EdgeKind = "at"          // a place
	Costs      EdgeKind = "costs"       // a fee
	Pays       EdgeKind = "pays"        // what a person gets: an allowance, a loan
	Takes      EdgeKind = "takes"       // a time limit
	Requires   EdgeKind = "requires"    // a condition
	Calls      EdgeKind = "calls"       // a telephone number
	Online     EdgeKind = "online"      // an app or site
	OwnedBy    EdgeKind = "owned_by"    // a department, by the category
	ObtainedBy EdgeKind = "obtained_by" // a material is got by another matter
	Opens      EdgeKind = "opens"       // a place has hours
)

// Edge is one link. To is the text of what is linked, or the id of a matter or department.
type Edge struct {
	From   string   `json:"from"` // id of a matter, name of a material or place
	Kind   EdgeKind `json:"kind"`
	To     string   `json:"to"`
	When   string   `json:"when,omitempty"`   // the case it holds for
	Source string   `json:"source,omitempty"` // entry that it rests on
}

// Matter is something people come to have done.
type Matter struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Category string `json:"category"`
	Source   string `json:"source"` // entry that its links rest on unless they name another

	words [][]string // groups of alternatives, one of each must be said
	hints [][]string // groups that are welcome
	line  int
}

// Graph links matters with their materials, places, fees, limits, conditions, numbers and
// departments. It is immutable and safe for concurrent use.
type Graph struct {
	base    *Base
	matters []Matter
	byID    map[string]int
	edges   map[string][]Edge // by From
	places  []place
	// obtainable are the materials that are got by another matter.
	obtainable []string
	terms      *lexicon // what matters are recognised by
	aspects    *aspectLexicon
}

type place struct {
	name  string
	words []string
}

// Matters returns the matters in the order of their file.
func (g *Graph) Matters() []Matter { return g.matters }

// Matter returns a matter by its id.
func (g *Graph) Matter(id string) (Matter, bool) {
	at, found := g.byID[id]
	if !found {
		return Matter{}, false
	}
	return g.matters[at], true
}

// Edges returns the links from a node: a matter by its id, a material or place by its name.
func (g *Graph) Edges(from string) []Edge { return g.edges[from] }

// newGraph joins a file with the base its links rest on.
func newGraph(file string, d graphFile, b *Base) (*Graph, Problems) {
	g := &Graph{base: b, matters: d.matters, byID: map[string]int{}, edges: map[string][]Edge{}, places: d.places, aspects: aspectTable()}
	var ps Problems
	for i, m := range d.matters {
		if _, found := g.byID[m.ID]; found {
			ps.add(Problem{File: file, Line: m.line, ID: m.ID, Field: "id", Reason: "编号重复 id used twice"})
		}
		g.byID[m.ID] = i
		c, found := b.Category(m.Category)
		if !found || !c.Leaf {
			ps.add(Problem{File: file, Line: m.line, ID: m.ID, Field: "category", Reason: "没有这个叶子类别 unknown category: " + m.Category})
			continue
		}
		g.edges[m.ID] = append(g.edges[m.ID], Edge{m.ID, OwnedBy, c.Department, "", ""})
	}
	for _, e := range d.edges {
		if reason := g.wrongEdge(e.Edge); reason != "" {
			ps.add(Problem{File: file, Line: e.line, ID: e.From, Field: string(e.Kind), Reason: reason})
			continue
		}
		if reason := g.unfounded(e.Edge); reason != "" {
			ps.add(Problem{File: file, Line: e.line, ID: e.From, Field: string(e.Kind), Severity: Warning, Reason: reason})
			continue
		}
		g.edges[e.From] = append(g.edges[e.From], e.Edge)
		if e.Kind == ObtainedBy {
			g.obtainable = append(g.obtainable, e.From)
		}
	}
	for _, m := range d.matters {
		if len(g.edges[m.ID]) < 2 {
			ps.add(Problem{File: file, Line: m.line, ID: m.ID, Severity: Warning, Reason: "事项没有任何关系 matter without links"})
		}
	}
	g.terms = newLexicon()
	for i := range g.matters {
		for _, group := range slices.Concat(g.matters[i].words, g.matters[i].hints) {
			g.terms.add(group...)
		}
	}
	ps.sort()
	return g, ps
}

// wrongEdge returns why a link cannot stand.
func (g *Graph) wrongEdge(e Edge) string {
	if e.Kind == ObtainedBy {
		if _, found := g.byID[e.To]; !found {
			return "没有这个事项 unknown matter: " + e.To
		}
		return ""
	}
	if _, found := g.base.Entry(e.Source); !found {
		return "没有这个条目 unknown entry: " + e.Source
	}
	if e.Kind == Opens {
		return "" // is written only
	}
	return unspeakable(e.When + e.To)
}

// unfounded returns which number of a link its source does not state, "" when all are founded. An
// entry may have changed since; the link is silent then, until it is written anew.
func (g *Graph) unfounded(e Edge) string {
	source, found := g.base.Entry(e.Source)
	if !found {
		return ""
	}
	stated := Facts(source.AnswerText)
	for _, f := range Facts(e.When + "，" + e.To) {
		if !slices.Contains(stated, f) {
			return fmt.Sprintf("依据 %s 里没有“%s”，本条不用，请改图谱 number not in its source, link left out", e.Source, f)
		}
	}
	return ""
}

// inForce returns the links of a kind that rest on an entry in force on a day. Without the day's
// entry a link says nothing, however true it may be.
func (g *Graph) inForce(from string, kind EdgeKind, day Day) []Edge {
	var list []Edge
	for _, e := range g.edges[from] {
		source, found := g.base.Entry(e.Source)
		if e.Kind == kind && (e.Source == "" || found && source.Public() && Validity(source, day) == Valid) {
			list = append(list, e)
		}
	}
	return list
}

// Recognition is a matter found in a question.
type Recognition struct {
	Matter Matter
	Score  float64 // grows with the characters of the question that name it

	spots []bool // which characters these are
}

// Recognize returns the matters that a question may be about, best first. Matters of equal score
// need a question back.
func (g *Graph) Recognize(question string) []Recognition { return g.recognize(newUtterance(question)) }

func (g *Graph) recognize(u utterance) []Recognition {
	found := g.terms.find(u)
	var list []Recognition
	for _, m := range g.matters {
		r := Recognition{Matter: m, spots: make([]bool, len(u.runes))}
		complete := true
		for _, group := range m.words {
			said := r.cover(group, found, 1)
			complete = complete && said
		}
		if !complete {
			continue
		}
		r.Score += float64(len(m.words)) // the more a matter asks for, the less it fits by chance
		for _, group := range m.hints {
			r.cover(group, found, 0.5)
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b Recognition) int { return -cmp.Compare(a.Score, b.Score) })
	return list
}

// cover counts, at a price for each character, the alternative of a group that adds most to what is
// counted already, and marks all that were said.
func (r *Recognition) cover(group []string, found map[string][]spot, price float64) bool {
	gain, said := 0.0, false
	for _, term := range group {
		for _, s := range found[term] {
			fresh := 0.0
			for i := s.from; i < s.to; i++ {
				if !r.spots[i] {
					fresh += s.weight * price
				}
			}
			gain, said = max(gain, fresh), true
		}
	}
	for _, term := range group {
		for _, s := range found[term] {
			mark(r.spots, s)
		}
	}
	r.Score += gain
	return said
}

// utterance is a question made ready for finding terms in it.
type utterance struct {
	runes  []rune
	text   string
	sounds []string
	spoken string
}

func newUtterance(text string) utterance {
	const longest = 300 // characters; a longer text is a story
	runes := []rune(han.Fold(text))
	runes = runes[:min(len(runes), longest)]
	units := sounds(string(runes))
	return utterance{runes, string(runes), units, spoken(units)}
}

// lexicon finds terms in an utterance as characters and, those of three characters and more, as
// fuzzy syllables.
type lexicon struct {
	terms []term
	known map[string]bool
}

type term struct {
	text   string
	runes  []rune
	folded string
	sounds []string
	spoken string
}

// spoken writes sounds so that a term's are a part of those of a sentence in which it is said.
func spoken(sounds []string) string { return " " + strings.Join(sounds, " ") + " " }

// spot is where a term stands: runes from…to.
type spot struct {
	from, to int
	weight   float64 // of each rune
}

func newLexicon() *lexicon { return &lexicon{known: map[string]bool{}} }

func (l *lexicon) add(terms ...string) {
	for _, t := range terms {
		if !l.known[t] {
			l.known[t] = true
			folded := han.Fold(t)
			units := sounds(folded)
			l.terms = append(l.terms, term{t, []rune(folded), folded, units, spoken(units)})
		}
	}
}

// carried stands before a thing that is brought along and not asked for: 办居住证要带身份证吗.
const carried = "带拿凭持"

func (l *lexicon) find(u utterance) map[string][]spot {
	found := map[string][]spot{}
	for _, t := range l.terms {
		exact := strings.Contains(u.text, t.folded)
		heard := len(t.runes) >= 3 && strings.Contains(u.spoken, t.spoken)
		if !exact && !heard {
			continue
		}
		for from := 0; from+len(t.runes) <= len(u.runes); from++ {
			to := from + len(t.runes)
			weight := 1.0
			switch {
			case exact && slices.Equal(u.runes[from:to], t.runes):
			case heard && slices.Equal(u.sounds[from:to], t.sounds):
				weight = 0.8
			default:
				continue
			}
			if from > 0 && len(t.runes) > 1 && strings.ContainsRune(carried, u.runes[from-1]) {
				continue
			}
			found[t.text] = append(found[t.text], spot{from, to, weight})
		}
	}
	return found
}
