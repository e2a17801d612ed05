package engine_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/engine"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/kb"
)

const manyEntries = 10_000

// BenchmarkStep answers sentences of people with 10,000 entries of knowledge, each in a conversation
// of some turns. p99-µs is to stay below 2000. cpu-… is the same without what else the machine does,
// nlu-cpu-… the understanding of the sentences alone.
func BenchmarkStep(b *testing.B) {
	large, model := crowded(b, bench(b, "yunzhou"))
	sentences := utterances(b)
	started, _ := large.Step(dialog.State{}, dialog.Started{Channel: hotline.ChannelPhone, From: "15400001234", At: morning})
	s := started
	var took, worked []time.Duration
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		if i%5 == 0 || s.Ended || s.Handed != nil || s.Safety != "" {
			s = started
		}
		begin, cpu := time.Now(), threadTime(b)
		next, actions := large.Step(s, dialog.Heard{Text: sentences[i%len(sentences)], Confidence: 0.9, At: morning})
		took, worked = append(took, time.Since(begin)), append(worked, threadTime(b)-cpu)
		for _, a := range actions {
			if file, ok := a.(dialog.File); ok {
				next, _ = large.Step(next, dialog.Done{ID: file.ID, Result: map[string]any{"number": "261124000017"}})
			}
		}
		s = next
	}
	b.StopTimer()
	report(b, "", took)
	report(b, "cpu-", worked)
	worked = worked[:0]
	for _, text := range sentences {
		cpu := threadTime(b)
		model.Understand(text)
		worked = append(worked, threadTime(b)-cpu)
	}
	report(b, "nlu-cpu-", worked)
}

// threadTime is the processor time of this thread: on a busy machine the clock on the wall counts
// what others do.
func threadTime(b *testing.B) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		b.Fatal(err)
	}
	return time.Duration(ts.Nano())
}

func report(b *testing.B, prefix string, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), prefix+"p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), prefix+"p99-µs")
}

// crowded is the dialog of a pack over many more entries: each of the pack's again and again, for
// other subjects that share most of their words.
func crowded(tb testing.TB, of bed) (*engine.Engine, *nlu.Model) {
	tb.Helper()
	var c kb.Content
	c.AsOf, c.Categories, c.Departments = of.pack.Base.AsOf(), of.pack.Base.Categories(), of.pack.Base.Departments()
	own := slices.Collect(of.pack.Base.All())
	for i := 0; len(c.Entries) < manyEntries; i++ {
		e := own[i%len(own)]
		if round := i / len(own); round > 0 {
			e.ID, e.SupersededBy = fmt.Sprintf("%s.%d", e.ID, round), ""
			e.Question, e.Similar = subject(round)+e.Question, varied(e.Similar, subject(round))
		}
		c.Entries = append(c.Entries, e)
	}
	base, problems := kb.NewBase(c)
	if base == nil {
		tb.Fatal(problems.Err())
	}
	model := of.pack.Model.WithDocuments(nlu.Documents(base))
	e, err := engine.New(engine.Config{Set: of.pack.Set, Model: model, Knowledge: base, Graph: of.pack.Graph, Places: of.pack.Places, Orgs: of.pack.Orgs})
	if err != nil {
		tb.Fatal(err)
	}
	return e, model
}

// subject is a name that no other round has, of characters that are common in Chinese.
func subject(round int) string {
	const first, second = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往", "镇乡村街院厂店站"
	a, b := []rune(first), []rune(second)
	return string(a[round%len(a)]) + string(a[round/len(a)%len(a)]) + string(b[round%len(b)])
}

func varied(list []string, with string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = with + s
	}
	return out
}
