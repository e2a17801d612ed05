package kb

import (
	"cmp"
	"math"
	"slices"
)

// Alike is a pair of wordings of different entries that ask nearly the same.
type Alike struct {
	A, B         string // ids
	TextA, TextB string
	Score        float64 // 0 to 1; 1 is the same but for punctuation
}

// The least score at which wordings count as near the same, and as one matter.
const (
	nearSame   = 0.8
	sameMatter = 0.6
)

// shape is what of a wording is compared: its pairs of characters and of fuzzy syllables.
type shape struct {
	chars, sounds []string // sorted, each once
}

func shapeOf(text string) shape {
	c := clean(text)
	var chars []string
	for _, r := range c {
		chars = append(chars, string(r))
	}
	return shape{pairs(chars), pairs(sounds(c))}
}

// pairs returns the neighbours in a list, its ends marked, sorted and each once.
func pairs(units []string) []string {
	if len(units) == 0 {
		return nil
	}
	list := make([]string, 0, len(units)+1)
	last := "^"
	for _, u := range units {
		list = append(list, last+" "+u)
		last = u
	}
	list = append(list, last+" $")
	slices.Sort(list)
	return slices.Compact(list)
}

// rarity weighs a pair by how few wordings of a base hold it: what many questions share, 怎么办,
// says little about two of them.
type rarity struct {
	chars, sounds map[string]float64
	rare          float64 // of a pair no wording holds
}

func rarityOf(shapes []shape) rarity {
	r := rarity{map[string]float64{}, map[string]float64{}, math.Log(1 + float64(len(shapes)))}
	for _, s := range shapes {
		for _, p := range s.chars {
			r.chars[p]++
		}
		for _, p := range s.sounds {
			r.sounds[p]++
		}
	}
	for _, m := range []map[string]float64{r.chars, r.sounds} {
		for p, n := range m {
			m[p] = math.Log(1 + float64(len(shapes))/n)
		}
	}
	return r
}

// likeness is the weighted share of pairs that two wordings have in common (Dice), the better of
// characters and syllables. Syllables alone count a little less.
func (r rarity) likeness(a, b shape) float64 {
	return max(r.dice(a.chars, b.chars, r.chars), 0.95*r.dice(a.sounds, b.sounds, r.sounds))
}

func (r rarity) dice(a, b []string, weights map[string]float64) float64 {
	var common, total float64
	of := func(p string) float64 {
		if w, known := weights[p]; known {
			return w
		}
		return max(r.rare, 1)
	}
	for i, k := 0, 0; i < len(a) || k < len(b); {
		switch {
		case k == len(b) || i < len(a) && a[i] < b[k]:
			total += of(a[i])
			i++
		case i == len(a) || b[k] < a[i]:
			total += of(b[k])
			k++
		default:
			common += 2 * of(a[i])
			total += 2 * of(a[i])
			i, k = i+1, k+1
		}
	}
	if total == 0 {
		return 0
	}
	return common / total
}

// wordingIndex finds the wordings that may be alike, by the pairs of syllables they share.
type wordingIndex struct {
	ids      []string
	texts    []string
	shapes   []shape
	postings map[string][]int
	rarity   rarity
}

func newWordingIndex(entries []Entry) *wordingIndex {
	x := &wordingIndex{postings: map[string][]int{}}
	for _, e := range entries {
		for _, w := range e.Wordings() {
			s := shapeOf(w)
			if len(s.chars) == 0 {
				continue
			}
			for _, p := range s.sounds {
				x.postings[p] = append(x.postings[p], len(x.ids))
			}
			x.ids, x.texts, x.shapes = append(x.ids, e.ID), append(x.texts, w), append(x.shapes, s)
		}
	}
	x.rarity = rarityOf(x.shapes)
	return x
}

