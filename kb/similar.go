package kb

import (
	"cmp"
	"math"
	"slices"

	"github.com/hotline-cc/hotline/internal/han"
)

// Alike is a pair of wordings of different entries that ask nearly the same.
type Alike struct {
	A, B         string // ids
	TextA, TextB string
	Score        float64 // 0 to 1; 1 is the same but for punctuation
}

// The least score at which wordings count as near the same, and as one matter.
const (
	nearSame   = 0.75
	sameMatter = 0.6
)

// gram is one unit of a wording or two neighbours, by its hash, and how much it tells.
type gram struct {
	hash   uint64
	weight float64
}

// bag is the grams of a wording in one space, by their hashes, and the sum of their weights.
type bag struct {
	grams []gram
	sum   float64
}

// shape is what of a wording is compared: its characters and fuzzy syllables, alone, so that the order
// of the words matters less, and in pairs.
type shape struct{ chars, sounds bag }

// The spaces in which wordings are compared.
const (
	inChars  = "c"
	inSounds = "s"
)

// hashes returns the hashes of the units of a list and of its neighbours, its ends marked, sorted and
// each once.
func hashes(space string, units []string) []uint64 {
	if len(units) == 0 {
		return nil
	}
	list := make([]uint64, 0, 2*len(units)+1)
	last := "^"
	for _, u := range units {
		list = append(list, hash(space, u), hash(space, last, u))
		last = u
	}
	list = append(list, hash(space, last, "$"))
	slices.Sort(list)
	return slices.Compact(list)
}

// hash is FNV-1a over parts.
func hash(parts ...string) uint64 {
	h := uint64(14695981039346656037)
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	return h
}

func hashesOf(text string) (chars, sound []uint64) {
	c := han.Fold(text)
	var units []string
	for _, r := range c {
		units = append(units, string(r))
	}
	return hashes(inChars, units), hashes(inSounds, sounds(c))
}

// rarity weighs a gram by how few wordings of a base hold it: what many questions share, 怎么办,
// says little about two of them.
type rarity struct {
	weights map[uint64]float64
	rare    float64 // of a gram no wording holds
}

func rarityOf(texts []string) rarity {
	r := rarity{map[uint64]float64{}, max(1, math.Log(1+float64(len(texts))))}
	for _, text := range texts {
		chars, sound := hashesOf(text)
		for _, h := range slices.Concat(chars, sound) {
			r.weights[h]++
		}
	}
	for h, n := range r.weights {
		r.weights[h] = math.Log(1 + float64(len(texts))/n)
	}
	return r
}

func (r rarity) shape(text string) shape {
	chars, sound := hashesOf(text)
	return shape{r.bag(chars), r.bag(sound)}
}

func (r rarity) bag(list []uint64) bag {
	b := bag{grams: make([]gram, len(list))}
	for i, h := range list {
		w, known := r.weights[h]
		if !known {
			w = r.rare
		}
		b.grams[i] = gram{h, w}
		b.sum += w
	}
	return b
}

// likeness is the weighted share of grams that two wordings have in common (Dice), the better of
// characters and syllables. Syllables alone count a little less.
func likeness(a, b shape) float64 {
	return max(dice(a.chars, b.chars), 0.95*dice(a.sounds, b.sounds))
}

func dice(a, b bag) float64 {
	var common float64
	for i, k := 0, 0; i < len(a.grams) && k < len(b.grams); {
		switch x, y := a.grams[i], b.grams[k]; {
		case x.hash < y.hash:
			i++
		case y.hash < x.hash:
			k++
		default:
			common += x.weight
			i, k = i+1, k+1
		}
	}
	if common == 0 {
		return 0
	}
	return 2 * common / (a.sum + b.sum)
}

// wordingIndex finds the wordings that may be alike, by the syllables they share.
type wordingIndex struct {
	ids      []string
	texts    []string
	shapes   []shape
	postings map[uint64][]int
	rarity   rarity
}

