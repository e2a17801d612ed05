package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAConversationIsGreetedAnsweredAndEnded(t *testing.T) {
	m := newMemory()
	h := hosted(t, m)
	r, events, err := h.Begin(t.Context(), Opening{Visitor: "v", Profile: Profile{Elder: true}})
	if err != nil {
		t.Fatal(err)
	}
	got := [][]string{shown(events), posted(t, h, r.ID, "你好"), posted(t, h, r.ID, " 再见\n")}
	want := [][]string{
		{"1 started", "2 said 您好"},
		{"3 heard 1 你好", "4 decided", "5 said 1"},
		{"6 heard 2 再见", "7 said 再见", "8 ended system goodbye", "9 said 不该说"},
	}
	want[2] = want[2][:3]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if said := events[1].Body.(hotline.Said); cmp.Diff([]string{"是", "否"}, said.Choices) != "" {
		t.Error("choices are lost:", said)
	}
	_, err = h.Post(t.Context(), r.ID, Message{Text: "还在吗"})
	if hotline.CodeOf(err) != hotline.CodeConflict {
		t.Error(err)
	}
	kept, err := h.Get(t.Context(), r.ID)
	if err != nil || kept.Open() || !kept.Profile.Elder || kept.Turn != 2 || kept.Seq != 8 {
		t.Errorf("%+v %v", kept, err)
	}
}

