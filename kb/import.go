package kb

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/internal/han"
)

// Report says what an import did, or would do.
type Report struct {
	Added    []Added   `json:"added,omitempty"`
	Changed  []Changed `json:"changed,omitempty"`
	Skipped  []Left    `json:"skipped,omitempty"`
	Refused  []Left    `json:"refused,omitempty"`
	Warnings Problems  `json:"warnings,omitempty"` // of what was taken
}

// Added is an entry that was not there.
type Added struct {
	Row int    `json:"row"`
	ID  string `json:"id"`
}

// Changed is an entry that differs from before.
type Changed struct {
	Row    int      `json:"row"`
	ID     string   `json:"id"`
	Fields []Change `json:"fields"`
}

// Change is one field that differs; items of a list are lines.
type Change struct {
	Field string `json:"field"` // key
	From  string `json:"from"`
	To    string `json:"to"`
}

// Left is a row that was not taken, and why.
type Left struct {
	Row    int    `json:"row"`
	ID     string `json:"id,omitempty"`
	Reason string `json:"reason"`
}

// Summary is the report in one line.
func (r Report) Summary() string {
	return fmt.Sprintf("新增 %d，修改 %d，跳过 %d，拒绝 %d added, changed, skipped, refused", len(r.Added), len(r.Changed), len(r.Skipped), len(r.Refused))
}

// Import merges rows into a base and returns the base that results. Rows that cannot stand are
// refused and reported, the others are taken. The base itself does not change, so a dry run is to
// throw the result away.
//
// A row names its entry by id; without id, by its exact question, and one whose question is unknown
// is an entry of its own. A row that gives a version other than that of the base was exported
// before somebody else's change, and is refused. found are the problems of reading the rows.
func Import(b *Base, rows []Row, found Problems) (*Base, Report) {
	m := merge{base: b, at: map[string]int{}, taken: map[string]int{}, byQuestion: map[string]string{}}
	for e := range b.All() {
		m.byQuestion[han.Fold(e.Question)] = e.ID
		m.at[e.ID] = len(m.entries)
		m.entries = append(m.entries, e)
		m.taken[e.ID] = -1
	}
	for _, r := range rows {
		m.row(r, found)
	}
	m.report.Refused = append(m.report.Refused, fileWide(rows, found)...)
	next := m.settle()
	m.warn(next)
	slices.SortStableFunc(m.report.Refused, func(a, b Left) int { return a.Row - b.Row })
	return next, m.report
}

// fileWide are the problems of a file that belong to no row.
func fileWide(rows []Row, found Problems) []Left {
	ours := map[int]bool{}
	for _, r := range rows {
		if r.wrong {
			ours[r.Line] = true
			for _, n := range r.lines {
				ours[n] = true
			}
		}
	}
	var list []Left
	for _, p := range found.Errors() {
		if !ours[p.Line] {
			list = append(list, Left{p.Line, p.ID, strings.TrimSpace(p.Field + " " + p.Reason)})
		}
	}
	return list
}

// merge is an import under way.
type merge struct {
	base       *Base
	entries    []Entry
	at         map[string]int // of an entry among entries
	taken      map[string]int // row that an entry comes from, -1 for one that was there
	byQuestion map[string]string
	report     Report
}

func (m *merge) refuse(r Row, reason string) {
	m.report.Refused = append(m.report.Refused, Left{r.Line, r.Entry.ID, reason})
}

func (m *merge) skip(r Row, reason string) {
	m.report.Skipped = append(m.report.Skipped, Left{r.Line, r.Entry.ID, reason})
}

func (m *merge) row(r Row, found Problems) {
	if r.wrong {
		m.refuse(r, reasons(r, found))
		return
	}
	same := m.byQuestion[han.Fold(r.Entry.Question)]
	if r.Entry.ID == "" {
		if r.Entry.ID = same; same == "" {
			r.Entry.ID = newID(r.Entry)
		}
	}
	before, exists := m.find(r.Entry.ID)
	switch at := m.taken[r.Entry.ID]; {
	case exists && at >= 0:
		m.refuse(r, fmt.Sprintf("编号与第 %d 行重复 id used by an earlier row", at))
	case exists:
		m.change(r, before)
	case same != "" && r.Given["question"]:
		m.skip(r, "问题与 "+same+" 完全相同 same question as another entry")
	default:
		m.addRow(r)
	}
}

func (m *merge) find(id string) (Entry, bool) {
	at, found := m.at[id]
	if !found {
		return Entry{}, false
	}
	return m.entries[at], true
}

// reasons joins what was found wrong in a row.
func reasons(r Row, found Problems) string {
	var list []string
	for _, p := range found.Errors() {
		here := p.Line == r.Line
		for _, n := range r.lines {
			here = here || p.Line == n
		}
		if here && (p.ID == r.Entry.ID || p.ID == "" || r.lines == nil) {
			list = append(list, strings.TrimSpace(p.Field+" "+p.Reason))
		}
	}
	return strings.Join(list, "；")
}

// newID names an entry by its question, so that the same table imported again finds it.
func newID(e Entry) string {
	sum := sha256.Sum256([]byte(han.Fold(e.Question)))
	_, leaf, found := strings.Cut(e.Category, ".")
	if !found {
		leaf = "new"
	}
	return "kb." + leaf + "." + hex.EncodeToString(sum[:4])
}

