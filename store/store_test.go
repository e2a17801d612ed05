package store

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hotline-cc/hotline"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// china is where a day begins in the tests.
var china = time.FixedZone("CST", 8*60*60)

func open(t *testing.T, dir string) *Log {
	t.Helper()
	l, err := Open(Config{Dir: dir, Location: china})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.close() })
	return l
}

func mustAppend(t *testing.T, l *Log, conv hotline.ConversationID, body hotline.EventBody) hotline.Event {
	t.Helper()
	e, err := l.Append(conv, body)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustRead(t *testing.T, l *Log, conv hotline.ConversationID) []hotline.Event {
	t.Helper()
	events, err := l.Read(conv)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func pathOf(t *testing.T, l *Log, conv hotline.ConversationID) string {
	t.Helper()
	path, err := l.path(conv)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var bodies = []hotline.EventBody{
	hotline.Started{Channel: hotline.ChannelPhone, From: "13800138000", To: "12345", Codec: "PCMA"},
	hotline.Heard{Turn: 1, Text: "我要查社保", Confidence: 0.8},
	hotline.KeyPressed{Key: "0", Source: "rfc4733"},
	hotline.HandedOver{Queue: "general", Reason: "asked"},
	hotline.Ended{By: "caller"},
}

func TestEventsComeBackInOrderAlsoAfterRestart(t *testing.T) {
	dir := t.TempDir()
	conv := hotline.NewConversationID(time.Now())
	var want []hotline.Event
	for i, body := range bodies {
		e := mustAppend(t, open(t, dir), conv, body) // a new log for every event
		if e.Seq != uint64(i+1) || e.Conversation != conv {
			t.Errorf("event %d is %+v", i, e)
		}
		want = append(want, e)
	}
	if diff := cmp.Diff(want, mustRead(t, open(t, dir), conv)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestFilesLieUnderTheDayTheConversationBegan(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	evening := time.Date(2026, 11, 24, 23, 59, 0, 0, china)
	first := hotline.NewConversationID(evening)
	second := hotline.NewConversationID(evening.Add(time.Second))
	next := hotline.NewConversationID(evening.Add(time.Hour))
	for _, conv := range []hotline.ConversationID{second, next, first} {
		mustAppend(t, l, conv, bodies[0])
	}
	if _, err := os.Stat(filepath.Join(dir, "conversations", "2026", "11", "24", string(first)+".jsonl")); err != nil {
		t.Error(err)
	}
	for day, want := range map[time.Time][]hotline.ConversationID{
		evening:                     {first, second},
		evening.Add(2 * time.Hour):  {next},
		evening.Add(48 * time.Hour): nil,
	} {
		got, err := l.List(day)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("conversations of %v (-want +got):\n%s", day, diff)
		}
	}
}

func TestTheLastEventIsFoundFromTheEnd(t *testing.T) {
	l := open(t, t.TempDir())
	evening := time.Date(2026, 11, 24, 23, 59, 0, 0, china)
	conv := hotline.NewConversationID(evening)
	if _, err := l.Last(conv); hotline.CodeOf(err) != hotline.CodeNotFound {
		t.Errorf("of nothing: %v", err)
	}
	for i, text := range []string{"", "长", string(bytes.Repeat([]byte("长"), tail/3)), "短"} {
		want := mustAppend(t, l, conv, hotline.Heard{Text: text}).Seq
		if i == 2 {
			want = 0 // it does not fit
		}
		if got, err := l.Last(conv); got != want || err != nil {
			t.Errorf("after event %d it is %d, %v", i+1, got, err)
		}
	}
	mustAppend(t, l, hotline.NewConversationID(evening.Add(time.Hour)), bodies[0])
	days, err := l.Days()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Time{time.Date(2026, 11, 24, 0, 0, 0, 0, china), time.Date(2026, 11, 25, 0, 0, 0, 0, china)}, days); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

func TestTornLastLineIsCutOff(t *testing.T) {
	for name, torn := range map[string]string{
		"half an event":    `{"conversation":"x","seq":3`,
		"no newline":       `{"conversation":"x","seq":3,"at":"2026-11-24T00:00:00Z","kind":"ended","body":{}}`,
		"zeroes of a disk": "\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			conv := hotline.NewConversationID(time.Now())
			l := open(t, dir)
			want := []hotline.Event{mustAppend(t, l, conv, bodies[0]), mustAppend(t, l, conv, bodies[1])}
			path := pathOf(t, l, conv)
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString(torn); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, mustRead(t, l, conv)); diff != "" {
				t.Errorf("events before the restart (-want +got):\n%s", diff)
			}
			l = open(t, dir)
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(raw, []byte(torn)) {
				t.Error("the torn line is still there after the restart")
			}
			want = append(want, mustAppend(t, l, conv, bodies[2]))
			if diff := cmp.Diff(want, mustRead(t, l, conv)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDamageInTheMiddleIsNamedAndNotAppendedTo(t *testing.T) {
	dir := t.TempDir()
	conv := hotline.NewConversationID(time.Now())
	l := open(t, dir)
	want := []hotline.Event{mustAppend(t, l, conv, bodies[0])}
	path := pathOf(t, l, conv)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(raw, "{broken}\n{}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir)
	got, err := l.Read(conv)
	if hotline.CodeOf(err) != hotline.CodeInternal || !bytes.Contains([]byte(err.Error()), []byte("line 2")) {
		t.Errorf("error %v, want one that names line 2", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events before the damage (-want +got):\n%s", diff)
	}
	if _, err := l.Append(conv, bodies[1]); err == nil {
		t.Error("an event was appended behind the damage")
	}
}

func TestConcurrentAppendsLeaveNoGap(t *testing.T) {
	const conversations, writers, each = 4, 4, 50
	l := open(t, t.TempDir())
	ids := make([]hotline.ConversationID, conversations)
	var wg sync.WaitGroup
	for i := range ids {
		ids[i] = hotline.NewConversationID(time.Now())
		for range writers {
			wg.Go(func() {
				for turn := range each {
					if _, err := l.Append(ids[i], hotline.Heard{Turn: turn}); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	for _, id := range ids {
		events := mustRead(t, l, id)
		if len(events) != writers*each {
			t.Errorf("%d events, want %d", len(events), writers*each)
		}
		for i, e := range events {
			if e.Seq != uint64(i+1) {
				t.Fatalf("event %d has number %d", i+1, e.Seq)
			}
		}
	}
}

// waiting reports whether events are not on disk yet.
func (j *journal) waiting() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.dirty
}

func TestImportantEventsAreOnDiskAtOnceOthersWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, t.TempDir())
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := l.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		conv := hotline.NewConversationID(time.Now())
		mustAppend(t, l, conv, bodies[0])
		j := l.snapshot()[conv]
		if !j.waiting() {
			t.Error("an ordinary event waited for the disk")
		}
		time.Sleep(syncEvery + time.Millisecond)
		synctest.Wait()
		if j.waiting() {
			t.Error("an ordinary event is not on disk after a second")
		}
		for _, body := range []hotline.EventBody{hotline.HandedOver{}, hotline.Ended{}} {
			if mustAppend(t, l, conv, body); j.waiting() {
				t.Errorf("%s is not on disk", body.Kind())
			}
		}
		time.Sleep(idleAfter + 2*syncEvery)
		synctest.Wait()
		if len(l.snapshot()) != 0 {
			t.Error("an idle file is still open")
		}
		if e := mustAppend(t, l, conv, hotline.TurnTraced{}); e.Seq != 4 {
			t.Errorf("event after the idle time has number %d, want 4", e.Seq)
		}
		cancel()
		wg.Wait()
		if _, err := l.Append(conv, bodies[0]); hotline.CodeOf(err) != hotline.CodeUnavailable {
			t.Errorf("append after the end: %v", err)
		}
	})
}

func TestForeignIdentifiersAndEmptyEventsAreRefused(t *testing.T) {
	l := open(t, t.TempDir())
	for _, id := range []hotline.ConversationID{"", "../../x", "0123"} {
		if _, err := l.Append(id, bodies[0]); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("append to %q: %v", id, err)
		}
		if _, err := l.Read(id); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("read %q: %v", id, err)
		}
	}
	conv := hotline.NewConversationID(time.Now())
	if _, err := l.Append(conv, nil); hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Errorf("append nothing: %v", err)
	}
	if _, err := l.Append(conv, hotline.Heard{Confidence: math.NaN()}); err == nil {
		t.Error("an event that JSON cannot hold was appended")
	}
	if _, err := l.Read(conv); hotline.CodeOf(err) != hotline.CodeNotFound {
		t.Errorf("read a conversation of refused events: %v", err)
	}
	if _, err := l.Read(hotline.NewConversationID(time.Now())); hotline.CodeOf(err) != hotline.CodeNotFound {
		t.Errorf("read an unknown conversation: %v", err)
	}
}

func TestCallDetailRecordsLieUnderTheDayTheCallEnded(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	end := time.Date(2026, 11, 24, 10, 0, 0, 0, china)
	c := CDR{
		Conversation: hotline.NewConversationID(end), Direction: "in", From: "13800138000", To: "12345",
		Start: end.Add(-time.Minute), Answer: end.Add(-50 * time.Second), End: end, Codec: "PCMA",
		Media:    MediaQuality{PacketsSent: 2500, PacketsReceived: 2490, LossPercent: 0.4, JitterMS: 1.5, RTTMS: 20, MOS: 4.3},
		HangUpBy: "caller", Turns: 3, LatencyP50MS: 600, LatencyP95MS: 900, Recording: "2026/11/24/x",
	}
	unanswered := c
	unanswered.Answer, unanswered.HangUpBy = time.Time{}, "network"
	tomorrow := c
	tomorrow.End = end.Add(24 * time.Hour)
	for _, c := range []CDR{c, unanswered, tomorrow} {
		if err := l.AppendCDR(c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "cdr", "2026-11-24.jsonl")); err != nil {
		t.Error(err)
	}
	got, err := l.CDRs(end)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]CDR{c, unanswered}, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if err := l.AppendCDR(CDR{Conversation: c.Conversation}); hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Errorf("a call that has not ended: %v", err)
	}
}

func FuzzParseLines(f *testing.F) {
	e := hotline.Event{Conversation: "c", Seq: 1, At: time.Unix(0, 0).UTC(), Body: bodies[1]}
	raw, err := line(e)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(append(raw, raw[:20]...))
	f.Add([]byte("\n\n{}\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		events, err := parseLines[hotline.Event](raw)
		if len(events) > bytes.Count(raw, []byte("\n")) {
			t.Fatalf("%d events in %d lines", len(events), bytes.Count(raw, []byte("\n")))
		}
		if err != nil {
			return
		}
		mended := raw[:whole(raw)]
		more, err := line(e)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseLines[hotline.Event](append(bytes.Clone(mended), more...))
		if err != nil || len(again) != len(events)+1 {
			t.Fatalf("after cutting the tail and appending: %d events and %v, want %d", len(again), err, len(events)+1)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	l, err := Open(Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	conv := hotline.NewConversationID(time.Now())
	for b.Loop() {
		if _, err := l.Append(conv, bodies[1]); err != nil {
			b.Fatal(err)
		}
	}
	if err := l.close(); err != nil {
		b.Fatal(err)
	}
}