func TestMessagesAtOnceKeepOrder(t *testing.T) {
	m := newMemory()
	h := hosted(t, m)
	id := begun(t, h)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if _, err := h.Post(t.Context(), id, Message{Text: fmt.Sprint("消息", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	events, err := h.History(t.Context(), id, 2, MaxPage)
	if err != nil || len(events) != 120 {
		t.Fatal(len(events), err)
	}
	for i, e := range events {
		if e.Seq != uint64(i)+3 {
			t.Fatalf("event %d has number %d", i, e.Seq)
		}
		if heard, ok := e.Body.(hotline.Heard); ok != (i%3 == 0) || ok && heard.Turn != i/3+1 {
			t.Fatalf("event %d is %v", i, e)
		}
		if said, ok := e.Body.(hotline.Said); ok && said.Text != fmt.Sprint(i/3+1) {
			t.Fatalf("event %d says %s", i, said.Text)
		}
	}
}

func TestAMessageSentAgainGetsTheSameAnswer(t *testing.T) {
	h := hosted(t, newMemory())
	id := begun(t, h)
	var wg sync.WaitGroup
	answers := make([][]string, 10)
	for i := range answers {
		wg.Go(func() {
			events, err := h.Post(t.Context(), id, Message{Text: "你好", Key: "k"})
			if err != nil {
				t.Error(err)
			}
			answers[i] = shown(events)
		})
	}
	wg.Wait()
	for _, a := range answers {
		if diff := cmp.Diff([]string{"3 heard 1 你好", "4 decided", "5 said 1"}, a); diff != "" {
			t.Fatal(diff)
		}
	}
	if _, err := h.Post(t.Context(), id, Message{Text: "别的", Key: "k"}); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Error(err)
	}
	bye, err := h.Post(t.Context(), id, Message{Text: "再见", Key: "bye"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.Post(t.Context(), id, Message{Text: "再见", Key: "bye"})
	if diff := cmp.Diff(shown(bye), shown(again)); diff != "" || err != nil {
		t.Error("after the end:", diff, err)
	}
}

func TestARestartInTheMiddleContinuesTheConversation(t *testing.T) {
	m := newMemory()
	first := hosted(t, m)
	id := begun(t, first)
	posted(t, first, id, "一")
	if got := posted(t, hosted(t, m), id, "二"); got[2] != "8 said 2" {
		t.Error(got)
	}
}

func TestTwoProcessesShareAConversation(t *testing.T) {
	m := newMemory()
	a, b := hosted(t, m), hosted(t, m)
	id := begun(t, a)
	watch, err := a.Watch(t.Context(), id, 0) // keeps what a knows in memory
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	posted(t, a, id, "一")
	posted(t, b, id, "二")
	if got := posted(t, a, id, "三"); got[2] != "11 said 3" {
		t.Error(got)
	}
}

func TestLimitsAreTold(t *testing.T) {
	h := hosted(t, newMemory(), func(c *Config) { c.MaxOpen = 3 })
	id := begun(t, h)
	for name, c := range map[string]struct {
		m    Message
		code hotline.Code
	}{
		"an empty message":         {Message{}, hotline.CodeInvalid},
		"2,000 characters":         {Message{Text: strings.Repeat("水", 2000)}, ""},
		"2,001 characters":         {Message{Text: strings.Repeat("水", 2001)}, hotline.CodeInvalid},
		"a key of 129 bytes":       {Message{Text: "a", Key: strings.Repeat("k", 129)}, hotline.CodeInvalid},
		"nothing but blanks":       {Message{Text: " \n\u3000"}, ""},
		"nothing but bidi control": {Message{Text: "\u202e\u2066\x00"}, ""},
	} {
		if _, err := h.Post(t.Context(), id, c.m); hotline.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
	open := func(visitor string, most int) error {
		_, _, err := h.Begin(t.Context(), Opening{Visitor: visitor, AtMost: most})
		return err
	}
	if err := open("v", 1); hotline.CodeOf(err) != hotline.CodeOverload {
		t.Error("a second conversation of one visitor:", err)
	}
	if err := errors.Join(open("w", 1), open("v", 0)); err != nil {
		t.Error(err)
	}
	if err := open("x", 0); hotline.CodeOf(err) != hotline.CodeOverload {
		t.Error("a fourth conversation:", err)
	}
	for _, id := range []hotline.ConversationID{"", "x", "../../etc", hotline.NewConversationID(time.Now())} {
		_, err := h.Post(t.Context(), id, Message{Text: "a"})
		_, get := h.Get(t.Context(), id)
		_, watch := h.Watch(t.Context(), id, 0)
		for _, err := range []error{err, get, watch} {
			if hotline.CodeOf(err) != hotline.CodeNotFound {
				t.Errorf("%q: %v", id, err)
			}
		}
	}
}

func TestIdleConversationsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hosted(t, newMemory(), func(c *Config) { c.Idle = 10 * time.Minute })
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- h.Run(ctx) }()
		idle, busy := begun(t, h), begun(t, h)
		time.Sleep(8 * time.Minute)
		posted(t, h, busy, "在")
		time.Sleep(3 * time.Minute)
		for id, open := range map[hotline.ConversationID]bool{idle: false, busy: true} {
			if r, err := h.Get(t.Context(), id); r.Open() != open || err != nil {
				t.Errorf("open %v, want %v, %v", r.Open(), open, err)
			}
		}
		events, err := h.History(t.Context(), idle, 2, 10)
		if diff := cmp.Diff([]string{"3 ended system idle"}, shown(events)); diff != "" || err != nil {
			t.Error(diff, err)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// filing does errands and remembers whose.
type filing struct {
	mu   sync.Mutex
	done []string
}

// Do implements dialog.Clerk.
func (f *filing) Do(_ context.Context, _ hotline.ConversationID, _ hotline.Channel, a dialog.Action) (dialog.Done, hotline.EventBody) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch a := a.(type) {
	case dialog.File:
		f.done = append(f.done, a.ID)
		return dialog.Done{ID: a.ID, Result: map[string]any{"again": a.Order.Text == "循环"}}, hotline.Filed{Errand: a.ID}
	case dialog.LookUp:
		return dialog.Done{ID: a.ID, Result: map[string]any{"again": true}}, hotline.LookedUp{Errand: a.ID}
	}
	panic("no errand")
}

func TestErrandsAreDoneWithinTheStep(t *testing.T) {
	f := &filing{}
	h := hosted(t, newMemory(), func(c *Config) { c.Clerk = f })
	id := begun(t, h)
	want := []string{"3 heard 1 登记", "4 decided", "5 filed", "6 said 已登记"}
	if diff := cmp.Diff(want, posted(t, h, id, "登记")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"e1"}, f.done); diff != "" {
		t.Error(diff)
	}
	looped := posted(t, h, id, "循环")
	if last := looped[len(looped)-1]; !strings.Contains(last, "too many errands") || len(looped) > 2*maxRound+4 {
		t.Errorf("%d events, the last %s", len(looped), last)
	}
	alone := hosted(t, newMemory())
	want = []string{"3 heard 1 登记", "4 decided", "5 degraded unavailable", "6 said 已登记not done"}
	if diff := cmp.Diff(want, posted(t, alone, begun(t, alone), "登记")); diff != "" {
		t.Error(diff)
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"你好", " a\tb\n", "\u202eabc", "👨‍👩‍👧 ❤️", "\x00\xff", "\u3000全角", "臺灣", strings.Repeat("🀄", 99)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Clean(text)
		if !utf8.ValidString(got) || Clean(got) != got || strings.TrimSpace(got) != got {
			t.Errorf("%q is cleaned to %q", text, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || r != '\u200d' && unicode.Is(unicode.Cf, r) {
				t.Errorf("%q keeps %U", text, r)
			}
		}
	})
}