// near returns, for each other entry, the wording most like a text, from a least score on, best
// first. Only wordings that share one of the rarer pairs are looked at.
func (x *wordingIndex) near(id, text string, least float64) []Alike {
	s := shapeOf(text)
	rarest := slices.Clone(s.sounds)
	slices.SortStableFunc(rarest, func(a, b string) int { return cmp.Compare(len(x.postings[a]), len(x.postings[b])) })
	best := map[string]Alike{}
	seen := map[int]bool{}
	for _, p := range rarest[:(len(rarest)+1)*2/3] { // more than a third in common is needed anyway
		for _, at := range x.postings[p] {
			if x.ids[at] == id || seen[at] {
				continue
			}
			seen[at] = true
			if score := x.rarity.likeness(s, x.shapes[at]); score >= least && score > best[x.ids[at]].Score {
				best[x.ids[at]] = Alike{id, x.ids[at], text, x.texts[at], score}
			}
		}
	}
	list := make([]Alike, 0, len(best))
	for _, a := range best {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Alike) int { return cmp.Or(-cmp.Compare(a.Score, b.Score), cmp.Compare(a.B, b.B)) })
	return list
}

// alike returns the pairs of entries with alike wordings, each pair once with its best score, in
// the order of the entries.
func (x *wordingIndex) alike(entries []Entry, least float64) []Alike {
	order := map[string]int{}
	for i, e := range entries {
		order[e.ID] = i
	}
	type pair struct{ a, b string }
	best := map[pair]Alike{}
	for _, e := range entries {
		for _, w := range e.Wordings() {
			for _, a := range x.near(e.ID, w, least) {
				if order[a.B] < order[a.A] {
					a = Alike{a.B, a.A, a.TextB, a.TextA, a.Score}
				}
				if k := (pair{a.A, a.B}); a.Score > best[k].Score {
					best[k] = a
				}
			}
		}
	}
	list := make([]Alike, 0, len(best))
	for _, a := range best {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Alike) int {
		return cmp.Or(cmp.Compare(order[a.A], order[b.A]), cmp.Compare(order[a.B], order[b.B]))
	})
	return list
}

// Duplicates returns the pairs of entries that ask near the same, so that one question has two
// answers. Withdrawn entries do not count.
func (b *Base) Duplicates() []Alike {
	var list []Entry
	for e := range b.All() {
		if e.Status != StatusWithdrawn {
			list = append(list, e)
		}
	}
	return newWordingIndex(list).alike(list, nearSame)
}

// Conflict is a contradiction of two entries on one matter that answer at the same time and place.
type Conflict struct {
	Alike
	Unit        string // of what they say differently
	Left, Right []Fact
}

// Conflicts returns the pairs of entries that ask about one matter, for a common region and in an
// overlapping time, and whose answers state different amounts, dates or limits.
func (b *Base) Conflicts() []Conflict {
	var list []Entry
	for e := range b.All() {
		if e.Status == StatusPublished {
			list = append(list, e)
		}
	}
	pairs := newWordingIndex(list).alike(list, sameMatter)
	for _, e := range list {
		if e.SupersededBy != "" {
			pairs = append(pairs, Alike{A: e.ID, B: e.SupersededBy, Score: 1})
		}
	}
	var found []Conflict
	reported := map[[2]string]bool{}
	for _, p := range pairs {
		x, _ := b.Entry(p.A)
		y, _ := b.Entry(p.B)
		if y.Status != StatusPublished || !overlap(x, y) || x.Category != y.Category || reported[[2]string{x.ID, y.ID}] || reported[[2]string{y.ID, x.ID}] {
			continue
		}
		unit, left, right := disagreement(Facts(x.AnswerText+"\n"+x.AnswerVoice), Facts(y.AnswerText+"\n"+y.AnswerVoice))
		if unit != "" {
			reported[[2]string{x.ID, y.ID}] = true
			found = append(found, Conflict{p, unit, left, right})
		}
	}
	return found
}

// overlap tells whether two entries answer for a common region and audience on a common day.
func overlap(x, y Entry) bool {
	if x.ValidTo != "" && y.ValidFrom > x.ValidTo || y.ValidTo != "" && x.ValidFrom > y.ValidTo {
		return false
	}
	if x.Audience != y.Audience && x.Audience != AudienceAll && y.Audience != AudienceAll {
		return false
	}
	return len(x.Regions) == 0 || len(y.Regions) == 0 || slices.ContainsFunc(x.Regions, func(r string) bool { return slices.Contains(y.Regions, r) })
}
