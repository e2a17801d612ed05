package kb

import (
	"iter"
	"slices"
	"strings"
)

// Content is everything a base is made of.
type Content struct {
	AsOf        Day
	Entries     []Entry
	Categories  []Category
	Departments []Department

	// Origin tells where a field of an entry was read, for the problems found. It may be nil.
	Origin func(id, key string) (file string, line int)
}

// Base is a snapshot of the knowledge. It is immutable and safe for concurrent use; slices inside
// of what it returns belong to it and are not to be changed.
type Base struct {
	content     Content
	entries     map[string]int
	categories  map[string]Category
	departments map[string]Department
	under       map[string][]int // entries by category of any level
	tagged      map[string][]int
	regions     []string
}

// NewBase builds a snapshot. The problems are all that Check finds except what depends on the day;
// with an error among them there is no base.
func NewBase(c Content) (*Base, Problems) {
	b := &Base{
		content: Content{AsOf: c.AsOf, Categories: slices.Clone(c.Categories), Departments: slices.Clone(c.Departments), Origin: c.Origin},
		entries: map[string]int{}, categories: map[string]Category{}, departments: map[string]Department{},
		under: map[string][]int{}, tagged: map[string][]int{},
	}
	for _, cat := range c.Categories {
		b.categories[cat.ID] = cat
	}
	for _, d := range c.Departments {
		b.departments[d.ID] = d
		if region := d.Region(); region != "" {
			b.regions = append(b.regions, region)
		}
	}
	var problems Problems
	for _, e := range c.Entries {
		e = e.clone()
		e.normalize()
		if _, found := b.entries[e.ID]; found {
			problems.add(b.problem(e, "id", Error, "编号重复 id used twice"))
			continue
		}
		b.add(e)
	}
	problems = append(problems, b.checkTree()...)
	problems = append(problems, b.checkEntries()...)
	problems.sort()
	if problems.Err() != nil {
		return nil, problems
	}
	return b, problems
}

func (b *Base) add(e Entry) {
	at := len(b.content.Entries)
	b.content.Entries = append(b.content.Entries, e)
	b.entries[e.ID] = at
	for id, steps := e.Category, 0; id != "" && steps < 8; id, steps = b.categories[id].Parent, steps+1 {
		b.under[id] = append(b.under[id], at)
	}
	for _, tag := range e.Tags {
		b.tagged[tag] = append(b.tagged[tag], at)
	}
}

// Len returns the number of entries.
func (b *Base) Len() int { return len(b.content.Entries) }

// AsOf returns the day for which the content was written, "" when it does not tell.
func (b *Base) AsOf() Day { return b.content.AsOf }

// All goes through the entries in the order of their file.
func (b *Base) All() iter.Seq[Entry] { return slices.Values(b.content.Entries) }

// Entry returns an entry by its id.
func (b *Base) Entry(id string) (Entry, bool) {
	at, found := b.entries[id]
	if !found {
		return Entry{}, false
	}
	return b.content.Entries[at], true
}

// In returns the entries of a category of any level.
func (b *Base) In(category string) []Entry { return b.pick(b.under[category]) }

// Tagged returns the entries with a tag.
func (b *Base) Tagged(tag string) []Entry { return b.pick(b.tagged[tag]) }

// For returns the entries for a region: its own and those for the whole city.
func (b *Base) For(region string) []Entry {
	var list []Entry
	for _, e := range b.content.Entries {
		if e.Applies(region) {
			list = append(list, e)
		}
	}
	return list
}

func (b *Base) pick(at []int) []Entry {
	list := make([]Entry, len(at))
	for i, n := range at {
		list[i] = b.content.Entries[n]
	}
	return list
}

// Current returns the entries that may answer callers on a day.
func (b *Base) Current(day Day) []Entry {
	var list []Entry
	for _, e := range b.content.Entries {
		if e.Public() && Validity(e, day) == Valid {
			list = append(list, e)
		}
	}
	return list
}

// Category returns a category by its id.
func (b *Base) Category(id string) (Category, bool) {
	c, found := b.categories[id]
	return c, found
}

// Categories returns all categories, parents before children.
func (b *Base) Categories() []Category { return b.content.Categories }

// Department returns a department by its id.
func (b *Base) Department(id string) (Department, bool) {
	d, found := b.departments[id]
	return d, found
}

// Departments returns all departments.
func (b *Base) Departments() []Department { return b.content.Departments }

// Regions returns the names of the districts an entry may be limited to.
func (b *Base) Regions() []string { return b.regions }

// Owner returns the department that answers for an entry: its own, else that of its category.
func (b *Base) Owner(e Entry) (Department, bool) {
	if e.Owner != "" {
		return b.Department(e.Owner)
	}
	return b.Department(b.categories[e.Category].Department)
}

// successor returns the entry in force on a day that replaces one which is not.
func (b *Base) successor(e Entry, day Day) (Entry, bool) {
	for range len(b.content.Entries) { // a chain longer than that would be a cycle
		next, found := b.Entry(e.SupersededBy)
		if !found {
			return Entry{}, false
		}
		if next.Public() && Validity(next, day) == Valid {
			return next, true
		}
		e = next
	}
	return Entry{}, false
}

// Reply is what an entry says on a day.
type Reply struct {
	Standing Standing
	Notice   string   // to be said first when the entry is not in force: since or until when
	Voice    string   // at most MaxVoice characters; empty when nothing is in force
	Text     string   //
	Entries  []string // ids that the answer rests on
}

// Reply returns the answer of an entry. One that has expired is answered by what supersedes it, with
// a notice; one that is not in force yet has its notice only, and so has one without successor.
// Drafts, withdrawn entries and those for the staff answer nothing: found is false.
func (b *Base) Reply(id string, day Day) (reply Reply, found bool) {
	e, found := b.Entry(id)
	if !found || !e.Public() {
		return Reply{}, false
	}
	r := Reply{Standing: Validity(e, day), Entries: []string{e.ID}}
	switch r.Standing {
	case Valid:
		r.Voice, r.Text = e.AnswerVoice, e.AnswerText
	case NotYet:
		r.Notice = "您问的规定要到" + e.ValidFrom.Chinese() + "才实施，现在还没有生效。"
	case Expired:
		r.Notice = "您问的规定到" + e.ValidTo.Chinese() + "已经到期"
		next, found := b.successor(e, day)
		if !found {
			r.Notice += "，新的规定还没有收录。"
			break
		}
		r.Notice += "，现在的规定是这样的。"
		r.Voice, r.Text = next.AnswerVoice, next.AnswerText
		r.Entries = append(r.Entries, next.ID)
	}
	if r.Notice != "" {
		r.Text = strings.TrimSpace(r.Notice + "\n" + r.Text)
	}
	return r, true
}