func (m *merge) change(r Row, before Entry) {
	after := before.clone()
	for i := range fields {
		if f := &fields[i]; r.Given[f.key] && f.key != "version" && f.key != "id" {
			if err := f.set(&after, f.values(&r.Entry)); err != nil {
				m.refuse(r, f.title+" "+err.Error())
				return
			}
		}
	}
	after.normalize()
	changes := Diff(before, after)
	switch {
	case len(changes) == 0:
		m.skip(r, "没有变化 unchanged")
		return
	case r.Given["version"] && r.Entry.Version != 0 && r.Entry.Version != before.Version:
		m.refuse(r, fmt.Sprintf("版本是 %d，库里已是 %d，请重新导出再改 changed by somebody else since the export", r.Entry.Version, before.Version))
		return
	}
	after.Version = before.Version + 1
	if m.refused(r, after) {
		return
	}
	m.put(after, r.Line)
	m.report.Changed = append(m.report.Changed, Changed{r.Line, after.ID, changes})
}

func (m *merge) addRow(r Row) {
	e := r.Entry.clone()
	e.Version = 1
	e.normalize()
	if m.refused(r, e) {
		return
	}
	m.put(e, r.Line)
	m.report.Added = append(m.report.Added, Added{r.Line, e.ID})
}

// refused checks an entry but for what it refers to, which may come in a later row.
func (m *merge) refused(r Row, e Entry) bool {
	var list []string
	for _, f := range m.base.checkEntry(e) {
		if f.key != "superseded_by" {
			list = append(list, fieldFor(f.key).title+" "+f.reason)
		}
	}
	if len(list) > 0 {
		r.Entry = e
		m.refuse(r, strings.Join(list, "；"))
	}
	return len(list) > 0
}

func (m *merge) put(e Entry, row int) {
	if at, found := m.at[e.ID]; found {
		m.entries[at] = e
	} else {
		m.at[e.ID] = len(m.entries)
		m.entries = append(m.entries, e)
	}
	m.taken[e.ID] = row
	m.byQuestion[han.Fold(e.Question)] = e.ID
}

// settle builds the base. A row whose successor does not exist, or comes round in a cycle, is taken
// back; that may take the successor away from another row, so it goes on until all is well.
func (m *merge) settle() *Base {
	for {
		c := m.base.content
		c.Entries, c.Origin = m.entries, nil
		next, problems := NewBase(c)
		if next != nil {
			return next
		}
		back := false
		for _, p := range problems.Errors() {
			if row := m.taken[p.ID]; row >= 0 && p.ID != "" {
				m.takeBack(p.ID, row, p.Reason)
				back = true
			}
		}
		if !back { // cannot be: the base was well before the rows came
			return m.base
		}
	}
}

func (m *merge) takeBack(id string, row int, reason string) {
	at := m.at[id]
	if before, existed := m.base.Entry(id); existed {
		m.entries[at] = before
	} else {
		m.entries = slices.Delete(m.entries, at, at+1)
		delete(m.at, id)
		for i := at; i < len(m.entries); i++ {
			m.at[m.entries[i].ID] = i
		}
	}
	m.taken[id] = -1
	m.report.Added = slices.DeleteFunc(m.report.Added, func(a Added) bool { return a.ID == id })
	m.report.Changed = slices.DeleteFunc(m.report.Changed, func(c Changed) bool { return c.ID == id })
	m.report.Refused = append(m.report.Refused, Left{row, id, reason})
}

// warn looks at what was taken for near-same questions and contradictions.
func (m *merge) warn(next *Base) {
	if len(m.report.Added)+len(m.report.Changed) == 0 {
		return
	}
	ours := func(id string) bool { return m.taken[id] >= 0 }
	pairs := next.neighbours(ours)
	for _, d := range duplicates(pairs) {
		m.report.Warnings.add(Problem{Line: max(m.taken[d.A], m.taken[d.B]), ID: d.A, Field: "question", Severity: Warning,
			Reason: fmt.Sprintf("与 %s 的问法相近：“%s”和“%s” near-same wording", d.B, d.TextA, d.TextB)})
	}
	for _, c := range next.conflicts(pairs, ours) {
		m.report.Warnings.add(Problem{Line: max(m.taken[c.A], m.taken[c.B]), ID: c.A, Field: "answer_text", Severity: Warning,
			Reason: fmt.Sprintf("与 %s 说法不一（%s）：%v 和 %v conflicting answers", c.B, c.Unit, c.Left, c.Right)})
	}
	for e := range next.All() {
		if !ours(e.ID) {
			continue
		}
		for _, w := range contradictions(e) {
			m.report.Warnings.add(Problem{Line: m.taken[e.ID], ID: e.ID, Field: "answer_voice", Severity: Warning, Reason: w})
		}
	}
}

// Diff returns the fields in which two versions of an entry differ, the version itself aside.
func Diff(before, after Entry) []Change {
	before.normalize()
	after.normalize()
	var list []Change
	for i := range fields {
		f := &fields[i]
		from, to := f.values(&before), f.values(&after)
		if f.key != "version" && !slices.Equal(from, to) {
			list = append(list, Change{f.key, strings.Join(from, "\n"), strings.Join(to, "\n")})
		}
	}
	return list
}

// Row returns an entry as a row that gives all fields, for Import.
func (e Entry) Row() Row {
	r := Row{Entry: e.clone(), Given: map[string]bool{}}
	for i := range fields {
		r.Given[fields[i].key] = true
	}
	return r
}
