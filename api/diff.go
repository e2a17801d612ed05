package api

import (
	"strings"

	"github.com/hotline-cc/hotline/store/db"
)

// Diff is how one version of a document becomes another.
type Diff struct {
	From    int        `json:"from"`
	To      int        `json:"to"`
	Added   int        `json:"added" doc:"Lines."`
	Removed int        `json:"removed" doc:"Lines."`
	Lines   []DiffLine `json:"lines" nullable:"false" doc:"Changed lines with up to three unchanged ones around them."`
}

// DiffLine is a line of either version.
type DiffLine struct {
	Op   string `json:"op" enum:"same,added,removed"`
	From int    `json:"from,omitempty" doc:"Number of the line before, from 1."`
	To   int    `json:"to,omitempty" doc:"Number of the line after, from 1."`
	Text string `json:"text"`
}

// Lines of a difference.
const (
	same    = "same"
	added   = "added"
	removed = "removed"
)

const (
	diffAround = 3
	// diffMost bounds the work: texts with more differences are told apart as a whole.
	diffMost = 1000
)

func diffOf(from, to db.Document) Diff {
	d := Diff{From: from.Version, To: to.Version, Lines: []DiffLine{}}
	all := diffLines(textLines(from.Body), textLines(to.Body))
	near := -1 // last line that is shown because of a change before it
	for i, line := range all {
		switch line.Op {
		case added:
			d.Added++
		case removed:
			d.Removed++
		}
		if line.Op == same {
			if i <= near || changeWithin(all, i) {
				d.Lines = append(d.Lines, line)
			}
			continue
		}
		near = i + diffAround
		d.Lines = append(d.Lines, line)
	}
	return d
}

func changeWithin(all []DiffLine, i int) bool {
	for _, line := range all[i:min(i+diffAround+1, len(all))] {
		if line.Op != same {
			return true
		}
	}
	return false
}

func textLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// diffLines returns both texts in one, in order, by the shortest way from one to the other (Myers,
// "An O(ND) difference algorithm", 1986).
func diffLines(a, b []string) []DiffLine {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	w := walk{a: a, b: b}
	w.same(head)
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	if steps, found := shortest(x, y); found {
		w.follow(steps)
	} else {
		w.replace(len(x), len(y))
	}
	w.same(tail)
	return w.lines
}

// walk goes through two texts and writes down how.
type walk struct {
	a, b  []string
	i, j  int
	lines []DiffLine
}

func (w *walk) same(n int) {
	for range n {
		w.i, w.j = w.i+1, w.j+1
		w.lines = append(w.lines, DiffLine{same, w.i, w.j, w.a[w.i-1]})
	}
}

func (w *walk) replace(gone, come int) {
	for range gone {
		w.i++
		w.lines = append(w.lines, DiffLine{removed, w.i, 0, w.a[w.i-1]})
	}
	for range come {
		w.j++
		w.lines = append(w.lines, DiffLine{added, 0, w.j, w.b[w.j-1]})
	}
}

// follow takes steps: each a change and then lines that are the same.
func (w *walk) follow(steps []step) {
	for _, s := range steps {
		switch {
		case s.down:
			w.replace(0, 1)
		case s.right:
			w.replace(1, 0)
		}
		w.same(s.same)
	}
}

type step struct {
	down, right bool
	same        int
}

// shortest returns the shortest way from a to b, false when it has more than diffMost changes.
func shortest(a, b []string) (steps []step, found bool) {
	most := min(len(a)+len(b), diffMost)
	furthest := make([]int, 2*most+3) // by diagonal
	zero := most + 1
	var trace [][]int
	for d := 0; d <= most; d++ {
		trace = append(trace, append([]int(nil), furthest[zero-d-1:zero+d+2]...))
		for k := -d; k <= d; k += 2 {
			i := furthest[zero+k-1] + 1
			if k == -d || k != d && furthest[zero+k-1] < furthest[zero+k+1] {
				i = furthest[zero+k+1]
			}
			for i < len(a) && i-k < len(b) && a[i] == b[i-k] {
				i++
			}
			furthest[zero+k] = i
			if i >= len(a) && i-k >= len(b) {
				return back(trace, len(a), len(b)), true
			}
		}
	}
	return nil, false
}

// back reads the way from its end.
func back(trace [][]int, i, j int) []step {
	steps := make([]step, len(trace))
	for d := len(trace) - 1; d > 0; d-- {
		k, before := i-j, func(k int) int { return trace[d][k+d+1] }
		down := k == -d || k != d && before(k-1) < before(k+1)
		was := k - 1
		if down {
			was = k + 1
		}
		from := before(was)
		s := step{down: down, right: !down, same: i - from}
		if s.right {
			s.same--
		}
		steps[d] = s
		i, j = from, from-was
	}
	steps[0] = step{same: i}
	return steps
}
