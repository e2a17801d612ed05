package kb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline/kb"
)

// large returns a base of n entries: those of the pack, and again with another town in every wording.
func large(t testing.TB, n int) *kb.Base {
	t.Helper()
	b, _ := load(t)
	var list []kb.Entry
	for i := 0; len(list) < n; i++ {
		for e := range b.All() {
			town := string([]rune{rune(0x4e00 + i*131%8000), rune(0x5200 + i*577%8000)})
			e.ID = fmt.Sprintf("%s.%d", e.ID, i)
			e.Question, e.SupersededBy = town+e.Question, ""
			e.Similar = slices.Clone(e.Similar)
			for k := range e.Similar {
				e.Similar[k] = strings.Replace(e.Similar[k], "云州", "", 1) + town
			}
			list = append(list, e)
		}
	}
	big, problems := kb.NewBase(kb.Content{Entries: list[:n], Categories: b.Categories(), Departments: b.Departments()})
	if big == nil {
		t.Fatal(problems.Errors())
	}
	return big
}

func BenchmarkNewBase10000(b *testing.B) {
	entries := slices.Collect(large(b, 10_000).All())
	for b.Loop() {
		if base, problems := kb.NewBase(kb.Content{Entries: entries}); base == nil {
			b.Fatal(problems)
		}
	}
}

func BenchmarkImportOneRowInto10000(b *testing.B) {
	big := large(b, 10_000)
	e, _ := big.Entry("kb.jzz.apply.3")
	e.AnswerText = "改了，15个工作日内发证。"
	for b.Loop() {
		if _, report := kb.Import(big, []kb.Row{e.Row()}, nil); len(report.Changed) != 1 {
			b.Fatal(report)
		}
	}
}

func BenchmarkCheck2000(b *testing.B) {
	big := large(b, 2000)
	for b.Loop() {
		if problems := big.Check(today); len(problems) == 0 {
			b.Fatal("nothing was found among copies")
		}
	}
}

func BenchmarkReply(b *testing.B) {
	base, _ := load(b)
	for b.Loop() {
		base.Reply("kb.yb.fee26", today)
	}
}