func newWordingIndex(entries []Entry) *wordingIndex {
	x := &wordingIndex{postings: map[uint64][]int{}}
	for _, e := range entries {
		for _, w := range e.Wordings() {
			x.ids, x.texts = append(x.ids, e.ID), append(x.texts, w)
		}
	}
	x.rarity = rarityOf(x.texts)
	for i, text := range x.texts {
		s := x.rarity.shape(text)
		for _, g := range s.sounds.grams {
			x.postings[g.hash] = append(x.postings[g.hash], i)
		}
		x.shapes = append(x.shapes, s)
	}
	return x
}

// heavy returns the rarest grams that together hold so much of the weight that a bag with none of
// them cannot reach a score: what must be in common for it is least/(2-least) of the sum.
func (b bag) heavy(least float64) []gram {
	rarest := slices.Clone(b.grams)
	slices.SortStableFunc(rarest, func(a, b gram) int { return -cmp.Compare(a.weight, b.weight) })
	left := b.sum
	for i, g := range rarest {
		if left < b.sum*least/(2-least) {
			return rarest[:i]
		}
		left -= g.weight
	}
	return rarest
}

// near returns, for each other entry, the wording most like a text, from a least score on, best
// first.
func (x *wordingIndex) near(id, text string, least float64) []Alike {
	s := x.rarity.shape(text)
	best := map[string]Alike{}
	seen := map[int]bool{}
	for _, g := range s.sounds.heavy(least) {
		for _, at := range x.postings[g.hash] {
			if x.ids[at] == id || seen[at] {
				continue
			}
			seen[at] = true
			if score := likeness(s, x.shapes[at]); score >= least && score > best[x.ids[at]].Score {
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

// alike returns the pairs of entries with alike wordings, of which one is asked for, each pair once
// with its best score, in the order of the entries.
func (x *wordingIndex) alike(entries []Entry, least float64, ask func(id string) bool) []Alike {
	order := map[string]int{}
	for i, e := range entries {
		order[e.ID] = i
	}
	type pair struct{ a, b string }
	best := map[pair]Alike{}
	for _, e := range entries {
		if !ask(e.ID) {
			continue
		}
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

func everyone(string) bool { return true }

// Duplicates returns the pairs of entries that ask near the same, so that one question has two
// answers. Withdrawn entries do not count.
func (b *Base) Duplicates() []Alike { return duplicates(b.neighbours(everyone)) }

func duplicates(pairs []Alike) []Alike {
	return slices.DeleteFunc(slices.Clone(pairs), func(a Alike) bool { return a.Score < nearSame })
}

// neighbours returns the pairs of entries that are about one matter, of which one is asked for.
func (b *Base) neighbours(ask func(id string) bool) []Alike {
	var list []Entry
	for e := range b.All() {
		if e.Status != StatusWithdrawn {
			list = append(list, e)
		}
	}
	return newWordingIndex(list).alike(list, sameMatter, ask)
}

// Conflict is a contradiction of two entries on one matter that answer at the same time and place.
type Conflict struct {
	Alike
	Unit        string // of what they say differently
	Left, Right []Fact
}

// Conflicts returns the pairs of published entries that ask about one matter, or of which one
// supersedes the other, for a common region and in an overlapping time, and whose answers state
// different amounts, dates or limits.
func (b *Base) Conflicts() []Conflict { return b.conflicts(b.neighbours(everyone), everyone) }

func (b *Base) conflicts(pairs []Alike, ask func(id string) bool) []Conflict {
	for e := range b.All() {
		if e.SupersededBy != "" && (ask(e.ID) || ask(e.SupersededBy)) {
			pairs = append(pairs, Alike{A: e.ID, B: e.SupersededBy, Score: 1})
		}
	}
	var found []Conflict
	reported := map[[2]string]bool{}
	for _, p := range pairs {
		x, _ := b.Entry(p.A)
		y, _ := b.Entry(p.B)
		if x.Status != StatusPublished || y.Status != StatusPublished || x.Category != y.Category || !overlap(x, y) ||
			reported[[2]string{x.ID, y.ID}] || reported[[2]string{y.ID, x.ID}] {
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
